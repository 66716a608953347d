import { isObject } from "../../config/scalars";
import type { Deployed, Resource, Violation } from "./deployed";
import { documentsOf } from "./files";
import { PIECES } from "./standIns";

/** Secrets in what is shown: an input or output that is not secret, or a name. */
export function shownSecrets({ resources }: Deployed): Violation[] {
    return resources.flatMap((resource) => [
        ...holding(resource.name).map((what) => ({ resource, what: `holds ${what} in its name` })),
        ...shownValues(resource).flatMap(({ path, key, value }) =>
            [...holding(key), ...(typeof value === "string" ? holding(value) : [])].map((what) => ({
                resource,
                what: `shows ${what}: ${path} is not secret`,
            })),
        ),
    ]);
}

/** What of the stand-ins a text holds. */
function holding(text: string): string[] {
    return Object.entries(PIECES).flatMap(([what, piece]) => (text.includes(piece) ? [what] : []));
}

/** Inputs that are there for secrets, by their names. */
const CARRIERS = ["privateKey", "privateKeyPem", "caPrivateKeyPem", "kubeconfig", "password", "stringData"];

/** Inputs that are there for a secret and are not secret, whatever they hold. */
export function plainCarriers({ resources }: Deployed): Violation[] {
    return resources.flatMap((resource) => {
        const isCarrier = (path: string, key: string) =>
            CARRIERS.includes(key) ||
            (path === "data" && resource.type === "kubernetes:core/v1:Secret") ||
            (path === "stdin" && resource.name.endsWith("-credentials"));
        return shownValues(resource)
            .filter(({ path, key }) => isCarrier(path, key))
            .map(({ path }) => ({ resource, what: `has ${path} in clear` }));
    });
}

/** Secrets in documents, which Prometheus shows to whoever may look, however Pulumi keeps them. */
export function secretsInDocuments({ resources }: Deployed): Violation[] {
    return resources.flatMap((resource) =>
        documentsOf(resource).flatMap(({ path, content }) =>
            holding(content).map((what) => ({ resource, what: `writes ${what} into ${path}` })),
        ),
    );
}

/** Secrets in the stack's file that Pulumi has not encrypted. */
export function secretsInFile({ inClear }: Deployed): Violation[] {
    return inClear.map((path) => ({ resource: { type: "stack's file", name: path }, what: "stands in clear" }));
}

interface Value {
    /** In the notation of `Recorded.secrets`. */
    readonly path: string;
    readonly key: string;
    readonly value: unknown;
}

/** Every value of a resource that is not secret, and what is in it. */
function shownValues({ inputs, secrets }: Resource): Value[] {
    const within = (value: unknown, path: string): Value[] => {
        if (Array.isArray(value)) return value.flatMap((item, i) => of(item, `${path}[${i}]`, ""));
        return isObject(value)
            ? Object.entries(value).flatMap(([key, item]) => of(item, path === "" ? key : `${path}.${key}`, key))
            : [];
    };
    const of = (value: unknown, path: string, key: string): Value[] =>
        secrets.includes(path) || value === undefined ? [] : [{ path, key, value }, ...within(value, path)];
    return within(inputs, "");
}
