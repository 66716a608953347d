import type { ChosenRelease } from "./releases";

type Moment = "blank" | "installed" | "fronted";

/** What a deployment does to the VM. */
export interface Change {
    readonly name: string;
    /** The moment of the bench that it begins at. */
    readonly from: Moment;
    /** The one that it leads to, if others begin there. */
    readonly leads?: Moment;
    /** What deploys it. */
    readonly command: "up" | "destroy";
    /** Changes the stack's configuration. */
    readonly configure: (configuration: Record<string, unknown>) => void;
}

const SWITCH = { targets: ["10.98.0.1:9100"], labels: { rack: "a" } };

/** What is installed before something is changed. */
export function installation(configuration: Record<string, unknown>): void {
    configuration["scrapeJobs"] = { node: SWITCH };
}

export const FIRST: Change = {
    name: "a first installation",
    from: "blank",
    leads: "installed",
    command: "up",
    configure: installation,
};

/** All of them; what is installed comes first, and everything at once second. */
export function changes(other: ChosenRelease): [Change, Change, ...Change[]] {
    const upgrade = (configuration: Record<string, unknown>): void => {
        installation(configuration);
        Object.assign(configuration["prometheus"] as object, other);
    };
    const flag = (configuration: Record<string, unknown>): void => {
        installation(configuration);
        Object.assign(configuration["prometheus"] as object, {
            extraFlags: ["--log.level=debug"],
            retention: { time: "30d" },
        });
    };
    const jobs = (configuration: Record<string, unknown>): void => {
        Object.assign(configuration["prometheus"] as object, { scrapeInterval: "2s" });
        // A name that goes, and two that come.
        configuration["scrapeJobs"] = { servers: SWITCH, switches: SWITCH };
    };
    const credentials = (configuration: Record<string, unknown>): void => {
        Object.assign(configuration["vm"] as object, { bootTimeout: "6m" });
    };
    return [
        FIRST,
        {
            name: "another release, unit, configuration and credentials",
            from: "installed",
            command: "up",
            configure: (configuration) => {
                upgrade(configuration);
                flag(configuration);
                jobs(configuration);
                credentials(configuration);
            },
        },
        { name: "another release", from: "installed", command: "up", configure: upgrade },
        { name: "another flag", from: "installed", command: "up", configure: flag },
        { name: "another configuration", from: "installed", command: "up", configure: jobs },
        {
            name: "other credentials",
            from: "installed",
            command: "up",
            configure: (configuration) => {
                installation(configuration);
                credentials(configuration);
            },
        },
        { name: "the removal", from: "installed", command: "destroy", configure: installation },
    ];
}
