/** As configured: `30d`, `80GB`; what is absent is not limited. */
export interface Retention {
    readonly time?: string | undefined;
    readonly size?: string | undefined;
}

/**
 * Whether a Prometheus of this version takes its retention from `storage.tsdb.retention` of prometheus.yml, where a change
 * needs a reload only. 3.8 to 3.10 know the setting too, but read its time in a wrong unit: a million times as long.
 */
export function retentionInConfiguration(version: string): boolean {
    const [major = 0, minor = 0] = version.split(/[.-]/).map(Number);
    return major > 3 || (major === 3 && minor >= 11 && !version.startsWith("3.11.0-"));
}

/**
 * The flags that keep what is wanted. Where the configuration says it, a flag holds only for a start with a configuration
 * that does not say it yet (the first one, the one of an older version): Prometheus would go by its own 15 days then, and
 * remove at once whatever it has that is older.
 */
export function retentionFlags(version: string, { time, size }: Retention): string[] {
    if (time === undefined && size === undefined) {
        return [];
    }
    if (retentionInConfiguration(version)) {
        return [`--storage.tsdb.retention.time=${LONGEST}`];
    }
    return [
        ...(time === undefined ? [] : [`--storage.tsdb.retention.time=${time}`]),
        ...(size === undefined ? [] : [`--storage.tsdb.retention.size=${size}`]),
    ];
}

/** In the words of Prometheus, which keeps 15 days where nothing is limited. */
export function retentionText({ time, size }: Retention): string {
    return [time, size].filter((limit) => limit !== undefined).join(" or ") || "15d";
}

/** The most that Prometheus knows. */
const LONGEST = "100y";
