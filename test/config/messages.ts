import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const FOLDER = join(__dirname, "../../config");

/** A text of the loader's sources that people may get to see. */
export interface Message {
    readonly file: string;
    /** What it looks like when the values that are filled in stand in it. */
    readonly pattern: RegExp;
}

/** Every text in the loader's sources that reads like words, apart from the descriptions of keys. */
export function messages(): Message[] {
    const files = readdirSync(FOLDER).filter((file) => file.endsWith(".ts"));
    return files.flatMap((file) => {
        const text = readFileSync(join(FOLDER, file), "utf8");
        const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
        return textsIn(source)
            .filter((parts) => parts.some((part) => /[a-z]{2,}[,;:]? [a-z']/.test(part)))
            .map((parts) => ({ file, pattern: new RegExp(parts.map(escaped).join(".*")) }));
    });
}

/** The fixed parts of each text. */
function textsIn(node: ts.Node): string[][] {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
        const { expression, name } = node.expression;
        if (name.text === "describe") {
            return textsIn(expression);
        }
    }
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) {
        return [[node.text]];
    }
    const own = ts.isTemplateExpression(node)
        ? [[node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)]]
        : [];
    const inner: string[][] = [];
    node.forEachChild((child) => {
        inner.push(...textsIn(child));
    });
    return [...own, ...inner];
}

function escaped(text: string): string {
    return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`).replaceAll("\n", "\\s+");
}
