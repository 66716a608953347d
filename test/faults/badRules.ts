/** What is wrong in one file of the user's, and the words in which `up` says so. */
export interface BadConfiguration {
    readonly what: string;
    /** A file of rules, whole. */
    readonly rules?: string;
    /** Fields of a job in flow style, behind its name. */
    readonly job?: string;
    /** A file of scrape jobs, whole. */
    readonly scrape?: string;
    readonly says: string;
}

function group(rule: string, more = ""): string {
    return `groups:\n  - name: bad\n${more}    rules:\n      - ${rule}\n`;
}

/** What promtool finds in files of rules. */
export const BAD_RULES: BadConfiguration[] = [
    {
        what: "an expression that ends early",
        rules: group("{ record: a, expr: 'up +' }"),
        says: "could not parse expression",
    },
    {
        what: "a function that does not exist",
        rules: group("{ record: a, expr: 'rates(up[1m])' }"),
        says: "unknown function",
    },
    {
        what: "a range where a value must be",
        rules: group("{ record: a, expr: 'up[1m] + 1' }"),
        says: "binary expression must contain only",
    },
    {
        what: "a string without its end",
        rules: group(`{ record: a, expr: 'up{job="a}' }`),
        says: "unterminated quoted string",
    },
    {
        what: "a field of a rule that does not exist",
        rules: group("{ record: a, exprs: up }"),
        says: "field exprs not found",
    },
    {
        what: "a field of a group that does not exist",
        rules: group("{ record: a, expr: up }", "    every: 1m\n"),
        says: "field every not found",
    },
    {
        what: "a rule that is neither kind",
        rules: group("{ expr: up }"),
        says: "one of 'record' or 'alert' must be set",
    },
    {
        what: "a rule that is both kinds",
        rules: group("{ record: a, alert: b, expr: up }"),
        says: "only one of 'record' and 'alert' must be set",
    },
    { what: "a rule without expression", rules: group("{ record: a }"), says: "field 'expr' must be set in rule" },
    {
        what: "two groups of one name",
        rules: `${group("{ record: a, expr: up }")}${group("{ record: b, expr: up }").slice(8)}`,
        says: 'groupname: "bad" is repeated in the same file',
    },
    {
        what: "a group without name",
        rules: "groups:\n  - rules:\n      - { record: a, expr: up }\n",
        says: "Groupname must not be empty",
    },
    {
        what: "a group's interval that is no time",
        rules: group("{ record: a, expr: up }", "    interval: often\n"),
        says: 'not a valid duration string: "often"',
    },
    {
        what: "a time to wait that is no time",
        rules: group("{ alert: A, expr: up, for: 10x }"),
        says: 'unknown unit "x" in duration "10x"',
    },
    {
        what: "a recording that waits",
        rules: group("{ record: a, expr: up, for: 1m }"),
        says: "invalid field 'for' in recording rule",
    },
    {
        what: "a label that would be the name",
        rules: group("{ record: a, expr: up, labels: { __name__: b } }"),
        says: "invalid label name: __name__",
    },
    {
        what: "a template without its end",
        rules: group(`{ alert: A, expr: up, annotations: { a: "{{ $labels.x" } }`),
        says: "template: __alert_A",
    },
];
