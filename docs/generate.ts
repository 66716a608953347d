import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { PlainKeys, SecretKeys } from "../config/schema";
import { ClusterName, ScrapeSource, SourceCredentials } from "../config/source";

/** What is used of a JSON Schema, which zod derives from the configuration's schemas. */
interface Node {
    readonly type?: string;
    readonly description?: string;
    readonly default?: unknown;
    readonly enum?: readonly unknown[];
    readonly const?: unknown;
    readonly pattern?: string;
    readonly minimum?: number;
    readonly maximum?: number;
    readonly properties?: Readonly<Record<string, Node>>;
    readonly required?: readonly string[];
    readonly additionalProperties?: Node | false;
    readonly items?: Node;
}

/** The reference page of the stack's configuration, in Markdown. */
export function configurationReference(): string {
    const plain = z.toJSONSchema(PlainKeys, { io: "input" }) as Node;
    const secret = z.toJSONSchema(SecretKeys, { io: "input" }) as Node;
    return [
        "# Configuration",
        "*Which keys are there, what may they be, and what are they if I set none?*",
        "Made from `config/schema.ts` by `node --import tsx docs/generate.ts`; a test fails when it is out of date.",
        "Every key belongs to the namespace `external-prometheus`. `Pulumi.dev.yaml` is a complete example. A key that does not " +
            "exist here is refused, and all problems are reported at once, before anything is changed.",
        "A key is set in `Pulumi.<stack>.yaml`, or by `pulumi config set --path 'vm.port' 22`. A stack needs `vm` with " +
            "`vmPrivateKey`, or `clusters` with a kubeconfig each, or both.",
        ...Object.entries(plain.properties ?? {}).map(([key, node]) => section(key, node)),
        "## Secrets",
        "Set from the file that holds them: `pulumi config set --secret vmPrivateKey < FILE`, " +
            "`pulumi config set --secret --path 'kubeconfigs.<name>' < FILE`. In clear they are refused.",
        table(Object.entries(secret.properties ?? {}).flatMap(([key, node]) => rows(key, node, false))) + "\n",
    ].join("\n\n");
}

/** The contract between the two sides, as a JSON Schema of the stack's outputs `sources` and `sourceCredentials`. */
export function contractSchema(): string {
    const schema = z.toJSONSchema(
        z.object({
            sources: z
                .record(ClusterName, ScrapeSource)
                .describe("What a VM must know about each cluster, by its name; holds no secret"),
            sourceCredentials: z
                .record(ClusterName, SourceCredentials)
                .describe("What a VM needs in order to be let in, by the cluster's name; secret as a whole"),
        }),
    );
    return `${JSON.stringify(schema, undefined, 4)}\n`;
}

function section(key: string, node: Node): string {
    const lines = members(key, node);
    return `## ${key}\n\n${node.description ?? ""}.\n\n${table(lines.length > 0 ? lines : element(key, node))}`;
}

/** The line for a list, or for a map whose values are no objects. */
function element(key: string, node: Node): string[] {
    return node.additionalProperties
        ? rows(`${key}.<name>`, node.additionalProperties, false)
        : rows(key, { ...node, description: node.items?.description ?? "" }, false);
}

function table(lines: readonly string[]): string {
    return ["| key | value | default | meaning |", "|---|---|---|---|", ...lines].join("\n");
}

/** One line for a value; for an object with a meaning of its own a line, then its members. */
function rows(key: string, node: Node, required: boolean): string[] {
    const fallback = node.default === undefined || isEmpty(node.default) ? "" : code(node.default);
    const own = `| \`${key}\` | ${values(node)} | ${required ? "**required**" : fallback} | ${node.description ?? ""} |`;
    return [own, ...members(key, node)];
}

function members(key: string, node: Node): string[] {
    const fixed = Object.entries(node.properties ?? {}).flatMap(([name, member]) =>
        rows(`${key}.${name}`, member, node.required?.includes(name) ?? false),
    );
    const named = node.additionalProperties;
    return named === undefined || named === false ? fixed : [...fixed, ...members(`${key}.<name>`, named)];
}

function values(node: Node): string {
    if (node.const !== undefined) {
        return code(node.const);
    }
    if (node.enum !== undefined) {
        return node.enum.map(code).join(" or ");
    }
    if (node.type === "array") {
        return `list of ${values(node.items ?? {})}`;
    }
    if (node.pattern?.endsWith("(ms|s|m|h|d)$") === true) {
        return "duration, such as `30s`";
    }
    const range = node.minimum === undefined ? "" : ` from ${node.minimum} to ${node.maximum ?? "any"}`;
    const names: Record<string, string> = { integer: "number", boolean: "`true` or `false`", string: "text" };
    return `${names[node.type ?? ""] ?? "object"}${range}`;
}

function isEmpty(value: unknown): boolean {
    return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function code(value: unknown): string {
    return `\`${String(value)}\``;
}

if (require.main === module) {
    writeFileSync(join(__dirname, "configuration.md"), configurationReference());
    writeFileSync(join(__dirname, "sources.schema.json"), contractSchema());
}
