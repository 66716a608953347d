import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as yaml from "js-yaml";
import { loadConfig } from "../../config/load";
import type { StackConfig } from "../../config/schema";

/** Keys of the namespace and their values, as a stack's file holds them. */
export type Keys = Record<string, unknown>;

const EXAMPLE = readFileSync(join(__dirname, "../../Pulumi.dev.yaml"), "utf8");

/** A fresh copy of the example's plain keys, to be changed by a test. */
export function exampleKeys(): Record<string, Record<string, unknown>> {
    const { config } = yaml.load(EXAMPLE) as { config: Record<string, Record<string, unknown>> };
    return Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace(/^[^:]+:/, ""), value]));
}

/** The example with other values at some paths; undefined removes what is there. */
export function changed(changes: Keys): Keys {
    const keys = exampleKeys();
    for (const [path, value] of Object.entries(changes)) {
        const names = path.split(".");
        const last = names.pop() ?? "";
        const parent = names.reduce<Keys>((at, name) => at[name] as Keys, keys);
        if (value === undefined) {
            Reflect.deleteProperty(parent, last);
        } else {
            parent[last] = value;
        }
    }
    return keys;
}

/** A private key nobody uses: an Ed25519 key in PKCS #8 whose secret half is all the letter `Z`. */
export const PRIVATE_KEY = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIFpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpa
-----END PRIVATE KEY-----
`;

export const KUBECONFIG = `apiVersion: v1
kind: Config
current-context: admin
clusters:
  - name: staging
    cluster: { server: "https://k8s.staging.example.com:6443" }
contexts:
  - name: admin
    context: { cluster: staging, user: admin }
users:
  - name: admin
    user: { token: LIFTED-FROM-A-KUBECONFIG }
`;

export const SECRETS = { vmPrivateKey: PRIVATE_KEY, kubeconfigs: { staging: KUBECONFIG } };

/** Sets a stack's configuration as the engine hands it over, without what is undefined, and loads it. */
export function load(plain: Keys, secret: Keys = SECRETS, foreign: Record<string, string> = {}): StackConfig {
    const qualified = (keys: Keys) =>
        Object.entries(keys)
            .filter(([, value]) => value !== undefined)
            .map(([name, value]): [string, string] => [
                `external-prometheus:${name}`,
                typeof value === "string" ? value : JSON.stringify(value),
            ]);
    pulumi.runtime.setAllConfig(
        { ...Object.fromEntries([...qualified(plain), ...qualified(secret)]), ...foreign },
        qualified(secret).map(([key]) => key),
    );
    return loadConfig();
}

/** The message with which a configuration is refused. */
export function refusal(plain: Keys, secret: Keys = SECRETS): string {
    try {
        load(plain, secret);
    } catch (error) {
        if (pulumi.RunError.isInstance(error)) {
            return error.message;
        }
        throw error;
    }
    throw new Error("the configuration was accepted");
}
