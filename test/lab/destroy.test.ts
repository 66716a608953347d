import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withConfiguration } from "./configuration";
import { allUp, expectedJobs, handle, pulumi, queryBy, up, vm } from "./lab";
import { clusterState } from "./state";

const INSTALLED = [
    "/etc/systemd/system/prometheus.service",
    "/usr/local/etc/prometheus",
    "/usr/local/prometheus",
    "/usr/local/prometheus-*",
    "/usr/local/.prometheus-*",
    "/usr/local/lib/external-prometheus",
    "/usr/local/etc/httpd",
    "/etc/systemd/system/apache2.service.d",
    "/etc/apache2/sites-enabled/*",
];

/** What of all that a deployment installs is on the VM. */
function installed(): Promise<string> {
    return vm(`ls -d ${INSTALLED.join(" ")} 2>/dev/null || true`);
}

/** Seconds; a time before the end, and what Prometheus had then. */
let recorded: number;
let recordedJobs: Record<string, number>;

beforeAll(async () => {
    await allUp(await expectedJobs());
    // Federated samples come late, with the time at which the source took them.
    recorded = Date.now() / 1000 - 60;
    recordedJobs = await queryBy("job", "count by (job) (up == 1)", recorded);
    await pulumi("destroy", "--yes", "--skip-preview", "--non-interactive");
});

afterAll(async () => {
    await up();
});

describe("destroy", () => {
    it("removes unit, configuration, credentials, releases, link, front and mark from the VM", async () => {
        expect(await installed()).toBe("");
        expect(await vm("systemctl show -P LoadState prometheus")).toBe("not-found\n");
        expect(await vm("ss -ltnH 'sport = 9090 or sport = 443 or sport = 80'")).toBe("");
    });

    it("leaves data and user", async () => {
        expect(await vm("stat -c '%a %U:%G' /usr/local/var/lib/prometheus")).toBe("750 prometheus:prometheus\n");
        expect(await vm("ls /usr/local/var/lib/prometheus")).toContain("wal");
        expect(await vm("getent passwd prometheus | cut -d : -f 6,7")).toBe("/nonexistent:/usr/sbin/nologin\n");
    });

    it("leaves nothing in the cluster", async () => {
        expect(await clusterState()).toBe("");
    });
});

describe("up on the VM that was left", () => {
    it("installs no release whose sha256 is not the wanted one", async () => {
        const { code, stdout, stderr } = await withConfiguration(
            ({ prometheus }) => {
                Object.assign(prometheus ?? {}, { sha256: "0".repeat(64) });
            },
            (configFile) =>
                handle("pulumi", ["up", "--yes", "--skip-preview", "--non-interactive", "--config-file", configFile]),
        );
        expect(code).not.toBe(0);
        expect(stdout + stderr).toContain("wrong sha256");
        const left = await vm(
            `ls -d ${INSTALLED.filter((path) => path.includes("/prometheus")).join(" ")} 2>/dev/null || true`,
        );
        expect(left).toBe("");
    });

    it("deploys again, and what was recorded before is still there", async () => {
        await up();
        await allUp(await expectedJobs());
        expect(await queryBy("job", "count by (job) (up == 1)", recorded)).toEqual(recordedJobs);
    });
});
