import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import type { DeclaredFront } from "../../operate/declared";
import { type Entry, type Facts, readFacts } from "../../operate/driftFacts";
import { frontFindings } from "../../operate/driftFront";
import { DECLARED } from "./seen";
import { printed, records } from "./deployed";

const ETC = "/usr/local/etc/httpd";
const SITE = "/etc/httpd/conf.d/00-external-prometheus.conf";
const DROP_IN = "/etc/systemd/system/httpd.service.d/external-prometheus.conf";

const FRONT: DeclaredFront = {
    name: "front",
    steps: { frontCredentials: "urn:credentials", front: "urn:front" },
    url: "https://prometheus.example.com/",
    files: [
        { path: "server.key", mode: "0600", content: "key\n" },
        { path: "users", mode: "0640", content: "alice:hash\n" },
        { path: "front.conf", mode: "0644", content: "front\n" },
        { path: "site.conf", mode: "0644", content: "site\n" },
        { path: "unit.conf", mode: "0644", content: "unit\n" },
    ],
};

function file(content: string, mode: string, owner = "root:root"): Entry {
    return {
        kind: "file",
        mode,
        owner,
        written: 0,
        changed: 0,
        sum: createHash("sha256").update(content).digest("hex"),
    };
}

function link(target: string): Entry {
    return { kind: "link", mode: "0777", owner: "root:root", written: 0, changed: 0, target };
}

/** A machine of the family of RHEL as it was deployed. */
function seen(): Facts {
    const facts = readFacts(printed(records()));
    if (facts === undefined) throw new Error("the records are not whole");
    const { entries, front } = facts;
    entries.set(`${ETC}/current`, link("versions/abc"));
    for (const { path, mode, content } of FRONT.files) {
        entries.set(`${ETC}/versions/abc/${path}`, file(content, mode, path === "users" ? "root:apache" : "root:root"));
    }
    entries.set(`${ETC}/versions/abc/version.conf`, file("Define FRONT_VERSION abc\n", "0644"));
    entries.set(`${ETC}/unit.conf`, file("unit\n", "0644"));
    entries.set(SITE, file("site\n", "0644"));
    entries.set(DROP_IN, link(`${ETC}/unit.conf`));
    Object.assign(front, { service: "httpd.service", site: SITE, version: "abc" });
    const unit = { LoadState: "loaded", ActiveState: "active", UnitFileState: "enabled", NeedDaemonReload: "no" };
    Object.assign(front.unit, unit, { DropInPaths: `/usr/lib/systemd/system/httpd.service.d/php-fpm.conf ${DROP_IN}` });
    return facts;
}

function found(change: (facts: Facts) => void, front: DeclaredFront | undefined = FRONT): string[] {
    const facts = seen();
    change(facts);
    return frontFindings(front, DECLARED.programs, facts).map(({ what, found, declared, repair }) => {
        const by = repair === undefined || repair === "machine" ? "nobody" : `${repair.program} ${repair.step}`;
        return `${what}: ${found}, ${declared} (${by})`;
    });
}

it("finds nothing where nothing differs", () => {
    expect(found(() => undefined)).toEqual([]);
});

it.each<[string, (facts: Facts) => void]>([
    [
        `${ETC}/current: missing, a link to versions/…`,
        ({ entries, front }) => {
            entries.delete(`${ETC}/current`);
            front.version = "";
        },
    ],
    [
        `${ETC}/current/server.key: 0644 root:root, 0600 root:root`,
        ({ entries }) => entries.set(`${ETC}/versions/abc/server.key`, file("key\n", "0644")),
    ],
    [
        `${ETC}/current/users: content differs, as deployed`,
        ({ entries }) => entries.set(`${ETC}/versions/abc/users`, file("mallory:hash\n", "0640", "root:apache")),
    ],
    [`${ETC}/current/x.conf: there, -`, ({ entries }) => entries.set(`${ETC}/versions/abc/x.conf`, file("", "0644"))],
    [`${SITE}: a link, a file`, ({ entries }) => entries.set(SITE, link("/elsewhere"))],
    [
        `${DROP_IN}: missing, a link to ${ETC}/unit.conf`,
        ({ entries }) => {
            entries.delete(DROP_IN);
        },
    ],
    ["httpd.service: disabled, enabled", ({ front }) => (front.unit["UnitFileState"] = "disabled")],
    ["httpd.service: masked, loaded", ({ front }) => (front.unit["LoadState"] = "masked")],
    ["httpd.service: not as its files are now, daemon-reload", ({ front }) => (front.unit["NeedDaemonReload"] = "yes")],
    ["what httpd serves: another version, its current version", ({ front }) => (front.version = "before")],
    ["what httpd serves: not the front, its current version", ({ front }) => (front.version = "")],
])("finds %s", (line, change) => {
    expect(found(change)).toEqual([`${line} (front frontCredentials)`]);
});

it("leaves to a person what somebody has added to httpd's unit", () => {
    const mine = "/etc/systemd/system/httpd.service.d/mine.conf";
    expect(found(({ front }) => (front.unit["DropInPaths"] = `${DROP_IN} ${mine}`))).toEqual([
        `${mine}: overrides httpd.service, - (nobody)`,
    ]);
});

it("finds a front that the stack does not have, and nothing of one that is not deployed yet", () => {
    const facts = seen();
    expect(frontFindings(undefined, DECLARED.programs, facts)).toMatchObject([
        { what: "front", found: "installed", declared: "-", repair: { program: "prometheus", step: "configuration" } },
    ]);
    expect(frontFindings({ ...FRONT, files: [] }, DECLARED.programs, facts)).toEqual([]);
});
