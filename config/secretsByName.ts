import { nearest } from "./nearest";
import { isPlain, keyAt, type Problem, removal } from "./problems";
import { isObject } from "./scalars";
import { textProblem } from "./secretText";

/** A key that holds one secret for each of some names. */
export interface ByName {
    /** Such as `kubeconfigs`. */
    readonly key: string;
    /** What one of them is: "one kubeconfig by cluster name". */
    readonly each: string;
    /** What the names are names of: "cluster". */
    readonly owner: string;
    /** What has such a secret, or may have one, by name. */
    readonly owners: ReadonlyMap<string, Owner>;
    /** How one is set, by its key. */
    readonly remedy: (key: string) => string;
    /** What is said of one that no owner has. */
    readonly stranger: string;
}

export interface Owner {
    /** Said where the secret is missing; absent where it may be. */
    readonly missing?: string | undefined;
    /** What is wrong with the secret, without a word of what is in it. */
    readonly check: (text: string) => string | undefined;
}

/** Checks secrets, none where the key is not set, against what needs them, both ways. Says nothing of a value. */
export function byNameProblems(
    secrets: unknown = {},
    { key, each, owner, owners, remedy, stranger }: ByName,
): Problem[] {
    if (!isObject(secrets) || Array.isArray(secrets)) {
        const again = `pulumi config rm ${key}, then set each one by its ${owner}'s name`;
        return [{ key, message: `must hold ${each}`, remedy: again }];
    }
    const problem = (name: string, message: string): Problem => {
        const at = keyAt(key, [name]);
        return { key: at, message, remedy: isPlain(at) ? remedy(at) : removal(at) };
    };
    const missing = [...owners].flatMap(([name, { missing: message }]) =>
        message === undefined || Object.hasOwn(secrets, name) ? [] : [problem(name, message)],
    );
    const wrong = Object.entries(secrets).flatMap(([name, text]) => {
        const found = owners.get(name);
        if (found === undefined) {
            const near = nearest(name, [...owners.keys()]);
            const hint =
                near === undefined ? `there is no ${owner} of that name` : `did you mean the ${owner} '${near}'?`;
            const at = keyAt(key, [name]);
            // What is mistyped may be either name, and the secret is perhaps nowhere else.
            const remedy =
                near === undefined
                    ? removal(at)
                    : `make both names the same, in the stack's Pulumi.<stack>.yaml, or ${removal(at)}`;
            return [{ key: at, message: `${stranger}; ${hint}`, remedy }];
        }
        const message = textProblem(text, found.check);
        return message === undefined ? [] : [problem(name, message)];
    });
    return [...missing, ...wrong];
}
