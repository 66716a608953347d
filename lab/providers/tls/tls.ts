// The stand-in for pulumi-tls v5.5.1: PrivateKey, CertRequest, SelfSignedCert and LocallySignedCert of terraform-provider-tls
// 4.x under pulumi-terraform-bridge v3.135.0.
import type { Plugin } from "../plugin";
import {
    type Plain,
    plainProperties,
    type Properties,
    refuseUnknownProperties,
    Secret,
    Unknown,
    type Value,
} from "../values";
import {
    type CertificateInputs,
    type Identity,
    locallySigned,
    newRequest,
    selfSigned,
    type Subject,
} from "./certificates";
import { type Algorithm, newPrivateKey, parsePrivateKey } from "./keys";
import { checkInputs, difference, isReadyForRenewal, plan } from "./plan";
import { type ResourceType, resourceTypes } from "./resources";

function resourceType(type: string): ResourceType {
    const known = resourceTypes[type];
    if (known === undefined) {
        throw new Error(`the lab's stand-in for tls implements ${Object.keys(resourceTypes).join(", ")}, not ${type}`);
    }
    return known;
}

/** The outputs of a new resource whose planned properties are all known. */
async function make(type: string, planned: Properties, warn: (message: string) => Promise<void>): Promise<Properties> {
    const given = Object.entries(plainProperties(planned)).filter(([, value]) => value !== null);
    const values: Record<string, Plain> = Object.fromEntries(given);
    const text = (name: string): string => values[name] as string;
    const identity = values as Identity & { subject?: Subject };
    const certificate = values as unknown as CertificateInputs;
    switch (type) {
        case "tls:index/privateKey:PrivateKey":
            return newPrivateKey(text("algorithm") as Algorithm, Number(values["rsaBits"]), text("ecdsaCurve"));
        case "tls:index/certRequest:CertRequest": {
            const key = parsePrivateKey(text("privateKeyPem"), "Failed to parse private key PEM");
            return { ...(await newRequest(key, identity)), keyAlgorithm: key.algorithm };
        }
        case "tls:index/selfSignedCert:SelfSignedCert": {
            const key = parsePrivateKey(text("privateKeyPem"), "Failed to parse private key PEM");
            return { ...(await selfSigned(key, identity, certificate, new Date())), keyAlgorithm: key.algorithm };
        }
        default: {
            const key = parsePrivateKey(text("caPrivateKeyPem"), "Failed to parse CA private key PEM");
            const warnings: Promise<void>[] = [];
            const issued = await locallySigned(
                key,
                text("caCertPem"),
                text("certRequestPem"),
                certificate,
                new Date(),
                () => {
                    warnings.push(
                        warn("Certificate provided as Authority does not appear to be a valid Certificate Authority."),
                    );
                },
            );
            await Promise.all(warnings);
            return { ...issued, caKeyAlgorithm: key.algorithm };
        }
    }
}

/** State as it is recorded: no nulls, what is secret marked, the schema's version where there is one. */
function recorded(type: ResourceType, state: Properties): Record<string, Value> {
    const entries = Object.entries(state).filter(([, value]) => value !== null);
    const secret = (name: string): boolean =>
        (type.inputs[name]?.secret ?? false) || (type.secretOutputs?.includes(name) ?? false);
    return Object.fromEntries(
        entries.map(([name, value]) => [name, secret(name) && !(value instanceof Secret) ? new Secret(value) : value]),
    );
}

function withSchemaVersion(type: ResourceType, state: Properties): Properties {
    return type.schemaVersion === undefined
        ? state
        : { ...state, __meta: JSON.stringify({ schema_version: String(type.schemaVersion) }) };
}

function ignoring(inputs: Properties, ignoreChanges: readonly string[], oldState: Properties): Properties {
    const kept = ignoreChanges.flatMap((name) => {
        const old = oldState[name];
        return old === undefined ? [] : [[name, old] as const];
    });
    return { ...inputs, ...Object.fromEntries(kept) };
}

export const tls: Plugin = {
    name: "tls",
    version: "5.5.1",

    checkConfig({ inputs }) {
        refuseUnknownProperties(inputs, ["version"], "the tls provider");
        return Promise.resolve({ inputs });
    },

    check({ type, inputs }) {
        return Promise.resolve(checkInputs(resourceType(type), inputs));
    },

    diff({ type, inputs, oldState, ignoreChanges }) {
        return Promise.resolve(
            difference(resourceType(type), ignoring(inputs, ignoreChanges, oldState), oldState, new Date()),
        );
    },

    async create({ type, urn, inputs, preview }, engine) {
        const known = resourceType(type);
        const planned = plan(known, inputs, undefined, new Date()).state;
        if (preview) {
            return { id: "", state: recorded(known, planned) };
        }
        const made = await make(type, planned, (message) => engine.log("warning", urn, message));
        const maxPathLength = planned["maxPathLength"];
        const state = {
            ...planned,
            // Nobody chose one, and the provider does not either.
            ...(maxPathLength instanceof Unknown ? { maxPathLength: null } : {}),
            ...made,
        };
        return { id: made["id"] as string, state: withSchemaVersion(known, recorded(known, state)) };
    },

    update({ type, inputs, oldState, ignoreChanges }) {
        const known = resourceType(type);
        const { state } = plan(known, ignoring(inputs, ignoreChanges, oldState), oldState, new Date());
        return Promise.resolve({ state: withSchemaVersion(known, recorded(known, state)) });
    },

    delete() {
        // There is nothing outside the state.
        return Promise.resolve();
    },

    read({ type, id, oldInputs, oldState }) {
        if (Object.keys(oldState).length === 0) {
            throw new Error("Resource Import Not Implemented: This resource does not support import.");
        }
        const ready = resourceType(type).certificate && isReadyForRenewal(oldState, new Date());
        return Promise.resolve({
            id,
            inputs: oldInputs,
            state: ready ? { ...oldState, readyForRenewal: true } : oldState,
        });
    },
};
