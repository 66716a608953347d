import { exampleKeys, KUBECONFIG, PRIVATE_KEY } from "../config/environment";
import { CA } from "../config/frontCertificates";

/** What a reader puts in the place of words that stand for something. */
const WORDS: readonly (readonly [RegExp, string])[] = [
    [/<name>|\bNAME\b/g, "staging"],
    [/<stack>/g, "dev"],
    [/(kubeconfigs\S+ < )FILE\b/g, "$1KUBECONFIG"],
    [/\bFILE\b/g, "KEY"],
    [/ssh-ed25519 AAAA…/g, String(exampleKeys()["vm"]?.["hostKey"])],
    [/\bSUM\b/g, "0123456789abcdef".repeat(4)],
    [/::…::/g, "::external-prometheus::external-prometheus:index:ClusterSource::"],
];

export function filledIn(script: string): string {
    return WORDS.reduce((text, [word, value]) => text.replaceAll(word, value), script);
}

/** The files that commands read, in the project's directory or at home. */
export const FILES: Readonly<Record<string, string>> = {
    KEY: PRIVATE_KEY,
    KUBECONFIG,
    "password.txt": "CANARY\n",
    "ca.pem": CA,
    "new-passphrase.txt": "new\n",
    ...Object.fromEntries(["monitor", "monitor.new", "monitor-a", "jump"].map((key) => [`~/.ssh/${key}`, PRIVATE_KEY])),
    // A program of somebody's own, which has a stack of the same name.
    "program/Pulumi.yaml": "name: program\nruntime: nodejs\n",
    "program/KEY": PRIVATE_KEY,
    "program/KUBECONFIG": KUBECONFIG,
    ...Object.fromEntries(["staging", "prod-eu", "prod-us"].map((name) => [`~/.kube/${name}`, KUBECONFIG])),
};

/** What a reader of a section has done by then, or where it is. */
export interface Situation {
    /** Values of the stack `dev` beside the example's, by their paths. */
    readonly dev?: Readonly<Record<string, unknown>>;
    /** Stacks that have no file yet. */
    readonly unwritten?: readonly string[];
    /** Those that are to be whole afterwards without a secret that is only supposed, and changed; `dev` is never supposed to be. */
    readonly whole?: readonly string[];
    /** Of the stacks, after the section. */
    readonly passphrase?: string;
    /** The folder in which one is, of a project with other keys than this one's. */
    readonly at?: string;
    /** What `pulumi up` gives in the example for Grafana. */
    readonly outputs?: Readonly<Record<string, unknown>>;
}

const PROXIED = { host: "jump.example.com", user: "jump", hostKey: exampleKeys()["vm"]?.["hostKey"] };
const FRONT = { serverName: "prometheus.example.com" };
const POSTGRES = { targets: ["db-0.example.com:9187"], scheme: "https", username: "monitor" };
const INGRESS = {
    prometheus: { namespace: "monitoring", pods: ["prometheus-server-0"] },
    ingress: { hosts: ["prometheus.example.com"], username: "monitor" },
};
const ALICE = { users: { alice: { roles: ["viewer"] } } };

export const SITUATIONS: Readonly<Record<string, Situation>> = {
    "README.md#your-own-cluster-and-vm": { unwritten: ["dev"], whole: ["dev"] },
    "docs/first-environment.md#do-it": { unwritten: ["dev"], whole: ["dev"] },
    "docs/front.md": { dev: { front: { ...FRONT, ...ALICE, clients: { grafana: { roles: ["viewer"] } } } } },
    "docs/library.md#a-program": { at: "program" },
    "docs/outputs.md#how-does-grafana-get-at-it": {
        outputs: { datasources: "apiVersion: 1\n" },
    },
    "docs/many-clusters.md#one-more": { whole: ["prod-us"] },
    "docs/private-cluster.md#an-ingress": { dev: { "clusters.staging.endpoint": INGRESS } },
    "docs/production.md#the-first-deployment": {
        unwritten: ["prod-eu", "prod-us", "prod-monitor-a"],
        whole: ["prod-eu", "prod-monitor-a"],
    },
    "docs/production.md#from-one-stack-to-several": {
        unwritten: ["prod-eu"],
        whole: ["prod-eu", "prod-monitor-a"],
    },
    "docs/rotate.md#the-ssh-key": { dev: { "vm.proxy": PROXIED } },
    "docs/rotate.md#a-client-of-the-front": {
        dev: { front: { ...FRONT, clients: { grafana: { roles: ["viewer"] }, other: { roles: ["viewer"] } } } },
    },
    "docs/rotate.md#passwords": {
        dev: { front: { ...FRONT, ...ALICE }, "clusters.staging.endpoint": INGRESS, "scrapeJobs.postgres": POSTGRES },
    },
    "docs/rotate.md#the-passphrase": { passphrase: "new" },
};
