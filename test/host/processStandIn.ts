import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { PrometheusStandIn } from "./prometheusStandIn";

/** Milliseconds that a process of `dies-later` or `replays` takes to it. */
const SOON = 700;
const DATA = "usr/local/var/lib/prometheus";

/**
 * Plays the process of the one service that a machine runs: Prometheus, with what that answers, or a companion. A word in
 * the program's text, behind `# `, says what becomes of it: `cannot-run` is refused by the kernel, `dies` ends at once,
 * `dies-later` when it was ready, `hangs` answers nothing, `replays` is not ready for a while, `replays-for-ever` never.
 * One that `compacts` first makes another block of those that it finds.
 */
export class ProcessStandIn {
    private program = "prometheus";
    private text = "";
    private starts = 0;
    private startedAt = 0;
    private successful = 1;
    private loadedAt = 0;

    constructor(
        private readonly root: string,
        private readonly prometheus: PrometheusStandIn,
    ) {}

    public readonly answer = (request: IncomingMessage, response: ServerResponse): void => {
        const { pathname, searchParams } = new URL(request.url ?? "/", "http://machine");
        switch (pathname) {
            case "/test/start":
                response.statusCode = this.start(searchParams.get("unit") ?? "") ? 200 : 500;
                break;
            case "/test/stop":
                this.stop();
                break;
            case "/test/reload":
                this.load();
                break;
            default:
                this.serve(pathname, request, response);
                return;
        }
        response.end();
    };

    private serve(pathname: string, request: IncomingMessage, response: ServerResponse): void {
        if (!existsSync(this.path("running")) || this.does("hangs")) {
            request.socket.destroy();
        } else if (pathname === "/api/v1/status/walreplay") {
            const current = this.isReplaying() ? 1 : 2;
            response.end(JSON.stringify({ status: "success", data: { min: 0, max: 2, current } }));
        } else if (this.isReplaying()) {
            response.statusCode = 503;
            response.end();
        } else if (this.program === "prometheus") {
            this.prometheus.answer(request, response);
        } else {
            response.end(this.metrics());
        }
    }

    /** What a companion answers to everything. */
    private metrics(): string {
        const version = /, version (\S+)/.exec(this.text)?.[1] ?? "";
        return [
            `${this.program}_build_info{goversion="go1.26.8",version="${version}"} 1`,
            `${this.program}_config_last_reload_successful ${this.successful}`,
            `${this.program}_config_last_reload_success_timestamp_seconds ${this.loadedAt}`,
            "",
        ].join("\n");
    }

    private start(unit: string): boolean {
        this.stop();
        this.program = unit.replace(/\.service$/, "");
        const binary = realpathSync(this.path(`usr/local/${this.program}/${this.program}`));
        this.text = readFileSync(binary, "utf8");
        if (this.does("cannot-run")) {
            return false;
        }
        if (this.does("dies")) {
            return true;
        }
        const pid = String(1000 + ++this.starts);
        this.startedAt = Date.now();
        mkdirSync(this.path(`proc/${pid}`), { recursive: true });
        symlinkSync(binary, this.path(`proc/${pid}/exe`));
        writeFileSync(this.path(`proc/${pid}/status`), "Uid:\t0\t0\t0\t0\n");
        const [, command = ""] =
            /^ExecStart=(.*)$/m.exec(readFileSync(this.path(`etc/systemd/system/${unit}`), "utf8")) ?? [];
        writeFileSync(this.path(`proc/${pid}/cmdline`), command.replaceAll(/$| /g, "\0"));
        writeFileSync(this.path("running"), pid);
        const units = this.path("run/systemd/units");
        mkdirSync(units, { recursive: true });
        rmSync(join(units, `invocation:${unit}`), { force: true });
        symlinkSync(`start-${pid}`, join(units, `invocation:${unit}`));
        this.load();
        if (this.does("dies-later")) {
            setTimeout(this.stop, SOON);
        }
        return true;
    }

    private readonly stop = (): void => {
        rmSync(this.path("running"), { force: true });
    };

    private load(): void {
        if (this.program === "prometheus") {
            mkdirSync(this.path(`${DATA}/wal`), { recursive: true });
            if (this.does("compacts")) {
                rmSync(this.path(`${DATA}/old-block`), { recursive: true, force: true });
                mkdirSync(this.path(`${DATA}/new-block`), { recursive: true });
                writeFileSync(this.path(`${DATA}/wal/00000001`), "of another version");
            }
            this.prometheus.load();
            return;
        }
        const file = this.path(`usr/local/etc/${this.program}/${this.program}.yml`);
        this.successful = existsSync(file) && readFileSync(file, "utf8").includes("reload-refuses") ? 0 : 1;
        if (this.successful === 1) {
            this.loadedAt = Date.now() / 1000;
        }
    }

    private isReplaying(): boolean {
        return this.does("replays-for-ever") || (this.does("replays") && Date.now() < this.startedAt + SOON);
    }

    private does(word: string): boolean {
        return this.text.split("\n").includes(`# ${word}`);
    }

    private path(relative: string): string {
        return join(this.root, relative);
    }
}
