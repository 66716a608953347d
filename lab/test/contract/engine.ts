// The part of the engine that a plugin calls back: the log.
import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { type LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

export interface LogMessage {
    readonly severity: "debug" | "info" | "warning" | "error";
    readonly message: string;
    /** Shown in the progress column only. */
    readonly status: boolean;
}

const names = {
    [LogSeverity.DEBUG]: "debug",
    [LogSeverity.INFO]: "info",
    [LogSeverity.WARNING]: "warning",
    [LogSeverity.ERROR]: "error",
} as const;

export class EngineStub {
    readonly logs: LogMessage[] = [];
    private readonly server = new grpc.Server();

    /** The address that plugins are given. */
    start(): Promise<string> {
        const log: grpc.handleUnaryCall<LogRequest, Empty> = ({ request }, callback) => {
            this.logs.push({
                severity: names[request.getSeverity()],
                message: request.getMessage(),
                status: request.getEphemeral(),
            });
            callback(null, new Empty());
        };
        this.server.addService(EngineService, { log });
        return new Promise((resolve, reject) => {
            this.server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
                if (error === null) {
                    resolve(`127.0.0.1:${port}`);
                } else {
                    reject(error);
                }
            });
        });
    }

    stop(): void {
        this.server.forceShutdown();
    }
}
