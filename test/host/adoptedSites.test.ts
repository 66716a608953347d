import { existsSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { FrontConfig } from "../../config/front";
import { frontCredentialFiles } from "../../config/httpd/credentials";
import { frontFiles } from "../../config/httpd/files";
import { ASIDE, STATE } from "./installedByHand";
import type { Machine } from "./machine";
import { serving } from "./serving";

const FRONT = FrontConfig.parse({ serverName: "prometheus.example.com", users: { alice: { roles: ["viewer"] } } });
const CREDENTIALS = frontCredentialFiles({ passwordHashes: { alice: "hash" } });
const SITES = "etc/httpd/conf.d";
const OURS = `${SITES}/00-external-prometheus.conf`;
const DROP_IN = "etc/systemd/system/httpd.service.d/external-prometheus.conf";

/** Of the family of RHEL. Its Prometheus was adopted, and httpd serves what leads to it. */
async function machine(): Promise<Machine> {
    const made = await serving();
    made.environment = {
        PATH: ["httpd", "bin"].map((folder) => join(__dirname, folder)).join(":") + `:${process.env["PATH"] ?? ""}`,
    };
    mkdirSync(made.path(`${STATE}/adopted`));
    made.write(`${STATE}/adopted/foreign`, "127.0.0.1:9191/prometheus\n2.42.0\n");
    mkdirSync(made.path(SITES), { recursive: true });
    mkdirSync(made.path("etc/httpd/sites-available"));
    made.write("etc/httpd/sites-available/theirs.conf", "<VirtualHost *:443>\nProxyPass / http://localhost:9191/\n");
    symlinkSync("../sites-available/theirs.conf", made.path(`${SITES}/theirs.conf`));
    made.write(`${SITES}/redirect.conf`, "<VirtualHost *:80>\nServerName prometheus.example.com\n");
    made.write("httpd", "");
    return made;
}

async function front(made: Machine, more = "") {
    await made.succeed("frontCredentials", {}, CREDENTIALS);
    const files = frontFiles(FRONT, 120).map((file) => ({ ...file, content: file.content + more }));
    const answer_within = more === "" ? "60" : "1";
    return made.run("front", { url: "https://prometheus.example.com/", credentials: "x", answer_within }, files);
}

it("gives way to the front with what leads to the Prometheus that was adopted, or has its name, and is kept", async () => {
    const made = await machine();
    const { code, stderr } = await front(made);
    expect(code, stderr).toBe(0);
    expect(existsSync(made.path(OURS))).toBe(true);
    expect(existsSync(made.path(`${SITES}/redirect.conf`))).toBe(false);
    expect(() => readlinkSync(made.path(`${SITES}/theirs.conf`))).toThrow();
    expect(existsSync(made.path("etc/httpd/sites-available/theirs.conf"))).toBe(true);
    const aside = made.tree(`${ASIDE}/${SITES}`);
    expect(aside["theirs.conf"]).toMatch(/^600 [^]*localhost:9191/);
    expect(aside["redirect.conf"]).toMatch(/^600 [^]*ServerName prometheus/);
    expect(existsSync(made.path("usr/local/etc/httpd/before.tar"))).toBe(false);
});

it("stays where anything else is served, too, which is named", async () => {
    const made = await machine();
    made.write(`${SITES}/wiki.conf`, "<VirtualHost *:443>\nProxyPass / http://127.0.0.1:91910/\n");
    const before = made.tree("etc/httpd");
    const { code, stderr } = await front(made);
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: httpd on this VM has other sites or ports \(\S+wiki\.conf\); move them away/);
    expect(stderr).toContain("the sites that led to Prometheus before are back");
    const after = made.tree("etc/httpd");
    expect({ ...before, ...after }).toEqual(after);
    expect(readlinkSync(made.path(`${SITES}/theirs.conf`))).toBe("../sites-available/theirs.conf");
});

it.each(["# httpd-refuses\n", "# httpd-ignores\n"])("is back where the front does not work: %s", async (more) => {
    const made = await machine();
    const { code, stderr } = await front(made, more);
    expect(code).toBe(1);
    expect(stderr).toContain("the sites that led to Prometheus before are back");
    expect(existsSync(made.path(`${SITES}/redirect.conf`))).toBe(true);
    expect(readlinkSync(made.path(`${SITES}/theirs.conf`))).toBe("../sites-available/theirs.conf");
    expect(existsSync(made.path(OURS))).toBe(false);
    expect(existsSync(made.path(DROP_IN))).toBe(false);
    expect(made.systemctl().at(-1)).toBe("--quiet enable --now httpd.service");
});

it("is refused like any other site where no Prometheus was adopted", async () => {
    const made = await machine();
    rmSync(made.path(`${STATE}/adopted`), { recursive: true });
    const { stderr } = await front(made);
    expect(stderr).toMatch(/other sites or ports \(\S+redirect\.conf \S+theirs\.conf\)/);
});
