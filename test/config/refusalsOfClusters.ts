import {
    EVIDENCE_JOBS,
    type EvidenceJob,
    isAnnotated,
    isEvidence,
    isSlice,
    JOB_NAMES,
    type JobName,
} from "../../config/source";
import { completeKeys, exampleKeys, KUBECONFIG, PRIVATE_KEY } from "./environment";
import { clash, durations, lists, notText, objects, type Row, scrapeIntervals, wrong } from "./refusal";

type Kind = "plain" | "kubelet" | "annotated" | "evidence" | "slice";

function kindOf(job: JobName): Kind {
    if (isAnnotated(job)) return "annotated";
    if (isSlice(job)) return "slice";
    if (isEvidence(job)) return "evidence";
    return job === "kubernetes-apiservers" ? "plain" : "kubelet";
}

const PATHS: Readonly<Record<Kind, string>> = {
    plain: "direct or federate or off",
    kubelet: "direct or federate or off",
    annotated: "federate or apiServerProxy or off",
    evidence: "federate or direct or off",
    slice: "federate or off",
};

const STAGING = exampleKeys()["clusters"]?.["staging"] as { caCertificate: string };
const CA = STAGING.caCertificate;
const CLUSTER = "clusters.staging";

export const LABEL = "must be lower-case letters, digits and '-' (an RFC 1123 label)";
const SERVER = "must be an https:// URL of host, port and path, such as https://k8s.example.com:6443";
export const PEM =
    "must be a certificate in PEM form, '-----BEGIN CERTIFICATE-----' first, and nothing else (lines end by LF)";

/** A second cluster, or one under another name, with a kubeconfig of its own. */
function cluster(name: string): Record<string, unknown> {
    return { [`clusters["${name}"]`]: STAGING, [`kubeconfigs["${name}"]`]: KUBECONFIG };
}

/** Which belong to no cluster where there is none. */
const SECRETS_OF_CLUSTERS = ["kubeconfigs", "endpointPasswords", "endpointPrivateKeys"].flatMap((key) =>
    Object.keys(completeKeys().secret[key] as object).map((name) => `${key}.${name}`),
);

const CLUSTERS: Row[] = [
    wrong("clusters", "text", "must be an object, got 'text'", SECRETS_OF_CLUSTERS),
    wrong("clusters", [], "must be an object, got []", SECRETS_OF_CLUSTERS),
    ...["A", "a_b", "-a", "a".repeat(64)].map((name) =>
        clash(`clusters.${name}`, cluster(name), `has a name that ${LABEL}`),
    ),
    clash("clusters.__proto__", cluster("__proto__"), "has a name that is not allowed"),
    clash('clusters["a b"]', cluster("a b"), `has a name that ${LABEL}`),
    ...objects(CLUSTER, "sever", "did you mean 'server'?"),
    wrong(`${CLUSTER}.server`, undefined, "is missing: URL of the API server as the VM reaches it"),
    notText(`${CLUSTER}.server`),
    wrong(`${CLUSTER}.server`, "http://k8s.example.com:6443", `${SERVER}, got 'http://k8s.example.com:6443'`),
    wrong(`${CLUSTER}.server`, "https://h/a/../b", `${SERVER}, got 'https://h/a/../b'`),
    wrong(`${CLUSTER}.server`, "https://h?x=y", `${SERVER}, got 'https://h?x=y'`),
    wrong(`${CLUSTER}.server`, "https://u:hunter2@h:6443", `${SERVER}, got a value that is not shown`),
    wrong(`${CLUSTER}.caCertificate`, undefined, "is missing: CA of the API server's and the kubelets' certificates"),
    notText(`${CLUSTER}.caCertificate`),
    wrong(`${CLUSTER}.caCertificate`, "x", `${PEM}, got 'x'`),
    wrong(
        `${CLUSTER}.caCertificate`,
        Buffer.from(CA).toString("base64"),
        "this is one in base64, as kubeconfigs have them: base64 -d makes PEM of it",
    ),
    wrong(`${CLUSTER}.caCertificate`, `${CA}==> end <==\n${CA}`, PEM),
    wrong(`${CLUSTER}.caCertificate`, `${CA}${PRIVATE_KEY}${CA}`, `${PEM}, got a value that is not shown`),
    wrong(`${CLUSTER}.caCertificate`, CA.replace("MIIB", "MIIC"), "is cut off or damaged: it cannot be read as a cert"),
    notText(`${CLUSTER}.context`),
    wrong(`${CLUSTER}.context`, "", "must not be empty, got ''", ["kubeconfigs.staging"]),
    ...tokens(`${CLUSTER}.tokens`),
    ...objects(`${CLUSTER}.jobs`, "grafana", "known here: kubernetes-apiservers, kubernetes-nodes,"),
    ...JOB_NAMES.flatMap((job) => jobs(`${CLUSTER}.jobs.${job}`, kindOf(job))),
    ...JOB_NAMES.filter((job) => kindOf(job) === "kubelet" || kindOf(job) === "evidence").flatMap((job) =>
        insecure(`${CLUSTER}.jobs.${job}`),
    ),
    ...EVIDENCE_JOBS.flatMap((job) => evidence(`${CLUSTER}.jobs.${job}`, job)),
    ...namespaces("clusters.proxied.jobs.kubernetes-pods"),
    ...namespaces("clusters.open.jobs.kubernetes-service-endpoints"),
];

function tokens(key: string): Row[] {
    const bounds = "must be whole seconds, at least 10m and at most 24h";
    return [
        ...objects(key, "kind", "known here: generation, previous, bound"),
        wrong(`${key}.generation`, "2", "must be a number, got '2'"),
        wrong(`${key}.generation`, 0, "must be at least 1, got 0"),
        wrong(`${key}.generation`, 1_000_001, "must be at most 1000000, got 1000001"),
        wrong(`${key}.generation`, 1.5, "must be a whole number, got 1.5"),
        clash(`${key}.previous`, { [`${key}.generation`]: 1 }, "must not be set while generation is 1, before which"),
        wrong(`${key}.previous`, "both", "must be secret or bound, got 'both'"),
        ...objects(`${key}.bound`, "seconds", "known here: lifetime"),
        ...durations(`${key}.bound.lifetime`),
        wrong(`${key}.bound.lifetime`, "9m", `${bounds}, got '9m'`),
        wrong(`${key}.bound.lifetime`, "25h", `${bounds}, got '25h'`),
        wrong(`${key}.bound.lifetime`, "900500ms", `${bounds}, got '900500ms'`),
    ];
}

function jobs(key: string, kind: Kind): Row[] {
    return [
        ...objects(key, "every", "known here: path, interval"),
        wrong(`${key}.path`, "push", `must be ${PATHS[kind]}, got 'push'`),
        wrong(`${key}.path`, false, `must be ${PATHS[kind]}, got false`),
        ...scrapeIntervals(`${key}.interval`),
    ];
}

function insecure(key: string): Row[] {
    return [
        wrong(`${key}.insecureSkipVerify`, "yes", "must be true or false, got 'yes'"),
        clash(
            `${key}.insecureSkipVerify`,
            { [key]: { path: "off", insecureSkipVerify: true } },
            "is of no use without the path direct",
        ),
    ];
}

function evidence(key: string, job: EvidenceJob): Row[] {
    const isTold = job === "kube-state-metrics" || job === "coredns";
    return [
        ...(isTold ? [wrong(`${key}.targets`, undefined, "is missing: a port of the nodes, or a load balancer,")] : []),
        wrong(`${key}.targets`, "a:1", "must be a list, got 'a:1'"),
        wrong(`${key}.targets`, [], "must not be empty, got []"),
        notText(`${key}.targets[0]`),
        wrong(`${key}.targets[0]`, "198.51.100.40", "must be host:port, got '198.51.100.40'"),
        wrong(`${key}.targets[0]`, "198.51.100.40:70000", "must have a port up to 65535, got '198.51.100.40:70000'"),
        clash(
            `${key}.targets`,
            { [key]: { path: "federate", targets: ["198.51.100.40:1"] } },
            "is of no use without the path direct",
        ),
        wrong(`${key}.scheme`, "ftp", "must be https or http, got 'ftp'"),
        clash(`${key}.scheme`, { [key]: { path: "off", scheme: "https" } }, "is of no use without the path direct"),
        clash(`${key}.insecureSkipVerify`, { [`${key}.scheme`]: "http" }, "is of no use with the scheme http"),
    ];
}

function namespaces(job: string): Row[] {
    const key = `${job}.namespaces`;
    const name = "must be the name of a namespace, or '*' for all of them";
    const once = "must name each namespace once, and none beside '*'";
    return [
        wrong(`${job}.path`, "direct", "must be federate or apiServerProxy or off, got 'direct'"),
        wrong(key, undefined, "is missing: the namespaces whose pods the VM may reach through the API server, or '*'"),
        clash(key, { [`${job}.path`]: "off" }, "is of no use without the path apiServerProxy"),
        wrong(key, "shop", "must be a list, got 'shop'"),
        wrong(key, [], "must not be empty, got []"),
        wrong(key, ["shop", "shop"], `${once}, got ["shop","shop"]`),
        wrong(key, ["shop", "*"], `${once}, got ["shop","*"]`),
        notText(`${key}[0]`),
        wrong(`${key}[0]`, "Shop", `${name}, got 'Shop'`),
        wrong(`${key}[0]`, "shop-*", `${name}, got 'shop-*'`),
    ];
}

const SOURCE_STACKS: Row[] = [
    ...lists("sourceStacks", "organization/project/prod"),
    wrong("sourceStacks", ["a", "a"], 'must all be different, got ["a","a"]'),
    notText("sourceStacks[0]"),
    ...["", "a b", "a/b/c/d", "/a"].map((name) =>
        wrong(
            "sourceStacks[0]",
            name,
            `must be the name of a stack, such as organization/project/stack, got '${name}'`,
        ),
    ),
];

const HELD_CLUSTERS: Row[] = [
    ...lists("heldClusters", "eu"),
    wrong("heldClusters", ["a", "a"], 'must all be different, got ["a","a"]'),
    notText("heldClusters[0]"),
    wrong("heldClusters[0]", "E U", "must be lower-case letters, digits and '-' (an RFC 1123 label), got 'E U'"),
];

const FEDERATED_STACKS: Row[] = [
    wrong("federatedStacks", "a", "must be an object, got 'a'"),
    wrong(
        'federatedStacks["a b"]',
        "global",
        "has a name that must be the name of a stack, such as organization/project/stack",
    ),
    wrong("federatedStacks.__proto__", "global", "has a name that is not allowed"),
    notText("federatedStacks.monitor-b"),
    wrong(
        "federatedStacks.monitor-b",
        "-",
        "must be letters, digits, '.', '_' and '-', a letter or a digit first, got '-'",
    ),
];

/** Of the clusters' side. */
export const CLUSTER_ROWS: readonly Row[] = [...CLUSTERS, ...SOURCE_STACKS, ...HELD_CLUSTERS, ...FEDERATED_STACKS];
