import { flushCompileCache } from "node:module";
import * as grpc from "@grpc/grpc-js";
import { type PluginAttach, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { EngineConnection } from "./engine";
import { checkRequest, checkResponse, diffRequest, diffResponse, resource, toServiceError } from "./messages";
import type { Plugin } from "./plugin";
import { decode, encode } from "./values";

type Unary<Request, Response> = (request: Request) => Promise<Response>;

/** An RPC as an async function; whatever it throws becomes the status of the call. */
function unary<Request, Response>(call: Unary<Request, Response>): grpc.handleUnaryCall<Request, Response> {
    return ({ request }, callback) => {
        call(request).then(
            (response) => {
                callback(null, response);
            },
            (error: unknown) => {
                callback(toServiceError(error));
            },
        );
    };
}

/** Serves a stand-in to the engine whose address is the last argument. The port on standard output is the engine's signal to go on. */
export function serve(implementation: Plugin): void {
    const { name } = implementation;
    if (!process.env["EXTERNAL_PROMETHEUS_LAB"]) {
        process.stderr.write(
            `pulumi-resource-${name}: this is the lab's stand-in for the ${name} provider; it runs inside the lab only. ` +
                `Install the official plugin for other stacks: pulumi plugin install resource ${name} v${implementation.version}\n`,
        );
        process.exit(1);
    }
    const engine = new EngineConnection();
    engine.connect(process.argv[2] ?? "");
    exitWithTheEngine();

    const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
    server.addService(ResourceProviderService, {
        ...lifecycle(implementation, engine),
        ...configuration(implementation, engine),
        ...resources(implementation, engine),
    });
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error !== null) {
            process.stderr.write(`pulumi-resource-${name}: no port on 127.0.0.1 to listen on: ${error.message}\n`);
            process.exit(1);
        }
        process.stdout.write(`${port}\n`);
    });
}

/** An engine that was killed does not stop its plugins: they would stay for ever. */
function exitWithTheEngine(): void {
    const parent = process.ppid;
    setInterval(() => {
        if (process.ppid !== parent) {
            process.exit(0);
        }
    }, 1000).unref();
}

function lifecycle({ name, version }: Plugin, engine: EngineConnection): grpc.UntypedServiceImplementation {
    return {
        handshake: unary<rpc.ProviderHandshakeRequest, rpc.ProviderHandshakeResponse>((request) => {
            engine.connect(request.getEngineAddress());
            return Promise.resolve(new rpc.ProviderHandshakeResponse().setAcceptSecrets(true));
        }),
        attach: unary<PluginAttach, Empty>((request) => {
            engine.connect(request.getAddress());
            return Promise.resolve(new Empty());
        }),
        cancel: unary<Empty, Empty>(() => {
            engine.cancel();
            // The engine kills its plugins right after this, and Node keeps what it has compiled only at an orderly end.
            flushCompileCache();
            return Promise.resolve(new Empty());
        }),
        getPluginInfo: unary<Empty, PluginInfo>(() => Promise.resolve(new PluginInfo().setVersion(version))),
        getSchema: unary<rpc.GetSchemaRequest, rpc.GetSchemaResponse>(() =>
            Promise.resolve(new rpc.GetSchemaResponse().setSchema(JSON.stringify({ name, version }))),
        ),
    };
}

function configuration(implementation: Plugin, engine: EngineConnection): grpc.UntypedServiceImplementation {
    return {
        checkConfig: unary<rpc.CheckRequest, rpc.CheckResponse>(async (request) => {
            const decoded = checkRequest(request);
            return checkResponse((await implementation.checkConfig?.(decoded, engine)) ?? { inputs: decoded.inputs });
        }),
        diffConfig: unary<rpc.DiffRequest, rpc.DiffResponse>(async (request) =>
            diffResponse((await implementation.diffConfig?.(diffRequest(request), engine)) ?? { changes: false }),
        ),
        configure: unary<rpc.ConfigureRequest, rpc.ConfigureResponse>(async (request) => {
            await implementation.configure?.(decode(request.getArgs()), engine);
            return new rpc.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true);
        }),
    };
}

function resources(implementation: Plugin, engine: EngineConnection): grpc.UntypedServiceImplementation {
    return {
        check: unary<rpc.CheckRequest, rpc.CheckResponse>(async (request) =>
            checkResponse(await implementation.check(checkRequest(request), engine)),
        ),
        diff: unary<rpc.DiffRequest, rpc.DiffResponse>(async (request) =>
            diffResponse(await implementation.diff(diffRequest(request), engine)),
        ),
        create: unary<rpc.CreateRequest, rpc.CreateResponse>(async (request) => {
            const { id, state } = await implementation.create(
                {
                    ...resource(request),
                    inputs: decode(request.getProperties()),
                    timeout: request.getTimeout(),
                    preview: request.getPreview(),
                },
                engine,
            );
            return new rpc.CreateResponse().setId(id).setProperties(encode(state));
        }),
        update: unary<rpc.UpdateRequest, rpc.UpdateResponse>(async (request) => {
            const { state } = await implementation.update(
                {
                    ...resource(request),
                    id: request.getId(),
                    oldInputs: decode(request.getOldInputs()),
                    oldState: decode(request.getOlds()),
                    inputs: decode(request.getNews()),
                    timeout: request.getTimeout(),
                    preview: request.getPreview(),
                    ignoreChanges: request.getIgnorechangesList(),
                },
                engine,
            );
            return new rpc.UpdateResponse().setProperties(encode(state));
        }),
        delete: unary<rpc.DeleteRequest, Empty>(async (request) => {
            await implementation.delete(
                {
                    ...resource(request),
                    id: request.getId(),
                    oldInputs: decode(request.getOldInputs()),
                    oldState: decode(request.getProperties()),
                    timeout: request.getTimeout(),
                },
                engine,
            );
            return new Empty();
        }),
        read: unary<rpc.ReadRequest, rpc.ReadResponse>(async (request) => {
            const { id, inputs, state } = await implementation.read(
                {
                    ...resource(request),
                    id: request.getId(),
                    oldInputs: decode(request.getInputs()),
                    oldState: decode(request.getProperties()),
                    timeout: request.getTimeout(),
                },
                engine,
            );
            return new rpc.ReadResponse().setId(id).setInputs(encode(inputs)).setProperties(encode(state));
        }),
    };
}
