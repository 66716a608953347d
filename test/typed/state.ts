/** A resource of a state, by the types that are in its URN and its name. */
interface Entry {
    readonly types: string;
    readonly name: string;
    readonly outputs?: Readonly<Record<string, unknown>>;
    /** Of a resource that a provider has made. */
    readonly id?: string;
}

const OWN = "external-prometheus:index:";
const GATE = `${OWN}ExternalPrometheus$${OWN}Gate`;
/** What commands of the pages name, beside the stack itself. */
const NAMED: readonly Entry[] = [
    { types: `${OWN}ClusterSource`, name: "staging" },
    { types: `${OWN}ExternalPrometheus`, name: "prometheus" },
    { types: GATE, name: "prometheus-gate" },
    { types: `${GATE}$command:remote:Command`, name: "prometheus-gate", id: "gate" },
];

export const OUTPUTS = {
    caCertificate: "a certificate",
    clientCertificates: {
        grafana: { certificate: "a certificate", key: "a key" },
        "prometheus-b": { certificate: "a certificate", key: "a key" },
    },
    grafanaDataSource: {},
};

/** The state of a stack that was deployed, as `pulumi stack import` takes it. */
export function deployment(project: string, stack: string, outputs: Entry["outputs"] = OUTPUTS): object {
    const provider: Entry = { types: "pulumi:providers:command", name: "default", id: "provider" };
    const root: Entry = { types: "pulumi:pulumi:Stack", name: `${project}-${stack}`, outputs };
    const urn = ({ types, name }: Entry) => `urn:pulumi:${stack}::${project}::${types}::${name}`;
    const resources = [root, provider, ...NAMED].map((entry) => ({
        urn: urn(entry),
        type: entry.types.split("$").at(-1),
        custom: entry.id !== undefined,
        outputs: entry.outputs,
        id: entry.id,
        ...(entry.id === "gate" && { provider: `${urn(provider)}::provider` }),
    }));
    const manifest = { time: "2026-01-01T00:00:00Z", magic: "", version: "" };
    return { version: 3, deployment: { manifest, resources } };
}
