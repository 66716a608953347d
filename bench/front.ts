/**
 * What the front costs, on a spare VM of the running lab: an answer of 1 MB through it against the same answer without it, in turns; and
 * what Prometheus misses while somebody tries passwords. Usage: node --import tsx bench/front.ts [seconds of wrong passwords]
 */
import { Agent, request } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FrontSuite } from "../test/vm/frontSuite";
import { basic, NAME, PASSWORD } from "../test/vm/frontVm";
import { installGoProgram } from "../test/vm/goProgram";
import { longestGap, query } from "../test/vm/running";

const TIMES = 200;
const PER_SECOND = 200;

async function compareWays(suite: FrontSuite): Promise<void> {
    const { vm, front } = suite;
    const client = front.clients["grafana"];
    if (client === undefined) throw new Error("there is no client grafana");
    await installGoProgram(vm, join(__dirname, "front"), "/run/bench");
    await vm.text("cat >/run/ca.pem", { stdin: front.ca });
    await vm.text("cat >/run/client.pem", { stdin: client.certificate + client.key });
    const now = Math.floor(Date.now() / 1000);
    const path = `/api/v1/query_range?query=%7B__name__=~".%2B"%7D&start=${now - 40}&end=${now - 5}&step=1`;
    const direct = `http://127.0.0.1:9090${path}`;
    const through = `https://${vm.address}${path}`;
    const ways = [direct, `+${through}`, direct, `-${through}`].map((way) => `'${way}'`).join(" ");
    const printed = await vm.text(`/run/bench ${String(TIMES)} /run/ca.pem /run/client.pem alice:${PASSWORD} ${ways}`, {
        seconds: 600,
    });
    const [bare = NaN, certificate = NaN, again = NaN, password = NaN] = printed
        .split("\n")
        .map((line) => Number(line.split(" ")[0]));
    console.log(`answer of ${printed.split(/[ \n]/)[1] ?? "?"} bytes, median of ${TIMES}, kept-alive connections`);
    console.log(`direct ${bare} ms, again ${again} ms: ratio ${(again / bare).toFixed(3)}`);
    console.log(`through the front with a certificate ${certificate} ms: ratio ${(certificate / bare).toFixed(3)}`);
    console.log(`through the front with a password of cost 10 ${password} ms: ratio ${(password / bare).toFixed(3)}`);
}

async function tryPasswords(suite: FrontSuite, seconds: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 200 });
    const answered = new Map<string, number>();
    const attempt = () =>
        new Promise<void>((resolve) => {
            const { headers } = basic("wrong");
            const options = {
                ...(suite.front.tls() as object),
                agent,
                path: "/api/v1/query?query=up",
                headers: { ...headers, host: NAME },
            };
            const count = (what: string) => {
                answered.set(what, (answered.get(what) ?? 0) + 1);
                resolve();
            };
            const asked = request(options, (response) => {
                response.resume();
                response.on("end", () => {
                    count(String(response.statusCode));
                });
            });
            asked.setTimeout(60_000, () => asked.destroy());
            asked.on("error", () => {
                count("no answer");
            });
            asked.end();
        });
    let sent = 0;
    const start = Date.now();
    for (let tick = 0; tick < seconds * 20; tick++) {
        for (let i = 0; i < PER_SECOND / 20; i++) {
            void attempt();
            sent++;
        }
        await sleep(Math.max(0, start + (tick + 1) * 50 - Date.now()));
    }
    const took = (Date.now() - start) / 1000;
    const gap = await longestGap(suite.vm, took);
    const [counted] = await query(suite.vm, `count_over_time(up{job="prometheus"}[${Math.floor(took)}s])`);
    console.log(
        `${sent} wrong passwords in ${took.toFixed(0)} s: ${counted?.value?.[1] ?? "no"} of ${Math.floor(took)} scrapes, ` +
            `at most ${gap.toFixed(2)} s apart (due every second)`,
    );
    console.log(`answered meanwhile: ${[...answered].map(([what, n]) => `${what} ${n} times`).join(", ")}`);
    agent.destroy();
}

async function main(): Promise<void> {
    const suite = new FrontSuite();
    try {
        await suite.begin("1s");
        await sleep(45_000); // until there are samples to ask for
        await compareWays(suite);
        await tryPasswords(suite, Number(process.argv[2] ?? 60));
    } finally {
        await suite.end();
    }
}

main().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
});
