import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { documents } from "../../config/prometheus/document";
import { jobs } from "../../config/prometheus/jobs";
import { runProgram } from "../../operate/process";
import { jobKey } from "../../operate/table";
import { ENVIRONMENT_NAMES, scrapingOf } from "./prometheus/environments";
import { checkConfig, makePair, writeDocuments } from "./prometheus/written";

const GOLDEN = join(__dirname, "golden");
const directory = mkdtempSync(join(tmpdir(), "golden-"));

beforeAll(() => {
    makePair(directory);
});

afterAll(() => {
    rmSync(directory, { recursive: true });
});

/** A network of its own has nothing in it but itself: who is scraped is never asked. Jobs are there seconds after a start. */
const RUN = `
ip link set lo up
prometheus --config.file="$0/prometheus.yml" --storage.tsdb.path="$0/data" --web.listen-address=127.0.0.1:9090 2>"$0/log" &
pid=$!
for _ in $(seq 300); do
    pools=$(curl -sf http://127.0.0.1:9090/api/v1/scrape_pools | tr -cd ,)
    if [[ \${#pools} -ge $1 ]]; then break; fi
    sleep 0.1
done
curl -sf http://127.0.0.1:9090/api/v1/scrape_pools || cat "$0/log"
kill "$pid"
wait "$pid"
`;

/** The names of the jobs that a Prometheus has read, after it has had time for so many. */
async function loaded(root: string, count: number): Promise<string[]> {
    const args = ["--net", "--map-root-user", "bash", "-c", RUN, root, String(count)];
    const { stdout } = await runProgram("unshare", args, { timeoutSeconds: 280 });
    try {
        return (JSON.parse(stdout) as { data: { scrapePools: string[] } }).data.scrapePools;
    } catch {
        throw new Error(stdout);
    }
}

it.each(ENVIRONMENT_NAMES)("an environment with %s comes to its documents", async (name) => {
    const own = documents(scrapingOf(name)).filter(({ path }) => !path.startsWith("rules/"));
    for (const { path, content } of own) await expect(content).toMatchFileSnapshot(join(GOLDEN, name, path));
    const kept = readdirSync(join(GOLDEN, name), { recursive: true, encoding: "utf8" });
    expect(kept.filter((path) => path.endsWith(".yml")).sort()).toEqual(own.map(({ path }) => path));
});

describe("the documents of each environment", () => {
    const all = ENVIRONMENT_NAMES.map((name) => ({ name, scraping: scrapingOf(name) }));
    let roots: string[];

    beforeAll(() => {
        roots = all.map(({ scraping }) => writeDocuments(directory, scraping));
    });

    it("are accepted by promtool with every lint", () => {
        for (const root of roots) {
            const { status, output } = checkConfig(root);
            expect(status, output).toBe(0);
        }
    });

    it("are read by Prometheus, every job of them", async () => {
        const wanted = all.map(({ scraping }) => jobs(scraping).map(jobKey));
        const read = await Promise.all(roots.map((root, i) => loaded(root, wanted[i]?.length ?? 0)));
        expect(read.map((names) => names.sort())).toEqual(wanted.map((names) => names.sort()));
    });
});

it("has no golden document of another environment", () => {
    expect(readdirSync(GOLDEN).sort()).toEqual([...ENVIRONMENT_NAMES].sort());
});
