import { expect } from "vitest";
import type { SpareVm } from "../vm/spareVm";

/** What the managed files hold, by path. */
export type Contents = ReadonlyMap<string, string>;

const RUNNING_RELEASE = "usr/local/prometheus";
const CURRENT = "usr/local/etc/prometheus/current";
const FRONT = "usr/local/etc/httpd";
const REMEMBERED = "usr/local/lib/external-prometheus/healthy/prometheus/configuration";

/**
 * One line a file: what it holds, and its path, which for the configuration that runs goes through the link `current`.
 * Drafts are left out, and what the front's step takes its credentials from: no program reads them. So are the random words
 * of the mark and of the front's version, and systemd's id of a start.
 */
const LIST = [
    "cd /",
    "tree() { find $1 -xdev \\( -path usr/local/sbin -o -path 'usr/local/var/lib/*/*' -o -path '*/versions' -o " +
        `-path ${FRONT}/credentials -o ` +
        "-name '*.next' -o -name '*.partial' -o -name '.*' \\) -prune -o -type f -print; }",
    `for folder in usr/local etc/systemd/system ${CURRENT}/ ${REMEMBERED}/ ${FRONT}/current/ etc/apache2/sites-enabled; do`,
    "[ ! -e $folder ] || tree $folder",
    "done | sort | while read -r file; do",
    "case $file in",
    '*/owner) echo "$(wc -l <$file):$(sed 3d $file | sha256sum | cut -c 1-64) $file" ;;',
    "*/start) ;;",
    '*/version.conf) echo "$(wc -c <$file) $file" ;;',
    '*) echo "$(sha256sum <$file | cut -c 1-64) $file" ;;',
    "esac",
    "done",
    `echo "$(basename "$(readlink ${RUNNING_RELEASE})") release that runs"`,
    `for link in ${RUNNING_RELEASE} ${CURRENT} ${REMEMBERED} usr/local/etc/prometheus/prometheus.yml ${FRONT}/current; do`,
    '[ ! -L $link ] || [ -e $link ] || echo "nothing $link"',
    "done",
].join("\n");

export async function contents(vm: SpareVm): Promise<Contents> {
    const lines = (await vm.text(LIST)).split("\n").filter((line) => line !== "");
    return new Map(lines.map((line) => [line.slice(line.indexOf(" ") + 1), line.slice(0, line.indexOf(" "))]));
}

/**
 * Each file holds what it held at one of these moments, the first before the change and the last after it; what is there
 * at all of them is there; the release that runs is whole, and no link leads nowhere.
 */
export function expectWhole(found: Contents, moments: readonly Contents[]): void {
    const odd = [...found].filter(([path, held]) => !moments.some((moment) => moment.get(path) === held));
    expect(odd, "neither old nor new").toEqual([]);
    const [first, ...later] = moments;
    const kept = [...(first?.keys() ?? [])].filter((path) => later.every((moment) => moment.has(path)));
    expect(
        kept.filter((path) => !found.has(path)),
        "missing",
    ).toEqual([]);
    const release = `usr/local/${found.get("release that runs") ?? ""}/`;
    const whole = new Set(moments.flatMap((moment) => [...moment.keys()].filter((path) => path.startsWith(release))));
    expect(
        [...whole].filter((path) => !found.has(path)),
        "missing of the release that runs",
    ).toEqual([]);
}
