// Between the messages of pulumirpc.ResourceProvider and the plain values of plugin.ts.
import * as grpc from "@grpc/grpc-js";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import {
    type CheckRequest,
    type CheckResult,
    type DiffRequest,
    type DiffResult,
    InitializationFailed,
    type ResourceRequest,
} from "./plugin";
import { decode, encode } from "./values";

/** The parts of a URN that matter here: `urn:pulumi:<stack>::<project>::<parent types$type>::<name>`. */
export function resource(request: { getUrn(): string; getName(): string; getType(): string }): ResourceRequest {
    const urn = request.getUrn();
    const [, , qualifiedType = "", ...name] = urn.split("::");
    return {
        urn,
        name: request.getName() || name.join("::"),
        type: request.getType() || qualifiedType.slice(qualifiedType.lastIndexOf("$") + 1),
    };
}

const autonamingModes = {
    [rpc.CheckRequest.AutonamingOptions.Mode.PROPOSE]: "propose",
    [rpc.CheckRequest.AutonamingOptions.Mode.ENFORCE]: "enforce",
    [rpc.CheckRequest.AutonamingOptions.Mode.DISABLE]: "disable",
} as const;

export function checkRequest(request: rpc.CheckRequest): CheckRequest {
    const autonaming = request.getAutonaming();
    return {
        ...resource(request),
        oldInputs: decode(request.getOlds()),
        inputs: decode(request.getNews()),
        randomSeed: request.getRandomseed_asU8(),
        autonaming: autonaming && {
            mode: autonamingModes[autonaming.getMode()],
            proposedName: autonaming.getProposedName(),
        },
    };
}

export function checkResponse({ inputs, failures = [] }: CheckResult): rpc.CheckResponse {
    return new rpc.CheckResponse()
        .setInputs(encode(inputs))
        .setFailuresList(
            failures.map(({ property, reason }) => new rpc.CheckFailure().setProperty(property).setReason(reason)),
        );
}

export function diffRequest(request: rpc.DiffRequest): DiffRequest {
    return {
        ...resource(request),
        id: request.getId(),
        oldInputs: decode(request.getOldInputs()),
        oldState: decode(request.getOlds()),
        inputs: decode(request.getNews()),
        ignoreChanges: request.getIgnorechangesList(),
    };
}

const diffKinds = {
    add: rpc.PropertyDiff.Kind.ADD,
    "add-replace": rpc.PropertyDiff.Kind.ADD_REPLACE,
    delete: rpc.PropertyDiff.Kind.DELETE,
    "delete-replace": rpc.PropertyDiff.Kind.DELETE_REPLACE,
    update: rpc.PropertyDiff.Kind.UPDATE,
    "update-replace": rpc.PropertyDiff.Kind.UPDATE_REPLACE,
};

export function diffResponse(result: DiffResult): rpc.DiffResponse {
    const { DIFF_NONE, DIFF_SOME } = rpc.DiffResponse.DiffChanges;
    const response = new rpc.DiffResponse()
        .setChanges(result.changes ? DIFF_SOME : DIFF_NONE)
        .setReplacesList([...(result.replaces ?? [])])
        .setStablesList([...(result.stables ?? [])])
        .setDiffsList([...(result.diffs ?? [])])
        .setDeletebeforereplace(result.deleteBeforeReplace ?? false)
        .setHasdetaileddiff(result.detailedDiff !== undefined);
    for (const [path, { kind, inputDiff }] of Object.entries(result.detailedDiff ?? {})) {
        response
            .getDetaileddiffMap()
            .set(path, new rpc.PropertyDiff().setKind(diffKinds[kind]).setInputdiff(inputDiff));
    }
    return response;
}

/** The status of a failed call. The engine finds a partly created resource in its details, which Node's gRPC does not pack itself. */
export function toServiceError(error: unknown): Partial<grpc.StatusObject> {
    const details = error instanceof Error ? error.message : String(error);
    const metadata = new grpc.Metadata();
    if (error instanceof InitializationFailed) {
        const failure = new rpc.ErrorResourceInitFailed()
            .setId(error.id)
            .setProperties(encode(error.state))
            .setInputs(encode(error.inputs))
            .setReasonsList([...error.reasons]);
        const any = new Any();
        any.pack(failure.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
        const status = new Status().setCode(grpc.status.UNKNOWN).setMessage(details).setDetailsList([any]);
        metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
    }
    return { code: grpc.status.UNKNOWN, details, metadata };
}
