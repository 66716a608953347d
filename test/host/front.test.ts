import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { FrontConfig } from "../../config/front";
import { frontCredentialFiles } from "../../config/httpd/credentials";
import { frontFiles } from "../../config/httpd/files";
import { HTTPD_SITE } from "../../host/httpd";
import { Machine } from "./machine";
import { configuration, serving } from "./serving";

const FRONT = FrontConfig.parse({ serverName: "prometheus.example.com", users: { alice: { roles: ["viewer"] } } });
const CREDENTIALS = frontCredentialFiles({
    certificate: "certificate\n",
    key: "key\n",
    caCertificate: "ca\n",
    passwordHashes: { alice: "hash" },
});
const HTTPD = "usr/local/etc/httpd";

/** Of the family of RHEL, whose Prometheus runs; what Debian does is tried on a VM. */
async function machine(): Promise<Machine> {
    const made = await serving();
    made.environment = {
        PATH: ["httpd", "bin"].map((folder) => join(__dirname, folder)).join(":") + `:${process.env["PATH"] ?? ""}`,
    };
    made.write("selinux", "");
    return made;
}

async function front(made: Machine, more = "") {
    await made.succeed("frontCredentials", {}, CREDENTIALS);
    return step(made, more);
}

/** A version that is never served is waited for in vain, so not for long; any other has what a busy machine takes. */
function step(made: Machine, more: string) {
    const answer_within = more.includes("httpd-ignores") ? "1" : "60";
    const files = frontFiles(FRONT, 120).map((file) => ({ ...file, content: file.content + more }));
    return made.run("front", { url: "https://prometheus.example.com/", credentials: "x", answer_within }, files);
}

it("takes httpd from the distribution's packages, and the place of what it comes with", async () => {
    const made = await machine();
    const { code, stdout, stderr } = await front(made);
    expect(code, stderr).toBe(0);
    expect(stdout).toBe("front=prometheus.example.com\n");
    expect(made.read("httpd.log")).toMatch(
        /^dnf -q -y install httpd mod_ssl\nsetsebool -P httpd_can_network_connect on\nhttpd -t /,
    );
    expect(made.read("etc/httpd/conf.d/ssl.conf")).toBe("");
    expect(made.read("etc/httpd/conf.d/00-external-prometheus.conf")).toBe(HTTPD_SITE);
    expect(readlinkSync(made.path("etc/systemd/system/httpd.service.d/external-prometheus.conf"))).toBe(
        made.path(`${HTTPD}/unit.conf`),
    );
    expect(made.systemctl().slice(-2)).toEqual(["restart httpd.service", "--quiet enable httpd.service"]);
    expect(made.read("accounts.log")).toContain("chown root:apache ");
    const version = made.tree(`${HTTPD}/current/`);
    expect(version["server.key"]).toBe("600 key\n");
    expect(version["users"]).toBe("640 alice:hash\n");
});

it("tries a version in the sandbox of httpd's unit and in a network of its own, and changes nothing where that fails", async () => {
    const made = await machine();
    await front(made);
    const before = made.tree(HTTPD);
    made.write("systemctl.log", "");
    const { code, stderr } = await front(made, "# httpd-refuses\n");
    expect(code).toBe(1);
    expect(stderr).toContain(
        "error: httpd refuses its configuration: AH02565: do not match; what ran before was not touched",
    );
    expect(made.tree(HTTPD)).toEqual(before);
    expect(made.systemctl().filter((line) => /^(restart|reload)/.test(line))).toEqual([]);
    const tried = made
        .read("httpd.log")
        .split("\n")
        .filter((line) => line.startsWith("systemd-run"));
    expect(tried.at(-1)).toMatch(
        /-p CapabilityBoundingSet=\S.* -p SystemCallFilter=~@resources .*-p PrivateNetwork=yes .*-DFOREGROUND /,
    );
});

it("goes back to what ran before where the new version is not what answers", async () => {
    const made = await machine();
    await front(made);
    const before = made.tree(`${HTTPD}/current/`);
    const { code, stderr } = await front(made, "# httpd-ignores\n");
    expect(code).toBe(1);
    expect(stderr).toContain("error: the previous configuration is back and runs");
    expect(made.tree(`${HTTPD}/current/`)).toEqual(before);
    expect(existsSync(made.path(`${HTTPD}/previous`))).toBe(false);
});

it("takes a certificate of a CA that the machine does not know, even if it learns that late, and says so", async () => {
    const made = await machine();
    await made.succeed("frontCredentials", {}, frontCredentialFiles({ passwordHashes: { alice: "hash" } }));
    const { code, stderr } = await step(made, "# httpd-mistrusted\n");
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("warning: this VM does not trust the certificate: curl: (60) SSL certificate problem");
});

it("leaves httpd stopped where the first version does not answer", async () => {
    const made = await machine();
    const { code, stderr } = await front(made, "# httpd-ignores\n");
    expect(code).toBe(1);
    expect(stderr).toContain("error: there is no earlier one to go back to, so httpd is stopped");
    expect(existsSync(made.path("etc/httpd/conf.d/00-external-prometheus.conf"))).toBe(false);
    expect(made.systemctl()).toContain("--quiet disable --now httpd.service");
});

it("refuses an httpd that serves something else", async () => {
    const made = await machine();
    mkdirSync(made.path("etc/httpd/conf.d"), { recursive: true });
    made.write("etc/httpd/conf.d/intranet.conf", "  <virtualhost *:80>\n");
    const { code, stderr } = await front(made);
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: httpd on this VM has other sites or ports \(.*intranet\.conf\); move them away/);
    expect(existsSync(made.path(`${HTTPD}/current`))).toBe(false);
});

it("refuses an httpd whose own site somebody has changed, and brings back one that was set aside in vain", async () => {
    const made = await machine();
    made.write("changed", "");
    const { code, stderr } = await front(made);
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: httpd on this VM has other sites or ports \(.*ssl\.conf\); move them away/);
    const site = "etc/httpd/conf.d/ssl.conf";
    expect(made.read(site)).toContain("<VirtualHost");

    rmSync(made.path("changed"));
    const refused = await front(made, "# httpd-refuses\n");
    expect(refused.stderr).toContain("error: httpd refuses its configuration");
    expect(made.read(site)).toContain("<VirtualHost");
});

it("refuses a port that somebody else listens on, before anything is installed", async () => {
    const made = await machine();
    mkdirSync(made.path("proc/net"), { recursive: true });
    made.write(
        "proc/net/tcp",
        "   0: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1\n",
    );
    const { code, stderr } = await front(made);
    expect(code).toBe(1);
    expect(stderr).toContain(
        "error: something else than httpd listens on port 443 of this VM already ('ss -ltnp' tells what); stop it first",
    );
    expect(existsSync(made.path("httpd.log"))).toBe(false);
});

it("takes all of it away again when the stack has it no longer, but the package", async () => {
    const made = await machine();
    await front(made);
    await made.succeed("configuration", { programs: "prometheus" }, configuration(["prometheus"]));
    expect(existsSync(made.path(HTTPD))).toBe(false);
    expect(existsSync(made.path("etc/httpd/conf.d/00-external-prometheus.conf"))).toBe(false);
    expect(existsSync(made.path("etc/systemd/system/httpd.service.d"))).toBe(false);
    expect(made.systemctl()).toContain("--quiet disable --now httpd.service");
    expect(existsSync(made.path("etc/httpd/modules/mod_ssl.so"))).toBe(true);
});

it("stays when the configuration of Prometheus changes, and goes with the stack", async () => {
    const made = await machine();
    await front(made);
    await made.succeed("configuration", { programs: "prometheus httpd" }, configuration(["prometheus", "other"]));
    expect(existsSync(made.path(`${HTTPD}/current`))).toBe(true);
    await made.succeed("remove", { programs: "prometheus", purge_data: "false" });
    expect(existsSync(made.path(HTTPD))).toBe(false);
});

/** How many times the run is cut, evenly spread over its commands. */
const CUTS = 6;

it("serves one whole version after a cut at any command, and the next run makes it the new one", async () => {
    const made = await machine();
    await front(made);
    const saved = made.path("saved");
    mkdirSync(saved);
    const parts = ["usr", "etc"].map((part) => made.path(part));
    execFileSync("cp", ["-a", ...parts, saved]);
    const own = made.environment;

    /** Kills the shell before its n-th command; says how many there were when it lived. */
    async function cutAt(command: number): Promise<number> {
        const counted = made.path("counted");
        const count = `n=$((n + 1)); [ "$BASHPID" != $$ ] || { echo $n >${counted}; [ $n != ${command} ] || kill -9 $$; }`;
        made.write("bash_env", `set -T; n=0; trap '${count}' DEBUG\n`);
        made.environment = { ...own, BASH_ENV: made.path("bash_env") };
        await step(made, "# new\n");
        made.environment = own;
        return Number(made.read("counted"));
    }
    const current = () => {
        const version = made.tree(`${HTTPD}/current/`);
        // It alone tells two equal versions from each other.
        delete version["version.conf"];
        return version;
    };

    const before = current();
    const commands = await cutAt(0);
    const after = current();
    expect(after).not.toEqual(before);
    for (let cut = 1; cut <= CUTS; cut++) {
        execFileSync("rm", ["-rf", ...parts]);
        execFileSync("cp", ["-a", ...["usr", "etc"].map((part) => join(saved, part)), made.root]);
        await cutAt(Math.round((cut / (CUTS + 1)) * commands));
        expect([before, after], `cut ${cut}`).toContainEqual(current());
        const { code, stderr } = await step(made, "# new\n");
        expect(code, stderr).toBe(0);
        expect(current()).toEqual(after);
        expect(readdirSync(made.path(`${HTTPD}/versions`))).toHaveLength(1);
        expect(existsSync(made.path(`${HTTPD}/previous`))).toBe(false);
    }
});
