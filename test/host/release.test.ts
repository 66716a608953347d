import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Machine } from "./machine";

const NAME = "prometheus-9.9.9.linux-amd64";
const RECORDS = "usr/local/lib/external-prometheus/releases";

it("downloads once, and again when a program on the VM is another", async () => {
    const machine = await Machine.prepared();
    const release = machine.release("3.13.2");
    const gone = { ...release, url_amd64: "file:///nowhere" };
    await machine.succeed("release", gone);
    const before = machine.tree("usr/local");
    await machine.succeed("release", gone);
    expect(machine.tree("usr/local")).toEqual(before);
    for (const damage of ["prometheus", "promtool"]) {
        machine.write(`usr/local/prometheus-3.13.2.linux-amd64/${damage}`, "another");
        expect((await machine.run("release", gone)).stderr).toContain("could not download file:///nowhere");
        await machine.succeed("release", release);
        expect(machine.tree("usr/local")).toEqual(before);
    }
});

it("puts modes right without a download", async () => {
    const machine = await Machine.prepared();
    const gone = { ...machine.release("3.13.2"), url_amd64: "file:///nowhere" };
    const before = machine.tree("usr/local");
    chmodSync(machine.path("usr/local/prometheus-3.13.2.linux-amd64"), 0o777);
    chmodSync(machine.path("usr/local/prometheus-3.13.2.linux-amd64/prometheus"), 0o666);
    await machine.succeed("release", gone);
    expect(machine.tree("usr/local")).toEqual(before);
    expect(machine.read("accounts.log")).toContain(
        `chown -R root:root ${machine.path("usr/local/prometheus-3.13.2.linux-amd64")}`,
    );
});

it("makes no account and no directory on a blank machine for a release that is refused", async () => {
    const machine = await Machine.blank();
    await machine.succeed("gate");
    const before = machine.tree(".");
    const ran = await machine.run("release", { ...machine.release("9.9.9"), sha256_amd64: "0".repeat(64) });
    expect(ran.stderr).toMatch(/wrong sha256/);
    const made = Object.keys(machine.tree(".")).filter((path) => !(path in before));
    expect(made.filter((path) => !/^releases|\.tar\.gz$/.test(path))).toEqual([]);
});

it("asks for room before it downloads", async () => {
    const machine = await Machine.prepared();
    machine.write("free", "599");
    expect((await machine.run("release", machine.release("9.9.9"))).stderr).toContain("only 599 MB are free");
    await machine.succeed("release", machine.companion("node_exporter", "1.12.1"));
    machine.write("free", "249");
    const ran = await machine.run("release", machine.companion("node_exporter", "1.12.2"));
    expect(ran.stderr).toContain("only 249 MB are free");
});

it("takes the release for the architecture that the VM has", async () => {
    const machine = await Machine.prepared();
    machine.write("machine", "aarch64\n");
    machine.release("9.9.9");
    const { url_amd64: url, sha256_amd64: sum } = machine.tarball("9.9.9", [
        "-C",
        machine.path("releases"),
        "--transform=s/amd64/arm64/",
        NAME,
    ]);
    const release = { ...machine.release("9.9.8"), version: "9.9.9", url_arm64: url ?? "", sha256_arm64: sum ?? "" };
    const ran = await machine.succeed("release", release);
    expect(ran.stdout).toBe("release=prometheus-9.9.9.linux-arm64\n");
    machine.write("machine", "riscv64\n");
    expect((await machine.run("release", release)).stderr).toContain("no release for architecture 'riscv64'");
});

describe("what each program gets", () => {
    it.each([
        ["node_exporter", [], []],
        ["blackbox_exporter", ["etc/blackbox_exporter"], []],
        ["alertmanager", ["etc/alertmanager", "var/lib/alertmanager"], ["var/lib/alertmanager"]],
    ] as const)("%s: its release, its user and no more than it needs", async (program, folders, owned) => {
        const machine = await Machine.prepared();
        const before = Object.keys(machine.tree("usr/local"));
        await machine.succeed("release", machine.companion(program, "1.2.3"));
        const after = Object.keys(machine.tree("usr/local")).filter((path) => !before.includes(path));
        const name = `${program}-1.2.3.linux-amd64`;
        expect(after.sort()).toEqual(
            [...folders, name, `${name}/${program}`, `lib/external-prometheus/releases/${name}`].sort(),
        );
        const log = machine.read("accounts.log").split("\n");
        expect(log).toContain(`groupadd --system ${program}`);
        expect(log.find((line) => line.startsWith("useradd") && line.endsWith(` ${program}`))).toMatch(
            /--no-create-home .*--shell \/usr\/sbin\/nologin/,
        );
        for (const folder of owned) {
            expect(log).toContain(`chown ${program}:${program} ${machine.path(`usr/local/${folder}`)}`);
        }
    });

    it("prometheus: directories that nobody else can look into", async () => {
        const machine = await Machine.prepared();
        const tree = machine.tree("usr/local");
        expect([tree["etc/prometheus"], tree["etc/prometheus/credentials"], tree["var/lib/prometheus"]]).toEqual(
            Array(3).fill("750"),
        );
    });

    it("prometheus: what it had before its account was made anew, with other numbers", async () => {
        const machine = await Machine.prepared();
        const segment = "usr/local/var/lib/prometheus/wal";
        machine.write(segment, "");
        machine.write("accounts.log", "");
        await machine.succeed("release", machine.release("3.13.2"));
        const log = machine.read("accounts.log").split("\n");
        // From within the folder, so that no link can come between.
        expect(log).toContain("chown -h prometheus:prometheus ./wal");
        expect(log.some((line) => line.includes(machine.path(segment)))).toBe(false);
    });

    it("prometheus: modes with which it can start again, whatever somebody has made of them", async () => {
        const machine = await Machine.prepared();
        const etc = "usr/local/etc/prometheus";
        mkdirSync(machine.path(`${etc}/versions/a`), { recursive: true });
        for (const [file, mode] of [
            ["versions/a/prometheus.yml", 0o600],
            ["credentials/token", 0o666],
        ] as const) {
            machine.write(`${etc}/${file}`, "");
            chmodSync(machine.path(`${etc}/${file}`), mode);
        }
        chmodSync(machine.path(`${etc}/versions`), 0o700);
        await machine.succeed("release", machine.release("3.13.2"));
        expect(machine.tree(etc)).toMatchObject({
            versions: "750",
            "versions/a": "750",
            "versions/a/prometheus.yml": "640 ",
            "credentials/token": "640 ",
        });
    });

    it("prometheus: records that nobody else can change", async () => {
        const machine = await Machine.prepared();
        const before = machine.tree("usr/local/lib/external-prometheus");
        chmodSync(machine.path("usr/local/lib/external-prometheus/owner"), 0o666);
        await machine.succeed("release", machine.release("3.13.2"));
        expect(machine.tree("usr/local/lib/external-prometheus")).toEqual(before);
    });
});

describe("an account", () => {
    const CLOSED = "usermod --gid prometheus --groups  --shell /usr/sbin/nologin prometheus";

    it.each([
        // [what the VM says of it, what is done about it]
        [{}, []],
        [{ passwd: "prometheus:x:9:9::/nonexistent:/bin/bash" }, [CLOSED]],
        [{ groups: "prometheus docker" }, [CLOSED]],
        [{ passwd: "prometheus:x:9:9::/home/p:/usr/sbin/nologin" }, ["usermod --home /nonexistent prometheus"]],
        [{ group: "prometheus:x:9:alice" }, ["gpasswd --members  prometheus"]],
        [{ shadow: "prometheus:$y$hash:1::::::" }, ["usermod --lock prometheus"]],
    ])("of which the VM says %j is closed again", async (said, done) => {
        const machine = await Machine.prepared();
        // Until now the machine knew nothing of it.
        machine.write("accounts.log", "");
        machine.write("accounts", "prometheus\n");
        for (const [file, text] of Object.entries(said)) {
            machine.write(file, `${text}\n`);
        }
        await machine.succeed("release", machine.release("3.13.2"));
        const log = machine.read("accounts.log").split("\n");
        expect(log.filter((line) => !line.startsWith("chown"))).toEqual([...done, ""]);
    });

    it.each(["mallory:x:0:7::/:/bin/sh", "mallory:x:7:0::/:/bin/sh"])("that %s shares is refused", async (other) => {
        const machine = await Machine.prepared();
        // On the test's machine all ids are 0.
        machine.write(
            "everybody",
            `prometheus:x:0:0::/nonexistent:/usr/sbin/nologin\n${other}\nalice:x:7:7::/:/bin/sh\n`,
        );
        const { code, stderr } = await machine.run("release", machine.release("3.13.2"));
        expect(code).toBe(1);
        expect(stderr).toContain("share the uid or the group of prometheus, and with it what it can read: mallory\n");
    });
});

it("labels the programs where SELinux has a say, and only there", async () => {
    const machine = await Machine.prepared();
    const release = machine.release("9.9.9");
    expect(existsSync(machine.path("selinux"))).toBe(false);
    machine.write("selinux", "");
    await machine.succeed("release", release);
    const partial = machine.path(`usr/local/${NAME}.partial`);
    expect(machine.read("selinux")).toBe(
        `restorecon -R ${partial}\nchcon -t bin_t ${partial}/prometheus ${partial}/promtool\n`,
    );
    machine.write("selinux", "");
    await machine.succeed("release", release);
    expect(machine.read("selinux")).toContain(`chcon -t bin_t ${machine.path(`usr/local/${NAME}`)}/prometheus`);
});

it("has the release on disk before its name is, and its record", async () => {
    const machine = await Machine.prepared();
    machine.write("sync.log", "");
    await machine.succeed("release", machine.release("9.9.9"));
    expect(machine.read("sync.log").split("\n")).toEqual([
        `-f ${machine.path(`usr/local/${NAME}.partial`)}`,
        machine.path(`${RECORDS}/${NAME}.next`),
        machine.path(RECORDS),
        `-f ${machine.path("usr/local")}`,
        // What is not needed any more, the tarball, is gone for good.
        `-f ${machine.path("usr/local")}`,
        "",
    ]);
});
