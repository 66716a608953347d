import * as yaml from "js-yaml";
import { TEXT_SCHEMA } from "../files";

const HEADER = "# Managed by external-prometheus: the next 'pulumi up' replaces what is changed here.\n";

/** Renders a document for Prometheus. The order of fields is kept, so equal input gives equal bytes. */
export function renderYaml(document: object): string {
    return render(document, {});
}

/** The same for what came from `parseYaml`, which goes out as the text that it was. */
export function renderText(document: object): string {
    return render(document, { schema: TEXT_SCHEMA });
}

function render(document: object, options: yaml.DumpOptions): string {
    return HEADER + yaml.dump(document, { ...options, lineWidth: -1, noRefs: true });
}
