/**
 * The VM's way to Debian's packages: GET /HOST/PATH is fetched from this machine's own apt sources, and from nowhere else.
 * Arguments: address, port, and the URIs that may be fetched from.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";

const [address, port, ...uris] = process.argv.slice(2);

/** The URL that a request path stands for; undefined when it lies outside all sources. */
function origin(path: string): string | undefined {
    const wanted = new URL(`http:/${path}`);
    for (const uri of uris) {
        const source = new URL(uri);
        if (wanted.host === source.host && wanted.pathname.startsWith(source.pathname)) {
            return source.protocol + "//" + source.host + wanted.pathname;
        }
    }
    return undefined;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.method === "GET" ? origin(request.url ?? "/") : undefined;
    if (url === undefined) {
        response.writeHead(403).end("only GET below this machine's apt sources\n");
        return;
    }
    // apt resumes by Range and asks for changes by If-Modified-Since; its archives must arrive byte for byte.
    const headers: Record<string, string> = { "accept-encoding": "identity" };
    for (const name of ["range", "if-range", "if-modified-since", "cache-control"]) {
        const value = request.headers[name];
        if (typeof value === "string") {
            headers[name] = value;
        }
    }
    const fetched = await fetch(url, { headers });
    const passed: Record<string, string> = {};
    for (const name of ["content-length", "content-range", "content-type", "last-modified", "accept-ranges"]) {
        const value = fetched.headers.get(name);
        if (value !== null) {
            passed[name] = value;
        }
    }
    response.writeHead(fetched.status, passed);
    if (fetched.body === null) {
        response.end();
        return;
    }
    await pipeline(fetched.body, response);
}

createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
        console.error(request.url, error);
        if (!response.headersSent) {
            response.writeHead(502);
        }
        response.end();
    });
}).listen(Number(port), address);
