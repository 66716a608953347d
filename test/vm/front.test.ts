import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runProgram } from "../../operate/process";
import { PATIENCE_SECONDS, succeed, waitFor } from "../lab/lab";
import { access } from "./frontAccess";
import { BAD_INPUTS, CERTIFICATES_ON_VM, GOOD_CERTIFICATE } from "./frontBadInputs";
import { drift } from "./frontDrift";
import { FrontSuite } from "./frontSuite";
import { traffic } from "./frontTraffic";
import { answers, basic, HASH, NAME, PASSWORD } from "./frontVm";
import { query } from "./running";
import { testssl } from "./testssl";

const suite = new FrontSuite();
/** Goes on beside all that is asked meanwhile. */
let tested: Promise<string[]> | undefined;
let endless: Promise<number> | undefined;

beforeAll(async () => {
    await suite.begin();
    endless = suite.front.endless();
});
afterAll(() => suite.end());

it("tells other stacks where it is, whom to trust, who logs in, and nothing of what they prove it with", async () => {
    expect(await suite.stack.outputs()).toMatchObject({
        url: `https://${NAME}/`,
        caCertificate: expect.stringMatching(/^-----BEGIN CERTIFICATE-----/) as string,
        users: ["alice", "bob"],
        clientCertificates: "[secret]",
    });
});

access(suite);

// Before Prometheus is restarted: it then restores its alerts first, and shows none before its third evaluation.
it("tells by an alert that its certificate has only an hour to live", async () => {
    await waitFor(
        "FrontCertificateExpiresSoon",
        () => query(suite.vm, 'ALERTS{alertname="FrontCertificateExpiresSoon", alertstate="firing"}'),
        (found) => found.length === 1,
    );
});

traffic(suite);

describe("a certificate with an hour to live", () => {
    it("is renewed by the next up, for which httpd reloads and Prometheus does nothing", async () => {
        const [before, ran] = [
            (await suite.certificate()).serialNumber,
            await suite.processes("prometheus", "apache2"),
        ];
        expect(await suite.stack.mustUp()).toMatch(/LocallySignedCert prometheus-front-certificates-server .*replaced/);
        expect((await suite.certificate()).serialNumber).not.toBe(before);
        expect(await suite.processes("prometheus", "apache2")).toBe(ran);
    });

    it("gets a year when its name is gone", async () => {
        suite.configure();
        await suite.deploy();
        const { valid_to: until } = await suite.certificate();
        expect(Date.parse(until) - Date.now()).toBeGreaterThan(300 * 86_400_000);
        tested = testssl(NAME, suite.vm.address, suite.front.ca);
        // It is waited for later.
        tested.catch(() => undefined);
    });
});

it("changes nothing when it is deployed again", async () => {
    const ran = await suite.processes("prometheus", "apache2");
    for (let i = 0; i < 3; i++) {
        await suite.stack.mustUp("--expect-no-changes");
    }
    expect(await suite.processes("prometheus", "apache2")).toBe(ran);
});

describe("what httpd cannot work with", () => {
    let ran: string;
    let shown: string;

    beforeAll(async () => {
        await suite.vm.text(CERTIFICATES_ON_VM);
        ran = await suite.processes("apache2");
        shown = (await suite.certificate()).serialNumber;
    });

    it.each(BAD_INPUTS)("is refused: $what", async ({ change, before = "true", after = "true", says }) => {
        suite.configure({ ...change });
        await suite.vm.text(before);
        const { code, stdout, stderr } = await suite.stack.up();
        await suite.vm.text(after);
        expect(code).not.toBe(0);
        expect(stdout + stderr).toMatch(says);
        expect(await suite.processes("apache2")).toBe(ran);
        expect((await suite.certificate()).serialNumber).toBe(shown);
        expect(await suite.vm.text("ls /usr/local/etc/httpd/versions | wc -l; ls /usr/local/etc/httpd")).toBe(
            "1\ncredentials\ncurrent\nunit.conf\nversions\n",
        );
    });

    it("is no longer in the way once it is right", async () => {
        suite.configure({ ...GOOD_CERTIFICATE });
        expect(await suite.stack.mustUp()).toContain("this VM does not trust the certificate");
        expect(ran).toContain(await suite.vm.text("systemctl show -P MainPID apache2"));
    });
});

it("gives testssl.sh nothing to complain about but that its CA cannot revoke", async () => {
    expect(await tested).toEqual(["HIGH cert_revocation"]);
});

it("takes no body without end, which would keep a process of before a reload for as long", async () => {
    expect(await endless).toBeLessThan(150);
});

// It stops httpd, which testssl.sh would not understand.
drift(suite);

describe("below a path, for those alone who have a certificate", () => {
    beforeAll(async () => {
        suite.configure({ path: "/prometheus/", requiresClientCertificate: true, openHealth: true });
        await suite.deploy();
    });

    it("Prometheus knows where it is", async () => {
        expect(await suite.stack.outputs()).toMatchObject({ url: `https://${NAME}/prometheus/` });
        const to = async (path: string) => (await suite.front.ask(path, "grafana")).headers["location"];
        expect(await to("/")).toBe(`https://${NAME}/prometheus/`);
        expect(await to("/prometheus")).toBe(`https://${NAME}/prometheus/`);
        expect(await to("/prometheus/")).toBe("/prometheus/query");
        const page = (await suite.front.ask("/prometheus/query", "grafana")).body.toString();
        const asset = /src="\.\/(assets\/[^"]+\.js)"/.exec(page)?.[1] ?? "";
        expect((await suite.front.ask(`/prometheus/${asset}`, "grafana")).status).toBe(200);
        expect((await suite.front.ask("/api/v1/query?query=up", "grafana")).status).toBe(403);
    });

    it("a password alone is not enough, and health is everybody's", async () => {
        const path = "/prometheus/api/v1/query?query=up";
        const status = async (client?: string, options = {}) => (await suite.front.ask(path, client, options)).status;
        expect(await status()).toBe(403);
        expect(await status(undefined, basic(PASSWORD))).toBe(403);
        expect(await status("grafana")).toBe(200);
        // The certificate opens the door, the password says who it is.
        expect(await status("shipper", basic(PASSWORD))).toBe(200);
        expect((await suite.front.ask("/prometheus/-/ready")).status).toBe(200);
    });

    it("a new password lets in, and the old one no longer", async () => {
        const another = "another one of alice's";
        const run = runProgram("htpasswd", ["-niBC", "10", "alice"], {
            stdin: another,
            timeoutSeconds: PATIENCE_SECONDS,
        });
        const [, hash = ""] = (await succeed("htpasswd", run)).trim().split(":");
        const hashes = suite.stack.configuration["frontPasswordHashes"] as object;
        suite.stack.configuration["frontPasswordHashes"] = { ...hashes, alice: await suite.stack.encrypt(hash) };
        await suite.stack.mustUp();
        const asked = (password: string) =>
            suite.front.ask("/prometheus/api/v1/query?query=up", "shipper", basic(password));
        expect((await asked(another)).status).toBe(200);
        expect((await asked(PASSWORD)).status).not.toBe(200);
    });
});

it("is back after a power cut, within its sandbox", async () => {
    await suite.vm.cut();
    await suite.vm.start();
    await waitFor(
        "the front",
        () => suite.front.ask("/prometheus/-/ready").catch(() => undefined),
        (answer) => answer?.status === 200,
    );
    const said = await suite.vm.text("systemd-analyze security --no-pager apache2.service | tail -n 1");
    const exposure = Number(/exposure level for apache2\.service: ([\d.]+)/.exec(said)?.[1]);
    expect(exposure).toBeLessThanOrEqual(3);
    expect(await suite.stack.mustUp()).toContain("unchanged");
});

it("tells the password and the keys to nobody who is not to know them", async () => {
    const { clients } = suite.front;
    const keys = Object.values(clients).map(({ key }) => key.split("\n")[1] ?? "");
    const served = (await suite.vm.text("sed -n 2p /usr/local/etc/httpd/current/server.key")).trim();
    const secrets = [PASSWORD, HASH, served, ...keys];
    expect(secrets.every((secret) => secret.length > 10)).toBe(true);
    const state = await suite.stack.export();
    const everything = ["--diff", "--show-full-output", "--show-config", "--show-sames", "--show-replacement-steps"];
    const shown = await suite.stack.preview(
        ...everything,
        ...["front-credentials", "front"].map((step) => `--replace=**:remote:Command::prometheus-${step}`),
    );
    expect(shown.stdout).toContain("==> front.conf 0644 <==");
    expect(secrets.filter((secret) => (state + shown.stdout + shown.stderr).includes(secret))).toEqual([]);
    // On the VM: the key and the hashes where they belong, and nothing of the clients' keys.
    const found = await suite.vm.text(
        "cat >/run/sought; grep -rlFf /run/sought /etc /usr/local /var /run --exclude=sought --exclude-dir=journal | sort; " +
            "journalctl --no-pager | grep -cFf /run/sought || true; cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -cFf /run/sought || true; " +
            "rm /run/sought",
        { stdin: secrets.join("\n") },
    );
    const version = (await suite.vm.text("readlink /usr/local/etc/httpd/current")).trim();
    const etc = "/usr/local/etc/httpd";
    expect(found.trim().split("\n")).toEqual([
        `${etc}/credentials/server.key`,
        `${etc}/credentials/users`,
        `${etc}/${version}/server.key`,
        `${etc}/${version}/users`,
        "0",
        "0",
    ]);
    expect(
        await suite.vm.text(`stat -L -c '%a %U:%G' ${etc}/current/server.key ${etc}/current/users ${etc}/credentials`),
    ).toBe("600 root:root\n640 root:www-data\n700 root:root\n");
});

it("goes when it is no longer configured, and Prometheus is the VM's own again", async () => {
    delete suite.stack.configuration["front"];
    delete suite.stack.configuration["frontPasswordHashes"];
    await suite.stack.mustUp();
    expect(await suite.stack.outputs()).toMatchObject({ url: "http://127.0.0.1:9090/" });
    expect(await Promise.all([80, 443].map((port) => answers(suite.vm.address, port)))).toEqual([false, false]);
    expect(
        await suite.vm.text(
            "ls -d /usr/local/etc/httpd /etc/apache2/sites-enabled/* /etc/systemd/system/apache2.service.d 2>/dev/null; " +
                "systemctl is-enabled apache2; systemctl is-active prometheus",
        ),
    ).toBe("disabled\nactive\n");
});
