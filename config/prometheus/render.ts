import * as yaml from "js-yaml";

const HEADER = "# Managed by external-prometheus: the next 'pulumi up' replaces what is changed here.\n";

/** Renders a document for Prometheus. The order of fields is kept, so equal input gives equal bytes. */
export function renderYaml(document: object): string {
    return HEADER + yaml.dump(document, { lineWidth: -1, noRefs: true });
}
