import { z } from "zod";
import { ALWAYS, field } from "./scalars";
import { Duration, milliseconds } from "./source";

/** Kubernetes gives no token of less (TokenRequest, `expirationSeconds`). */
const SHORTEST = 600;
/** Longer than a day is no longer short. */
const LONGEST = 86_400;

const Lifetime = Duration.refine(
    (lifetime) => seconds(lifetime) >= SHORTEST && seconds(lifetime) <= LONGEST && Number.isInteger(seconds(lifetime)),
    "must be whole seconds, at least 10m and at most 24h",
);

export const TokensConfig = z
    .strictObject({
        generation: z
            .int()
            .min(1)
            .max(1_000_000)
            .default(1)
            .describe(
                "Another number makes new token Secrets, and ends the tokens of the old ones; one more than before where `previous` keeps those",
            ),
        previous: z
            .enum(["secret", "bound"])
            .optional()
            .describe(
                "Keeps the Secrets of the generation one less, which had tokens of this kind, until the VM's stack has taken the new ones",
            ),
        bound: z
            .strictObject({
                lifetime: Lifetime.default("1h").describe("Half of it is over when the VM asks for another"),
            })
            .optional()
            .describe(
                "Tokens that the VM asks for itself and that soon expire; without it, those of Secrets, which don't expire",
            ),
    })
    .superRefine((tokens: unknown, context) => {
        if (field(tokens, "previous") !== undefined && (field(tokens, "generation") ?? 1) === 1) {
            const message = "must not be set while generation is 1, before which there was none";
            context.addIssue({ code: "custom", path: ["previous"], message, params: { remove: true } });
        }
    }, ALWAYS);
/** How a cluster's accounts prove who they are. */
export type Tokens = z.infer<typeof TokensConfig>;
export type TokenKind = NonNullable<Tokens["previous"]>;

export function kindOf({ bound }: Tokens): TokenKind {
    return bound === undefined ? "secret" : "bound";
}

/** Whether any generation that still counts has tokens of this kind. */
export function hasKind(tokens: Tokens, kind: TokenKind): boolean {
    return kindOf(tokens) === kind || tokens.previous === kind;
}

export function seconds(duration: Duration): number {
    return milliseconds(duration) / 1_000;
}

/**
 * Seconds that a token may be good for. What a VM asks for that still has the generation before is not known here, so that
 * gets as long as any may be.
 */
export function longestLifetime({ bound, previous }: Tokens): number {
    return bound === undefined || previous === "bound" ? LONGEST : seconds(bound.lifetime);
}
