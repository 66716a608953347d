import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import type { Engine } from "./plugin";

const severities = {
    debug: LogSeverity.DEBUG,
    info: LogSeverity.INFO,
    warning: LogSeverity.WARNING,
    error: LogSeverity.ERROR,
};

/** The engine that started this plugin. Its address comes from the command line, or later by Handshake or Attach. */
export class EngineConnection implements Engine {
    private client: EngineClient | undefined;
    private readonly controller = new AbortController();
    readonly cancelled = this.controller.signal;

    connect(address: string): void {
        if (address !== "") {
            this.client?.close();
            this.client = new EngineClient(address, grpc.credentials.createInsecure());
        }
    }

    cancel(): void {
        this.controller.abort(new Error("the operation was cancelled"));
    }

    log: Engine["log"] = (severity, urn, message, options) =>
        new Promise((resolve) => {
            const request = new LogRequest();
            request.setSeverity(severities[severity]);
            request.setUrn(urn);
            request.setMessage(message);
            request.setEphemeral(options?.status ?? false);
            if (this.client === undefined) {
                resolve();
            } else {
                // A message that cannot be shown must not fail the step that it tells about.
                this.client.log(request, () => {
                    resolve();
                });
            }
        });
}
