import { cpSync, existsSync, mkdirSync, readdirSync, readlinkSync, renameSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bundle, type BundleFile } from "../../host/bundle";
import type { Machine } from "./machine";
import { clusterFile, configuration, CREDENTIALS, ETC, reloads, rules, serving, WITH_CLUSTER } from "./serving";

/** What a run that changes nothing leaves as it was. */
function state(machine: Machine) {
    return { tree: machine.tree("usr/local"), reloads: reloads(machine) };
}

it("loads a configuration once, and keeps no other on the VM", async () => {
    const machine = await serving();
    const first = await machine.succeed("configuration", {}, WITH_CLUSTER);
    expect(first.stdout).toMatch(/^configuration=[0-9a-f]{16}\n$/);
    expect(machine.read(`${ETC}/clusters/c.yml`)).toContain("c/b");
    const before = state(machine);
    const again = await machine.succeed("configuration", {}, WITH_CLUSTER);
    expect(again.stdout).toBe(first.stdout);
    expect(state(machine)).toEqual(before);
    expect(before.reloads).toBe(1);
    expect(machine.versions()).toEqual([machine.current().replace("versions/", "")]);
});

it("drops what the new configuration no longer holds", async () => {
    const machine = await serving();
    await machine.succeed("configuration", {}, WITH_CLUSTER);
    await machine.succeed("configuration", {}, configuration(["a"]));
    expect(Object.keys(machine.tree(ETC))).not.toContain("clusters");
});

describe("credentials", () => {
    const naming = (paths: readonly string[]) =>
        paths.map((path, i) => `    x${i}_file: /usr/local/etc/prometheus/credentials/${path}\n`).join("");

    it("go file by file, as soon as no loaded configuration names them", async () => {
        const machine = await serving();
        const other = { path: "b/kubelet.token", mode: "0640", content: "token\n" };
        await machine.succeed("credentials", {}, [...CREDENTIALS, other]);
        const kept = () =>
            Object.keys(machine.tree(`${ETC}/credentials`))
                .filter((path) => path !== "")
                .sort();
        const all = configuration(["a"], naming(["a/ca.crt", "a/discovery.token", "b/kubelet.token"]));
        await machine.succeed("configuration", {}, all);
        expect(kept()).toEqual(["a", "a/ca.crt", "a/discovery.token", "b", "b/kubelet.token"]);
        const ran = await machine.succeed("configuration", {}, configuration(["a"], naming(["a/ca.crt"])));
        expect(kept()).toEqual(["a", "a/ca.crt"]);
        expect(ran.stderr).toContain("credentials/b/kubelet.token, which no job names");
    });

    it("stay when the configuration without them is refused", async () => {
        const machine = await serving();
        await machine.succeed("credentials", {}, CREDENTIALS);
        await machine.succeed("configuration", {}, configuration(["a"], naming(["a/ca.crt", "a/discovery.token"])));
        const before = state(machine);
        const without = [
            ...configuration(["b"], "", ["rule_files:", "  - rules/*.yml"]),
            rules("promtool-config-refuses"),
        ];
        // The word stands in a file that the stand-in for promtool does not read, so the main document has it too.
        const refused = without.map((file) => ({ ...file, content: `# promtool-config-refuses\n${file.content}` }));
        expect((await machine.run("configuration", {}, refused)).code).toBe(1);
        expect(state(machine)).toEqual(before);
    });
});

/** Further lines of the job `b`, and what is said of them. */
const REFUSED: [what: string, lines: string, message: string][] = [
    ["what promtool refuses", "    promtool-config-refuses: yes\n", "promtool refuses the configuration: "],
    ["a missing file", "    tls_config:\n      ca_file: /none.crt\n", 'job "b": ca_file /none.crt: no such file'],
    ["an empty file", "    credentials_file: /empty\n", 'job "b": credentials_file /empty: is empty'],
    ["a folder", "    password_file: '/folder'\n", 'job "b": password_file /folder: is no file'],
    [
        "credentials of the discovery that are missing",
        "    kubernetes_sd_configs:\n      - authorization:\n          credentials_file: /none.token\n",
        'job "b": credentials_file /none.token: no such file',
    ],
    [
        "files of targets that are missing",
        "    file_sd_configs:\n      - files:\n          - /etc/os-release\n          - /none/*.json\n",
        "files /none/*.json: no such file",
    ],
    ["a log that cannot be written", "    scrape_failure_log_file: /none/log\n", "the service cannot write it"],
    ["another scheme", "    scheme: htps\n", "job 'b': scheme 'htps' is neither http nor https"],
    [
        "certificates that cannot be used",
        "    tls_config:\n      ca_file: /promtool-service-discovery-refuses.crt\n",
        "unusable certificates: ",
    ],
    [
        "a bad selector",
        "    params:\n      match[]:\n        - '{a=\"b\"}'\n        - '{a=\"b\"'\n",
        'bad match[] {a="b": parse error',
    ],
];

const UNFIT: [what: string, stdin: readonly BundleFile[] | string, message: string][] = [
    [
        "a pattern of scrape files that matches nothing",
        configuration(["a"], "", ["scrape_config_files:", "  - clusters/*.yml"]),
        "'clusters/*.yml' in prometheus.yml matches no file",
    ],
    [
        "a file of rules that is not there",
        configuration(["a"], "", ["rule_files:", "  - rules/none.yml"]),
        "'rules/none.yml' in prometheus.yml matches no file",
    ],
    [
        "a document that nothing names",
        [...configuration(["a"]), rules("group")],
        "rules/group.yml is named by nothing in prometheus.yml",
    ],
    ["no job", configuration([]), "the configuration holds no job at all"],
    ["no main document", [clusterFile("a", ["a/b"])], "holds no prometheus.yml"],
    ["a bundle that was cut off", bundle(configuration(["a"])).slice(0, -4), "the data on stdin is incomplete"],
];

describe("before anything is changed", () => {
    it("is refused for each thing that promtool lets pass", async () => {
        const machine = await serving();
        machine.write("empty", "");
        mkdirSync(machine.path("folder"));
        machine.write("promtool-service-discovery-refuses.crt", "certificate");
        const before = state(machine);
        for (const [what, lines, message] of REFUSED) {
            const ran = await machine.run("configuration", {}, configuration(["a", "b"], lines));
            expect(ran.code, what).toBe(1);
            expect(ran.stderr, what).toContain(message);
            expect(state(machine), what).toEqual(before);
        }
    });

    it("says all that it finds at once", async () => {
        const machine = await serving();
        const lines = "    scheme: x\n    ca_file: /none\n    key_file: /neither\n";
        const ran = await machine.run("configuration", {}, configuration(["a"], lines));
        for (const found of ["scheme 'x'", "ca_file /none", "key_file /neither"]) {
            expect(ran.stderr).toContain(found);
        }
    });

    it("is refused with documents that do not belong together", async () => {
        const machine = await serving();
        for (const [what, stdin, message] of UNFIT) {
            const ran = await machine.run("configuration", {}, stdin);
            expect(ran.stderr, what).toContain(message);
            expect(machine.versions(), what).toEqual(["initial"]);
        }
    });
});

const LOST_RULE = [...configuration(["a"], "", ["rule_files:", "  - rules/lost.yml"]), rules("lost")];

/** What Prometheus does with a configuration, and what is said of what then runs. */
const NOT_TAKEN: [what: string, files: readonly BundleFile[], message: string][] = [
    ["refuses it", configuration(["b"], "    reload-refuses: yes\n"), "it refused the last configuration"],
    ["takes a part", configuration(["b"], "    half-loaded: yes\n"), "it was given, or a part of it"],
    ["makes no scrape pool", configuration(["b"], "    pool-fails: yes\n"), "these jobs have no scrape pool: b"],
    ["sets up no discovery", configuration(["b"], "    discovery-fails: yes\n"), "1 service discoveries could not"],
    [
        "scrapes at other times",
        configuration(["b"], "    scrape_interval: 9s\n    other-interval: yes\n"),
        "another interval or timeout: b",
    ],
    ["counts a failed pool", configuration(["b"], "    counts-a-failed-pool: yes\n"), "did not take the new"],
    ["loses a rule", LOST_RULE, "these files of rules hold other numbers of rules: rules/lost.yml"],
    [
        "shows another document",
        configuration(["b"], "    shows-another: yes\n"),
        "/api/v1/status/config is another one",
    ],
];

describe("where Prometheus", () => {
    it("does not take it, what ran before is back", async () => {
        const machine = await serving();
        await machine.succeed("configuration", {}, configuration(["a"]));
        const before = machine.tree("usr/local");
        for (const [what, files, message] of NOT_TAKEN) {
            const ran = await machine.run("configuration", {}, files);
            expect(ran.code, what).toBe(1);
            expect(ran.stderr, what).toContain("journal of the test");
            expect(ran.stderr, what).toContain(message);
            expect(ran.stderr, what).toContain("the previous configuration is back and runs");
            expect(machine.tree("usr/local"), what).toEqual(before);
        }
        expect(machine.systemctl().filter((line) => line.startsWith("restart "))).toHaveLength(1);
        expect((await machine.run("verify", { first_scrapes: "0" })).code).toBe(0);
    });

    it("does not take the very first one, that with which it was started is back", async () => {
        const machine = await serving();
        const ran = await machine.run("configuration", {}, configuration(["b"], "    reload-refuses: yes\n"));
        expect(ran.stderr).toContain("the previous configuration is back and runs");
        expect(machine.versions()).toEqual(["initial"]);
    });

    it("shows a URL in the way of JSON, it is still the one that was written", async () => {
        const machine = await serving();
        const urls = ["?a=1&b=2", "<a>", "a\\n\\b", String.raw`\u0026`, String.raw`\\u003c`, 'a"b"', "it's", "a:"];
        const targets = urls.map((url) => `          - 'https://www.example.com/${url.replaceAll("'", "''")}'\n`);
        const lines = `    static_configs:\n      - targets:\n${targets.join("")}`;
        await machine.succeed("configuration", {}, configuration(["a"], lines));
        expect(reloads(machine)).toBe(1);
    });

    it("has all rules, they are the new configuration", async () => {
        const machine = await serving();
        const files = [...configuration(["a"], "", ["rule_files:", "  - rules/group.yml"]), rules("group")];
        await machine.succeed("configuration", {}, files);
        expect(machine.read(`${ETC}/rules/group.yml`)).toContain("record: a:rule");
    });
});

describe("a run after one that was cut", () => {
    it("goes on from between swap and reload", async () => {
        const machine = await serving();
        await machine.succeed("configuration", {}, configuration(["a"]));
        // As a cut would leave it: the new version is current, Prometheus was not told, the one that works is remembered.
        symlinkSync("versions/initial", machine.path(`${ETC}/previous`));
        machine.write(`${ETC}/prometheus.yml`, configuration(["b"])[0]?.content ?? "");
        await machine.succeed("configuration", {}, configuration(["b"]));
        expect(reloads(machine)).toBe(2);
        expect(existsSync(machine.path(`${ETC}/previous`))).toBe(false);
        expect((await machine.run("verify", { first_scrapes: "0" })).code).toBe(0);
    });

    it("goes back past a version that was never seen to work", async () => {
        const machine = await serving();
        await machine.succeed("configuration", {}, configuration(["a"]));
        const works = machine.current();
        cpSync(machine.path(`${ETC}/${works}`), machine.path(`${ETC}/versions/unseen`), { recursive: true });
        symlinkSync(works, machine.path(`${ETC}/previous`));
        unlinkSync(machine.path(`${ETC}/current`));
        symlinkSync("versions/unseen", machine.path(`${ETC}/current`));
        const ran = await machine.run("configuration", {}, configuration(["b"], "    reload-refuses: yes\n"));
        expect(ran.stderr).toContain("the previous configuration is back and runs");
        expect(machine.current()).toBe(works);
        expect(machine.versions()).toEqual([works.replace("versions/", "")]);
    });
});

it("remembers what was loaded by a link, also where it was a folder of its own, and nothing else", async () => {
    const machine = await serving();
    await machine.succeed("configuration", {}, configuration(["a"]));
    const healthy = machine.path("usr/local/lib/external-prometheus/healthy/prometheus");
    const known = join(healthy, "configuration");
    const version = join(healthy, readlinkSync(known));
    unlinkSync(known);
    renameSync(version, known);
    for (const job of ["b", "c"]) {
        await machine.succeed("configuration", {}, configuration([job]));
        expect(readdirSync(join(healthy, "versions")).map((name) => `versions/${name}`)).toEqual([readlinkSync(known)]);
        expect(readdirSync(known)).toEqual(readdirSync(machine.path(`${ETC}/current`)));
    }
});

it("puts on disk what it names, before it names it", async () => {
    const machine = await serving();
    await machine.succeed("configuration", {}, configuration(["a"]));
    const synced = machine.read("sync.log").trimEnd().split("\n");
    const version = synced.indexOf(`-f ${machine.path(`${ETC}/${machine.current()}`)}`);
    expect(version).toBeGreaterThan(-1);
    expect(synced.indexOf(machine.path(ETC), version)).toBeGreaterThan(version);
    // After it has removed what is no longer named.
    expect(synced.at(-1)).toBe(
        `-f ${[ETC, "usr/local/lib/external-prometheus"].map((path) => machine.path(path)).join(" ")}`,
    );
});
