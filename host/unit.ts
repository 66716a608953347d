import { PROGRAMS } from "./programs";

export type UnitSection = Readonly<Record<string, string | readonly string[]>>;

/** A systemd unit as data; a list becomes one line per entry. */
export interface Unit {
    readonly Unit: UnitSection;
    readonly Service: UnitSection;
    readonly Install: UnitSection;
}

/** What there may be in the file of a unit of whatever kind, in the order of the file. */
export type UnitSections = Readonly<Partial<Record<"Unit" | "Service" | "Timer" | "Install", UnitSection>>>;

/** Where Prometheus listens: on the VM itself only, since it has neither users nor protection against forged requests. */
export const LISTEN_ADDRESS = PROGRAMS.prometheus.address;

/** Renders a unit file. */
export function renderUnit(unit: UnitSections): string {
    return Object.entries(unit)
        .map(([section, settings]) => `[${section}]\n${renderSection(settings)}`)
        .join("\n");
}

export function renderSection(section: UnitSection): string {
    return Object.entries(section)
        .flatMap(([key, value]) => [value].flat().map((line) => `${key}=${line}\n`))
        .join("");
}

/** A program and its arguments for `ExecStart=`, each as it is given; systemd.service(5), "Command lines", has the rules. */
export function commandLine(words: readonly string[]): string {
    return words.map(commandWord).join(" ");
}

function commandWord(word: string): string {
    const literal = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
    return /^[\w%$+,./:=@-]+$/.test(literal) ? literal : `"${literal.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** The words that `commandLine` made this of. */
export function commandWords(line: string): string[] {
    return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)].map(([word, quoted]) => {
        const literal = quoted?.replaceAll(/\\(.)/g, "$1") ?? word;
        return literal.replaceAll("%%", "%").replaceAll("$$", () => "$");
    });
}
