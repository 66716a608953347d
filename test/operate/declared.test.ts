import { describe, expect, it } from "vitest";
import { declared } from "../../operate/declared";
import { Export, readState } from "../../operate/declaredState";
import { Failure } from "../../operate/failure";
import { CONNECTION, exported, MACHINE_ID, OWNER, TOKEN, urn } from "./deployed";

function read(state: object) {
    return declared("dev", readState(Export.parse(state)));
}

describe("declared", () => {
    it("knows how the VM is reached, and by what it is known", () => {
        expect(read(exported())).toMatchObject({
            vm: { host: "10.0.0.1", port: 22, user: "root", hostKey: "ssh-ed25519 AAAA", privateKey: "a key" },
            gate: urn("gate"),
            owner: OWNER,
            machineId: MACHINE_ID,
            mark: "cafe0001",
        });
    });

    it("knows a jump host", () => {
        const proxy = { ...CONNECTION, host: "gate.example" };
        expect(read(exported({ connection: { ...CONNECTION, proxy } })).vm.proxy).toEqual({
            host: "gate.example",
            port: 22,
            user: "root",
            hostKey: "ssh-ed25519 AAAA",
            privateKey: "a key",
        });
    });

    it("knows each program by its steps, whatever their order", () => {
        const state = exported();
        state.deployment.resources.reverse();
        const { programs } = read(state);
        expect(programs.map(({ name }) => name).sort()).toEqual(["alertmanager", "prometheus"]);
        const [alertmanager, prometheus] = [...programs].sort((a, b) => (a.name < b.name ? -1 : 1));
        expect(prometheus).toMatchObject({
            address: "127.0.0.1:9090",
            health: "/-/ready",
            release: {
                version: "3.13.2",
                sha256: { amd64: "1".repeat(64), arm64: "" },
                binaries: ["prometheus", "promtool"],
            },
            service: { version: "3.13.2", unit: { path: "prometheus.service", mode: "0644" }, files: [] },
            credentials: [
                { path: "lab/ca.crt" },
                { path: "lab/discovery.token", content: `${TOKEN}\n` },
                { path: "lab/federation.key" },
            ],
            configuration: [{ path: "clusters/lab.yml" }, { path: "prometheus.yml" }, { path: "rules/a.yml" }],
            steps: { release: urn("release"), service: urn("service"), verify: urn("verify") },
        });
        expect(alertmanager).toMatchObject({
            address: "127.0.0.1:9093",
            service: { files: [{ path: "alertmanager.yml", content: "route: {}\n" }] },
            steps: { release: urn("release", "alertmanager"), service: urn("service", "alertmanager") },
        });
        expect(alertmanager).not.toHaveProperty("configuration");
    });

    it("takes a step from before there were other programs for Prometheus's", () => {
        const state = exported();
        const text = JSON.stringify(state).replaceAll(String.raw`\nprogram=prometheus`, "");
        expect(text).not.toBe(JSON.stringify(state));
        expect(read(JSON.parse(text) as object).programs.map(({ name }) => name)).toContain("prometheus");
    });

    it("passes over what the next deployment deletes", () => {
        const state = exported();
        const [gate] = state.deployment.resources.filter((resource) => resource.urn === urn("gate"));
        const old = { ...gate, delete: true, outputs: { stdout: "machine-id=0000 mark=0000" } };
        const resources = [old, ...state.deployment.resources];
        expect(read({ ...state, deployment: { ...state.deployment, resources } }).machineId).toBe(MACHINE_ID);
    });

    it.each([
        ["was never deployed", { version: 3, deployment: { manifest: { time: "" } } }],
        ["has no VM side", { deployment: { manifest: { time: "" }, resources: [{ urn: "a::b::c::d", type: "x" }] } }],
    ])("says so of a stack that %s", (_what, state) => {
        expect(() => read(state)).toThrow(
            new Failure("The stack 'dev' has no VM, or was not deployed yet: its state holds no gate."),
        );
    });

    it("says so when the secrets stayed encrypted", () => {
        const text = JSON.stringify(exported()).replaceAll('"plaintext":', '"ciphertext":');
        expect(() => read(JSON.parse(text) as object)).toThrow(/^The state's secrets are encrypted/);
    });
});

describe("readState", () => {
    it("tells what a deployment is at, or was when it was cut", () => {
        const pending = [{ type: "updating", resource: { urn: urn("service") } }];
        expect(readState(Export.parse(exported({ pending }))).pending).toEqual(["updating prometheus-service"]);
    });
});
