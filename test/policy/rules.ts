import { uncheckedTls } from "./clients";
import type { Deployed, Violation } from "./deployed";
import { dataAtRisk, openPorts, unpinnedConnections } from "./machine";
import { broadRights, foreignBindings, needlessKubernetes } from "./rights";
import { plainCarriers, secretsInDocuments, secretsInFile, shownSecrets } from "./secrets";

/** What must hold for every stack. */
export interface Rule {
    /** As it is told who breaks it. */
    readonly demand: string;
    readonly remedy: string;
    readonly violations: (deployed: Deployed) => Violation[];
}

/** Where the program itself would have to be mended, since no configuration that it takes leads there. */
const PROGRAM = "no configuration should lead there: it is the program that must be mended";

export const RULES: readonly Rule[] = [
    {
        demand: "Accounts in a cluster read metrics and lists of objects, and nothing else",
        remedy: `see config/kubernetes/rbac.ts; ${PROGRAM}`,
        violations: broadRights,
    },
    {
        demand: "Rights are those of roles that the stack makes, for accounts that it makes",
        remedy: `see components/scrapeAccess.ts; ${PROGRAM}`,
        violations: foreignBindings,
    },
    {
        demand: "A stack without clusters of its own makes nothing in Kubernetes",
        remedy: `see index.ts; ${PROGRAM}`,
        violations: needlessKubernetes,
    },
    {
        demand: "SSH knows whom it reaches, and logs in by a key",
        remedy: "set vm.hostKey and vm.proxy.hostKey to what 'ssh-keyscan -t ed25519 HOST' prints, compared with the console",
        violations: unpinnedConnections,
    },
    {
        demand: "On the VM nothing but the front is reached from outside",
        remedy: "let the programs listen on 127.0.0.1, and set front: docs/front.md",
        violations: openPorts,
    },
    {
        demand: "What was recorded outlives replacements, and the stack",
        remedy: "leave out vm.purgeData until the last 'pulumi up' before a 'pulumi destroy' that is to take the data, too; a delete is the gate's alone, and nothing has triggers",
        violations: dataAtRisk,
    },
    {
        demand: "A secret is shown nowhere",
        remedy: `wrap what holds it by pulumi.secret; ${PROGRAM}`,
        violations: shownSecrets,
    },
    {
        demand: "What is there to hold a secret is secret",
        remedy: `wrap it by pulumi.secret; ${PROGRAM}`,
        violations: plainCarriers,
    },
    {
        demand: "Documents name files of secrets, and hold none",
        remedy: "use a *_file field, or username and authorization with httpSecrets: docs/other-servers.md",
        violations: secretsInDocuments,
    },
    {
        demand: "Secrets in the stack's file are encrypted",
        remedy: "replace the secret, for others may have read it, and: pulumi config set --secret --path 'KEY' < FILE",
        violations: secretsInFile,
    },
    {
        demand: "Nobody who may be somebody else is shown a token that does more than read metrics",
        remedy: "set scheme to https (a url that begins with https://), and caCertificate in the place of insecureSkipVerify (tls_config.ca_file in a scrape file)",
        violations: uncheckedTls,
    },
];

/** All that a stack breaks, as text: which rule, what breaks it, and what helps. Empty where nothing does. */
export function report(path: string, deployed: Deployed): string {
    const broken = RULES.map((rule) => ({ ...rule, found: rule.violations(deployed) })).filter(
        ({ found }) => found.length > 0,
    );
    const parts = broken.map(({ demand, remedy, found }) => {
        const lines = found.map(({ resource, what }) => `    ${resource.name} (${resource.type}) ${what}\n`);
        return `\n✖ ${demand}.\n${lines.join("")}    → ${remedy}\n`;
    });
    return parts.length === 0 ? "" : `${path} breaks ${parts.length} of the rules for all stacks.\n${parts.join("")}`;
}
