import { z } from "zod";
import { loadedJobs, loadedRuleGroups } from "../config/prometheus/loaded";
import type { DeclaredProgram } from "./declared";
import { places } from "./declaredPaths";
import { type Facts, noFacts, type ProgramFacts } from "./driftFacts";
import { type Finding, NOTHING } from "./driftFinding";

/** What differs between what a program was told and what it has loaded; nothing of one that does not run. */
export function configurationFindings(program: DeclaredProgram, facts: Facts): Finding[] {
    const { name, address, health, service, configuration } = program;
    const seen = facts.programs.get(name) ?? noFacts();
    if (service === undefined || seen.executable === undefined) {
        return [];
    }
    if (!seen.answers) {
        const what = `http://${address}${health}`;
        return [{ what, found: "no answer", declared: "an answer", repair: { program: name, step: "service" } }];
    }
    const step = configuration === undefined ? "service" : "configuration";
    const of = (what: string, found: string, declared: string): Finding => {
        return { what, found, declared, repair: { program: name, step } };
    };
    const running = `configuration of ${name}`;
    const metric = (last: string) => seen.metrics[`${name}_config_last_reload_${last}`];
    const loadedAt = metric("success_timestamp_seconds");
    const changedAt = newest(program, facts);
    return [
        ...(metric("successful") === 0 ? [of(running, "the last reload failed", "loaded")] : []),
        ...(loadedAt !== undefined && loadedAt < changedAt ? [of(running, "older than its files", "loaded")] : []),
        ...(configuration === undefined
            ? []
            : [
                  ...differences("job", pools(seen), loadedJobs(configuration), of),
                  ...differences("rules", ruleGroups(seen, name), loadedRuleGroups(configuration), of),
              ]),
    ];
}

/**
 * When the last of what a reload reads was put in place, in seconds. A step that finds a program's one file in order sets its
 * owner all the same, so only its content counts. Credentials are not among it: they are read at each request.
 */
function newest({ name, service, configuration }: DeclaredProgram, { entries }: Facts): number {
    const { etc } = places(name);
    const times =
        configuration === undefined
            ? (service?.files ?? []).map(({ path }) => entries.get(`${etc}/${path}`)?.written ?? 0)
            : [...entries]
                  .filter(([path, { kind }]) => {
                      return path === `${etc}/current` || (path.startsWith(`${etc}/versions/`) && kind === "file");
                  })
                  .map(([, { changed }]) => changed);
    return Math.max(0, ...times);
}

const Pools = z.object({ data: z.object({ scrapePools: z.array(z.string()) }) });

function pools({ pools: answer }: ProgramFacts): string[] {
    return answer === undefined || answer === "" ? [] : Pools.parse(JSON.parse(answer)).data.scrapePools;
}

const Group = z.object({ name: z.string(), file: z.string() });

/** In the form in which `loadedRuleGroups` has them. */
function ruleGroups(seen: ProgramFacts, program: string): string[] {
    return seen.ruleGroups.map((head) => {
        const { name, file } = Group.parse(JSON.parse(`{${head}}`));
        return `${file.replace(`${places(program).etc}/`, "")}: ${name}`;
    });
}

function differences(
    what: string,
    found: readonly string[],
    declared: readonly string[],
    of: (what: string, found: string, declared: string) => Finding,
): Finding[] {
    return [
        ...found.filter((each) => !declared.includes(each)).map((each) => of(`${what} ${each}`, "loaded", NOTHING)),
        ...declared.filter((each) => !found.includes(each)).map((each) => of(`${what} ${each}`, NOTHING, "loaded")),
    ];
}
