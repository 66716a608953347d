import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";

/**
 * How a file is served, request by request.
 * - `ok`: as it is.
 * - `truncated`: announced in full, cut off at half.
 * - `corrupt`: one byte in the middle is another.
 * - `missing`: 404, with a page in HTML.
 * - `flaky`: 500 twice, then `ok`.
 * - `trickle`: announced in full, then five bytes a second for ever.
 * - `silent`: the request is taken and never answered.
 * - `late`: `ok`, by a clock that is ten minutes behind.
 * - `{ redirect }`: 302 to that URL.
 */
export type Behaviour =
    | "ok"
    | "truncated"
    | "corrupt"
    | "missing"
    | "flaky"
    | "trickle"
    | "silent"
    | "late"
    | { readonly redirect: string };

interface Offer {
    readonly body: Buffer;
    readonly behaviour: Behaviour;
    requests: number;
}

/** This machine's address in the lab, where every VM reaches it. */
const ADDRESS = "10.98.0.2";

/** A mirror that misbehaves as it is told, inside the test's own process. */
export class ReleaseServer {
    private readonly offers = new Map<string, Offer>();

    private constructor(private readonly server: Server) {}

    static async start(): Promise<ReleaseServer> {
        const server = createServer();
        const mirror = new ReleaseServer(server);
        server.on("request", (request: IncomingMessage, response: ServerResponse) => {
            mirror.answer(request, response);
        });
        await new Promise<void>((resolve, reject) => {
            server.once("error", reject).listen(0, ADDRESS, resolve);
        });
        return mirror;
    }

    /** The URL under which the file is served; each call gives another one, which ends in the file's own name. */
    serve(file: string, behaviour: Behaviour): string {
        const path = `/${String(this.offers.size + 1)}/${basename(file)}`;
        this.offers.set(path, { body: readFileSync(file), behaviour, requests: 0 });
        return `http://${ADDRESS}:${String((this.server.address() as AddressInfo).port)}${path}`;
    }

    /** How often a URL was asked for. */
    requests(url: string): number {
        return this.offers.get(new URL(url).pathname)?.requests ?? 0;
    }

    /** Ends it, and whoever still waits for an answer. */
    async stop(): Promise<void> {
        const closed = new Promise((resolve) => this.server.close(resolve));
        this.server.closeAllConnections();
        await closed;
    }

    private answer(request: IncomingMessage, response: ServerResponse): void {
        const offer = this.offers.get(request.url ?? "");
        if (offer === undefined) {
            notFound(response);
            return;
        }
        offer.requests += 1;
        const { body, behaviour, requests } = offer;
        if (typeof behaviour === "object") {
            response.writeHead(302, { location: behaviour.redirect }).end();
            return;
        }
        switch (behaviour) {
            case "missing":
                notFound(response);
                return;
            case "silent":
                return;
            case "trickle":
                trickle(response, body);
                return;
            case "truncated":
                response.writeHead(200, { "content-length": body.length });
                response.write(body.subarray(0, body.length / 2), () => response.destroy());
                return;
            case "flaky":
                if (requests <= 2) {
                    response.writeHead(500).end("try again\n");
                    return;
                }
                send(response, body);
                return;
            case "corrupt":
                send(response, changed(body));
                return;
            case "late":
                response.setHeader("date", new Date(Date.now() - 600_000).toUTCString());
                send(response, body);
                return;
            case "ok":
                send(response, body);
        }
    }
}

function send(response: ServerResponse, body: Buffer): void {
    response.writeHead(200, { "content-length": body.length }).end(body);
}

function notFound(response: ServerResponse): void {
    const page = "<!doctype html><html><head><title>404</title></head><body>No such release.</body></html>\n";
    response.writeHead(404, { "content-type": "text/html" }).end(page);
}

function trickle(response: ServerResponse, body: Buffer): void {
    response.writeHead(200, { "content-length": body.length });
    let sent = 0;
    const timer = setInterval(() => {
        response.write(body.subarray(sent, sent + 5));
        sent += 5;
    }, 1000);
    response.on("close", () => {
        clearInterval(timer);
    });
}

/** The same but for one bit in the middle, which no checksum on the way notices. */
function changed(body: Buffer): Buffer {
    const copy = Buffer.from(body);
    const middle = Math.floor(copy.length / 2);
    copy.writeUInt8(copy.readUInt8(middle) ^ 1, middle);
    return copy;
}
