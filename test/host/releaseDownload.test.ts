import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { Machine } from "./machine";

/** Limits that a test can wait for: seconds, and KiB. */
const QUICK = { pause: "0", slow: "1", longest: "20" };

type Answer = (response: ServerResponse, tarball: Buffer, request: IncomingMessage) => void;

/**
 * A machine, and its release 9.9.9 at a server that answers the first request by the first of the answers, and so on; the
 * last one is repeated. `asked` counts.
 */
async function served(...answers: Answer[]) {
    const machine = await Machine.prepared();
    const release = machine.release("9.9.9");
    const tarball = readFileSync(machine.path("9.9.9.tar.gz"));
    const seen = { asked: 0 };
    const server = createServer((request, response) => {
        const answer = answers[Math.min(seen.asked, answers.length - 1)];
        seen.asked += 1;
        answer?.(response, tarball, request);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
        server.closeAllConnections();
        server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/p.tar.gz`;
    return { machine, release: { ...QUICK, ...release, url_amd64: url }, seen };
}

const whole: Answer = (response, tarball) => response.end(tarball);
const cut: Answer = (response, tarball) => {
    response.setHeader("Content-Length", tarball.length);
    response.write(tarball.subarray(0, 100), () => response.destroy());
};

function status(code: number): Answer {
    return (response) => {
        response.statusCode = code;
        response.end("<h1>no</h1>");
    };
}

function to(location: string): Answer {
    return (response) => {
        response.writeHead(302, { location });
        response.end();
    };
}

function at(date: Date, headers: Record<string, string> = {}): Answer {
    return (response, tarball) => {
        response.writeHead(200, { date: date.toUTCString(), ...headers });
        response.end(tarball);
    };
}

it.each([
    ["answers at once", [whole], 1],
    ["fails twice with 500", [status(500), status(500), whole], 3],
    ["is asked too often", [status(429), whole], 2],
    ["breaks off twice", [cut, cut, whole], 3],
    ["hangs up twice", [(response: ServerResponse) => response.destroy(), whole], 2],
] satisfies [string, Answer[], number][])("takes a release from a server that %s", async (_what, answers, asked) => {
    const { machine, release, seen } = await served(...answers);
    await machine.succeed("release", release);
    expect(seen.asked).toBe(asked);
});

it("follows to another host, since the sum decides", async () => {
    const elsewhere = await served(whole);
    const { machine, release } = await served(to(elsewhere.release.url_amd64));
    await machine.succeed("release", release);
});

it.each([
    ["404", [status(404)], 1, /could not download http:\S+: curl: \(22\) .* 404; nothing was installed/],
    ["500, again and again", [status(500)], 4, /curl: \(22\) .* 500; nothing was installed/],
    ["half of it, again and again", [cut], 4, /curl: \(18\) /],
    [
        "one byte that is wrong",
        [
            (response: ServerResponse, tarball: Buffer) => {
                tarball[tarball.length - 1] = 1 ^ (tarball.at(-1) ?? 0);
                response.end(tarball);
            },
        ],
        1,
        /wrong sha256 of http:/,
    ],
    [
        "a page instead",
        [(response: ServerResponse) => response.end("<h1>Sorry")],
        1,
        /begins with: <h1>Sorry\n.*wrong sha256/,
    ],
    ["a file of the VM's own", [to("file:///etc/passwd")], 4, /could not download http:\S+: curl: \(1\) /],
] satisfies [string, Answer[], number, RegExp][])(
    "refuses %s, and leaves nothing",
    async (_what, answers, asked, message) => {
        const { machine, release, seen } = await served(...answers);
        const before = machine.tree("usr/local");
        const ran = await machine.run("release", release);
        expect(ran.stderr).toMatch(message);
        expect(ran.code).toBe(1);
        expect(seen.asked).toBe(asked);
        expect(machine.tree("usr/local")).toEqual(before);
    },
);

it("gives up on a server that trickles", async () => {
    const trickle: Answer = (response) => {
        const timer = setInterval(() => response.write("x"), 50);
        response.on("close", () => {
            clearInterval(timer);
        });
    };
    const { machine, release, seen } = await served(trickle);
    const began = Date.now();
    const ran = await machine.run("release", release);
    expect(ran.stderr).toMatch(/curl: \(28\) Operation too slow/);
    expect(seen.asked).toBe(4);
    expect(Date.now() - began).toBeLessThan(15_000);
});

it("gives up after all tries together have taken long enough", async () => {
    const { machine, release, seen } = await served(() => undefined);
    const ran = await machine.run("release", { ...release, slow: "100", longest: "2" });
    expect(ran.stderr).toMatch(/curl: \(28\) Operation timed out/);
    expect(seen.asked).toBe(1);
});

it("does not fill the disk with what is no release", async () => {
    const { machine, release, seen } = await served((response) => response.end(Buffer.alloc(3_000_000)));
    const before = machine.tree("usr/local");
    const ran = await machine.run("release", { ...release, largest: "2000" });
    expect(ran.stderr).toMatch(/could not download http:\S+: curl: \(23\)/);
    expect(seen.asked).toBe(1);
    expect(machine.tree("usr/local")).toEqual(before);
});

it.each([
    ["an hour behind", -3600],
    ["two minutes ahead", 120],
])("refuses a VM whose clock is not that of the server, which is %s", async (_what, off) => {
    const { machine, release } = await served(at(new Date(Date.now() + off * 1000)));
    const before = machine.tree("usr/local");
    const ran = await machine.run("release", release);
    expect(ran.stderr).toMatch(
        /the VM's clock says \d{4}-\d\d-\d\dT\S+Z, but the server of http:\S+ says \S+Z, \d+ s apart;.*chronyc makestep/,
    );
    expect(machine.tree("usr/local")).toEqual(before);
});

it("knows the age of an answer that a cache has kept, and takes one that has no date", async () => {
    const old = at(new Date(Date.now() - 3600_000), { age: "3600" });
    const undated: Answer = (response, tarball) => {
        response.sendDate = false;
        response.end(tarball);
    };
    for (const answer of [old, undated]) {
        const { machine, release } = await served(answer);
        await machine.succeed("release", release);
    }
});
