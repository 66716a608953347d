import { parseYaml } from "../files";
import type { Document } from "./document";

/** Names of the jobs that a Prometheus has which has loaded these documents, sorted. */
export function loadedJobs(documents: readonly Pick<Document, "path" | "content">[]): string[] {
    return documents
        .filter(({ path }) => !path.startsWith(RULES))
        .flatMap(({ content }) => list(content, "scrape_configs", "job_name"))
        .sort();
}

/** The groups of rules that it has, each as `<file>: <group>` with the file's path below its configuration directory, sorted. */
export function loadedRuleGroups(documents: readonly Pick<Document, "path" | "content">[]): string[] {
    return documents
        .filter(({ path }) => path.startsWith(RULES))
        .flatMap(({ path, content }) => list(content, "groups", "name").map((name) => `${path}: ${name}`))
        .sort();
}

const RULES = "rules/";

/** One field of each element of a list at the document's top. */
function list(content: string, key: string, field: string): string[] {
    const document = parseYaml(content) as Readonly<Record<string, unknown>>;
    const elements = document[key];
    return (Array.isArray(elements) ? (elements as Readonly<Record<string, unknown>>[]) : []).map((element) =>
        String(element[field]),
    );
}
