import { field, isObject } from "../../config/scalars";
import { PROGRAM_NAMES } from "../../host/programs";
import { scriptVariables } from "../../host/render";
import { commandWords } from "../../host/unit";
import type { Deployed, Violation } from "./deployed";
import { filesOf } from "./files";

/** SSH connections that do not know whom they reach, or that let in by something else than a key. */
export function unpinnedConnections({ resources }: Deployed): Violation[] {
    return resources.flatMap((resource) => {
        const connection = resource.inputs["connection"];
        const proxy = field(connection, "proxy");
        return [
            ...(connection === undefined ? [] : connectionProblems("connection", connection)),
            ...(proxy === undefined ? [] : connectionProblems("connection.proxy", proxy)),
        ].map((what) => ({ resource, what }));
    });
}

function connectionProblems(place: string, connection: unknown): string[] {
    const isGiven = (key: string) => isObject(connection) && connection[key] !== undefined && connection[key] !== "";
    return [
        ...(isGiven("hostKey") ? [] : [`takes any host key (${place}.hostKey)`]),
        ...(isGiven("privateKey") ? [] : [`has no key (${place}.privateKey)`]),
        ...(isGiven("password") ? [`logs in by a password (${place}.password)`] : []),
    ];
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost):\d+$/;
/** Of the front, which asks who somebody is. */
const PUBLIC_PORTS = ["80", "443"];

/** Services of the VM that others than the VM reach, but for the front. */
export function openPorts({ resources }: Deployed): Violation[] {
    return resources.flatMap((resource) =>
        filesOf(resource)
            .flatMap(({ path, content }) => [
                ...(path.endsWith(".service") ? unitProblems(path.replace(/^.*\/|\.service$/g, ""), content) : []),
                ...(path.endsWith(".conf") ? httpdProblems(content) : []),
            ])
            .map((what) => ({ resource, what })),
    );
}

function unitProblems(name: string, unit: string): string[] {
    const lines = [...unit.matchAll(/^ExecStart=(.*)$/gm)].map(([, line = ""]) => commandWords(line));
    const flags = lines.flat().map((word) => /^--([\w.-]+)(?:=(.*))?$/s.exec(word) ?? []);
    const places = flags.filter(([, flag]) => flag?.endsWith("listen-address"));
    return [
        ...openByDefault(name)
            .filter((needed) => !places.some(([, flag]) => flag === needed))
            .map((needed) => `lets ${name} listen on every address: it has no --${needed}`),
        ...places
            // An Alertmanager without an address for others of its kind opens no port for them.
            .filter(
                ([, flag, place]) =>
                    !LOOPBACK.test(place ?? "") && !(flag === "cluster.listen-address" && place === ""),
            )
            .map(([word]) => `lets ${name} be reached from outside: ${word}`),
        ...flags
            .filter(([, flag]) => flag === "web.systemd-socket")
            .map(() => `lets ${name} take over whatever port a socket has opened`),
    ];
}

/** Flags without which the program of that name listens on every address. */
function openByDefault(name: string): string[] {
    const isServer = PROGRAM_NAMES.some((program) => program === name);
    return [
        ...(isServer ? ["web.listen-address"] : []),
        ...(name === "alertmanager" ? ["cluster.listen-address"] : []),
    ];
}

function httpdProblems(document: string): string[] {
    const directives = [...document.matchAll(/^\s*(?:Listen|<VirtualHost) +(.*?)>?$/gm)];
    return directives
        .filter(([, place = ""]) => place.split(/\s+/).some((each) => !PUBLIC_PORTS.includes(each.replace(/^.*:/, ""))))
        .map(([directive]) => `lets httpd listen elsewhere than on ports 80 and 443: ${directive.trim()}`);
}

const GATE = "prometheus-gate";

/** What would run on the VM at a replacement or removal, but for the gate's own removal, which keeps what was recorded. */
export function dataAtRisk({ resources }: Deployed): Violation[] {
    return resources
        .filter(({ type }) => type.startsWith("command:"))
        .flatMap((resource) => {
            const { delete: removal, triggers } = resource.inputs;
            const isGate = resource.name === GATE;
            return [
                ...(removal !== undefined && !isGate ? ["has a delete, as the gate alone may"] : []),
                ...(isGate && purges(removal) ? ["removes what was recorded with the stack"] : []),
                ...(triggers === undefined ? [] : ["has triggers, by which it is replaced, and its delete runs"]),
            ].map((what) => ({ resource, what }));
        });
}

/** Unless it says that it does not. */
function purges(removal: unknown): boolean {
    return typeof removal === "string" && scriptVariables(removal)["purge_data"] !== "false";
}
