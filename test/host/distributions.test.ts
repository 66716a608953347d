import { readlinkSync } from "node:fs";
import { expect, it } from "vitest";
import { Machine } from "./machine";
import { configuration, CREDENTIALS, unit } from "./serving";

/** What a machine of this kind holds after all steps, and what was asked of the system; without names made at random. */
async function deployed(
    osRelease: string,
    selinux: boolean,
): Promise<Record<"files" | "accounts" | "labels", string[]>> {
    const machine = await Machine.blank();
    machine.write("etc/os-release", osRelease);
    if (selinux) {
        machine.write("selinux", "");
    }
    await machine.succeed("gate");
    await machine.succeed("release", machine.release("3.13.2"));
    await machine.succeed("credentials", {}, CREDENTIALS);
    await machine.succeed("service", { version: "3.13.2" }, unit("first"));
    await machine.succeed("configuration", {}, configuration(["prometheus"]));
    await machine.succeed("verify", { first_scrapes: "0" });
    const healthy = machine.path("usr/local/lib/external-prometheus/healthy/prometheus/configuration");
    const plain = (text: string) =>
        [machine.current(), readlinkSync(healthy)]
            .reduce((all, version) => all.replaceAll(version, "versions/VERSION"), text)
            .replaceAll(machine.root, "")
            .replaceAll(machine.address, "ADDRESS");
    const files = Object.entries({ ...machine.tree("usr"), ...machine.tree("etc/systemd") });
    return {
        files: files
            .filter(([path]) => !path.endsWith("external-prometheus/owner"))
            .map(([path, content]) => plain(`${path} ${content}`))
            .sort(),
        accounts: machine
            .read("accounts.log")
            .split("\n")
            .filter((line) => line.includes("add ")),
        labels: selinux ? plain(machine.read("selinux")).trim().split("\n") : [],
    };
}

it("does the same on the family of RHEL as on Debian, and there labels the programs for SELinux", async () => {
    const { labels, ...redHat } = await deployed('ID="rocky"\nID_LIKE="rhel centos fedora"\n', true);
    const { labels: none, ...debian } = await deployed("ID=debian\n", false);
    expect(redHat).toEqual(debian);
    expect(none).toEqual([]);
    expect(labels).toContainEqual(expect.stringMatching(/^restorecon -R \/usr\/local\/prometheus-/));
    expect(labels).toContainEqual(expect.stringMatching(/^chcon -t bin_t \/usr\/local\/.*\/prometheus /));
    expect(redHat.accounts).toEqual([
        "groupadd --system prometheus",
        "useradd --system --gid prometheus --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin prometheus",
    ]);
    expect(redHat.files).toContain("local/etc/prometheus/current versions/VERSION");
});
