import { z } from "zod";
import { PlainKeys, SecretKeys } from "../../config/schema";
import { pathNames } from "./environment";

/** A place in the configuration, as the schema describes it. */
export interface Field {
    /**
     * As messages write it, with `<name>` for what the user names and `[]` for each of a list: `scrapeJobs.<name>.targets[]`.
     * A name itself is a place too, `name of scrapeJobs`, and so is what an object does not know, `vm.<unknown>`.
     */
    readonly path: string;
    readonly schema: z.ZodType;
    readonly required: boolean;
}

/** Every place of the configuration; one that the schema gets is found by itself. */
export function fields(): Field[] {
    // Of secret ones the schema only says what they are: they are checked elsewhere, without any echo.
    const secrets = objectFields("", SecretKeys).filter(({ path }) => !path.startsWith("name of "));
    return [...objectFields("", PlainKeys), ...secrets];
}

function objectFields(path: string, schema: z.ZodObject): Field[] {
    return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([name, inner]) =>
        fieldsAt(path === "" ? name : `${path}.${name}`, inner, !inner.safeParse(undefined).success),
    );
}

function fieldsAt(path: string, wrapped: z.ZodType, required: boolean): Field[] {
    const schema = unwrapped(wrapped);
    const own = { path, schema, required };
    if (schema instanceof z.ZodObject) {
        const unknown = { path: `${path}.<unknown>`, schema: z.undefined(), required: false };
        return [own, unknown, ...objectFields(path, schema)];
    }
    if (schema instanceof z.ZodRecord) {
        const name = { path: `name of ${path}`, schema: schema.keyType as z.ZodType, required: false };
        return [own, name, ...fieldsAt(`${path}.<name>`, schema.valueType as z.ZodType, false)];
    }
    return schema instanceof z.ZodArray ? [own, ...fieldsAt(`${path}[]`, schema.element as z.ZodType, false)] : [own];
}

function unwrapped(schema: z.ZodType): z.ZodType {
    return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
        ? unwrapped(schema.unwrap() as z.ZodType)
        : schema;
}

/** The place that a key of a message means, such as `scrapeJobs.<name>.targets[]` for `scrapeJobs.node.targets[0]`. */
export function placeOf(key: string): string {
    const all: z.ZodType = z.object({ ...PlainKeys.shape, ...SecretKeys.shape });
    let at: z.ZodType | undefined = all;
    let place = "";
    for (const name of pathNames(key)) {
        const schema: z.ZodType | undefined = at && unwrapped(at);
        const dot = place === "" ? "" : ".";
        if (schema instanceof z.ZodArray) {
            place += "[]";
            at = schema.element as z.ZodType;
        } else if (schema instanceof z.ZodRecord) {
            place += `${dot}<name>`;
            at = schema.valueType as z.ZodType;
        } else {
            const shape: Record<string, z.ZodType> = schema instanceof z.ZodObject ? schema.shape : {};
            at = shape[name];
            place += `${dot}${at === undefined ? "<unknown>" : name}`;
        }
    }
    return place;
}

/**
 * How many ways a value of this place can be wrong, at the least: it is missing, is of another type or none of those that
 * are listed, and fails each check. Checks of an object speak of what is in it, and are found there.
 */
export function waysToBeWrong({ path, schema, required }: Field): number {
    const checks = schema instanceof z.ZodObject ? [] : (schema.def.checks ?? []);
    const refusing = checks.filter((check) => check._zod.def.check !== "overwrite").length;
    // A name is text whatever is written.
    const types = path.startsWith("name of ") && refusing > 0 ? 0 : 1;
    return types + refusing + (required ? 1 : 0);
}
