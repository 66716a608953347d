/** What stands in backticks as the name of a command, which nobody types like this. */
const NAME = "the name of a command, of which the text speaks";
const HOURS = "takes hours";
const ITSELF = "would run this test";

/** Commands that no test runs, as the pages have them, and why. */
export const NOT_RUN: Readonly<Record<string, string>> = {
    "git checkout NEW": "would change the checkout that is tested",
    "git fetch": "asks the project's server",
    "htpasswd -nBC 10": NAME,
    "kubectl delete serviceaccount": NAME,
    "kubectl port-forward": NAME,
    "make soak": HOURS,
    "make test": ITSELF,
    "make test FAULTS=sample": ITSELF,
    "make test-fast": ITSELF,
    "make test-faults": HOURS,
    "node --import tsx bench/front.ts": "a measurement, which wants a machine of its own",
    "node --import tsx bench/render.ts": "a measurement, which wants a machine of its own",
    "npm install /tmp/external-prometheus-0.1.0.tgz": "asks a registry for what the package needs",
    "npm install --save-dev typescript@5.9.3 @types/node": "asks a registry",
    "PULUMI_K8S_ENABLE_PATCH_FORCE=true pulumi up --refresh": "the lab's stand-in for the plugin does not know that",
    "pulumi config set": NAME,
    "pulumi stack change-secrets-provider": NAME,
    "pulumi stack import": NAME,
    "pulumi stack output": NAME,
    "pulumi stack rm": NAME,
    "pulumi state move": NAME,
    "pulumi up --replace": NAME,
    "pulumi … -v=9": "shows secrets, which is what the page warns of",
    "vitest run --config test/faults/vitest.config.ts powerCut": HOURS,
    "vitest run --config test/soak/vitest.config.ts test/soak/replicas": HOURS,
};

/** Commands that another test runs, with its file, or one that it uses, and words of that. */
export const ELSEWHERE: Readonly<Record<string, readonly [file: string, words: string]>> = {
    [String.raw`curl --cacert ca.pem --cert grafana.pem https://prometheus.example.com/api/v1/query\?query=up`]: [
        "test/lab/docsCommands.test.ts",
        "docs/front.md",
    ],
    "lab/break api": ["test/lab/breaks.test.ts", 'breakLab("api")'],
    "lab/break cluster": ["test/lab/outage.test.ts", 'breakLab("cluster")'],
    "lab/break kubelet": ["test/lab/doctor.test.ts", 'breakLab("kubelet")'],
    "lab/break network": ["test/lab/breaks.test.ts", 'breakLab("network")'],
    "lab/break vm": ["test/lab/breaks.test.ts", 'breakLab("vm")'],
    "lab/heal": ["test/lab/lab.ts", 'handle("heal", [])'],
    "lab/kubectl ARGS…": ["test/lab/lab.ts", 'handle("kubectl", args)'],
    "lab/machine/spare.sh 3 …": ["test/vm/spareVm.ts", 'handle("machine/spare.sh"'],
    "lab/machine/spare.sh NUMBER ACTION": ["test/vm/spareVm.ts", 'handle("machine/spare.sh"'],
    "lab/pulumi ARGS…": ["test/lab/lab.ts", 'handle("pulumi", args'],
    "lab/release/more.sh debian-prometheus": ["test/vm/adopt.test.ts", 'runProgram(more, ["debian-prometheus"]'],
    "lab/vm SHELL\\ TEXT": ["test/lab/lab.ts", 'handle("vm", [shellText]'],
    "make lab": ["test/run", "lab/up"],
    "make lab-down": ["test/run", "lab/down"],
    "make policy": ["Makefile", "@vitest run test/policy.test.ts"],
    "node --import tsx docs/generate.ts": ["test/config/reference.test.ts", "configurationReference"],
    "npm ci": ["lab/packages.sh", "npm ci"],
    "npm pack --pack-destination /tmp": ["test/library.test.ts", '"npm", ["pack"'],
    "pulumi destroy": ["test/lab/destroy.test.ts", 'pulumi("destroy"'],
    "pulumi destroy --run-program": ["test/vm/gate.test.ts", 'destroy("--run-program")'],
    "PULUMI_K8S_DELETE_UNREACHABLE=true pulumi destroy": [
        "lab/test/contract/kubernetesConfig.test.ts",
        'PULUMI_K8S_DELETE_UNREACHABLE: "true"',
    ],
    "pulumi refresh --clear-pending-creates": ["test/vm/spareStack.ts", '"refresh", "--clear-pending-creates"'],
};

/** What is taken away of a cluster whose state is lost; all else of ours is in a namespace of our own. */
const DELETED = [
    ...["namespaces", "services", "configmaps", "secrets", "roles", "rolebindings", "clusterroles"],
    ...["clusterrolebindings", "networkpolicies", "ingresses"],
    ...["validatingadmissionpolicies", "validatingadmissionpolicybindings"],
];
const LABELS = "app.kubernetes.io/part-of=external-prometheus,app.kubernetes.io/managed-by=pulumi";
const QUERY = String.raw`\'query=sum\ by\ \(job\)\ \(sum_over_time\(up\{cluster=\"lab\"\}\[10m\]\)\)\'`;

/** Commands that test/lab/docsCommands.test.ts runs on the lab's stack, quoted for a shell. */
export const ON_LAB: readonly string[] = [
    "kubectl config view --minify",
    String.raw`kubectl config view --raw --minify -o jsonpath=\{.clusters\[0\].cluster.certificate-authority-data\}`,
    "kubectl delete serviceaccount -n external-prometheus external-prometheus-kubelet",
    `kubectl delete --all-namespaces -l ${LABELS} ${DELETED.join()}`,
    "kubectl get pods -n monitoring",
    "kubectl get service gateway -n external-prometheus",
    "journalctl -u external-prometheus-tokens",
    `lab/vm curl -sG http://127.0.0.1:9090/api/v1/query --data-urlencode ${QUERY}`,
    "make doctor",
    "make drift",
    "make help",
    "make repair",
    "make status",
    "node --import tsx operate/drift.ts",
    "pulumi preview",
    "pulumi preview --diff",
    "pulumi preview --diff --show-full-output",
    "pulumi preview --refresh --diff",
    "pulumi up",
    "pulumi up --refresh",
    "pulumi up --replace \\*\\*::prometheus-gate",
    "ssh-keyscan -t ed25519 HOST",
];

/** How such a command is run there, by the lab's own handles, without harm. */
export function onLab(command: string): string {
    return (
        command
            .replace(/^kubectl delete/, "lab/kubectl delete --dry-run=server --ignore-not-found")
            .replace(/^kubectl/, "lab/kubectl")
            .replace(/^journalctl .*/, "lab/vm '$&'")
            .replace(/^make (?!help).*/, "$& STACK=lab CLUSTER=lab")
            .replace(/^node .*/, 'PULUMI="$PWD/lab/pulumi" $& lab')
            // The machine would be set up anew.
            .replace("pulumi up --replace", "pulumi preview --replace")
            .replace(
                /(?<!lab\/)pulumi (up|preview).*/,
                (text) => `lab/${text}${/ up|^up/.test(text) ? " --yes" : ""} --non-interactive`,
            )
            .replace(/ HOST$/, " 10.98.0.20")
    );
}

/**
 * A command without what names the reader's own: stacks, clusters, and what says how long or which of several; and without what
 * every one is given where nobody sits before it.
 */
export function general(command: string): string {
    return (
        command
            .replaceAll(
                /^((FAULT|SOAK)_\w+=\S+ )+| (--stack |STACK=|CLUSTER=)\S+| --(yes|non-interactive)(?= |$)| $/g,
                "",
            )
            .replace(/(operate\/drift\.ts) \S+/, "$1")
            // Which a shell would take as it is.
            .replaceAll("\\,", ",")
    );
}
