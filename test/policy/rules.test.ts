import { expect, it } from "vitest";
import * as clients from "./clients";
import { deploying } from "./deploying";
import * as machine from "./machine";
import * as rights from "./rights";
import { report, RULES } from "./rules";
import * as secrets from "./secrets";

it("has every rule that is written", () => {
    const written = [rights, machine, secrets, clients].flatMap((rules) => Object.values(rules));
    expect(RULES.map(({ violations }) => violations)).toEqual(expect.arrayContaining(written));
});

it("tells of all that is broken, rule by rule, with what breaks it and what helps", () => {
    const broken = deploying([{ inputs: { triggers: [] } }], { inClear: ["kubeconfigs.us"] });
    expect(report("Pulumi.us.yaml", broken)).toBe(`Pulumi.us.yaml breaks 2 of the rules for all stacks.

✖ What was recorded outlives replacements, and the stack.
    one (command:remote:Command) has triggers, by which it is replaced, and its delete runs
    → leave out vm.purgeData until the last 'pulumi up' before a 'pulumi destroy' that is to take the data, too; a delete is the gate's alone, and nothing has triggers

✖ Secrets in the stack's file are encrypted.
    kubeconfigs.us (stack's file) stands in clear
    → replace the secret, for others may have read it, and: pulumi config set --secret --path 'KEY' < FILE
`);
});
