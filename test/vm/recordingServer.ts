import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, decode, encode } from "dns-packet";

/** This machine's address in the lab, where every VM reaches it. */
const ADDRESS = "10.98.0.2";

/** An HTTP server that is a target of each path, lists targets, and is a proxy as well; it remembers who showed what. */
export class RecordingServer {
    /** What was last shown to each path in the header `Authorization`; through a proxy the path is a whole URL. */
    readonly shown = new Map<string, string>();
    /** What each path answers; `/missing` is not found, and the others answer with one series. */
    readonly answers = new Map<string, string>();

    private constructor(private readonly server: Server) {}

    static async start(): Promise<RecordingServer> {
        const server = createServer();
        const recording = new RecordingServer(server);
        server.on("request", (request: IncomingMessage, response) => {
            const path = request.url ?? "";
            recording.shown.set(path, shownBy(request));
            if (path.startsWith("/list")) {
                response.setHeader("content-type", "application/json");
                response.end(JSON.stringify([recording.target("listed")]));
            } else if (path === "/missing") {
                response.writeHead(404).end();
            } else {
                // Without a type, as some exporters have it.
                response.end(recording.answers.get(path) ?? "seen 1\n");
            }
        });
        await once(server.listen(0, ADDRESS), "listening");
        return recording;
    }

    get port(): number {
        return (this.server.address() as AddressInfo).port;
    }

    get address(): string {
        return `${ADDRESS}:${this.port}`;
    }

    /** As a list names it that would have it be of a cluster, and of a job there. */
    target(path: string): object {
        const labels = { cluster: "lab", job: "kubernetes-nodes", __metrics_path__: `/${path}` };
        return { targets: [this.address], labels };
    }

    async stop(): Promise<void> {
        this.server.closeAllConnections();
        await once(this.server.close(), "close");
    }
}

function shownBy({ headers }: IncomingMessage): string {
    const [scheme = "", text = ""] = (headers.authorization ?? "nothing").split(" ");
    return scheme === "Basic" ? atob(text) : `${scheme} ${text}`.trim();
}

/** A DNS server that knows these names and no others. */
export async function dnsServer(answers: readonly Answer[]): Promise<Socket> {
    const socket = createSocket("udp4");
    socket.on("message", (message, from) => {
        const { id, questions = [] } = decode(message);
        const found = answers.filter(({ name, type }) => {
            return questions.some((asked) => asked.name.replace(/\.$/, "") === name && asked.type === type);
        });
        socket.send(encode({ type: "response", id, questions, answers: found }), from.port, from.address);
    });
    socket.bind(53, ADDRESS);
    await once(socket, "listening");
    return socket;
}
