import { describe, expect, it } from "vitest";
import type { BundleFile } from "../../host/bundle";
import { renewalFindings } from "../../operate/driftRenewal";
import type { Facts } from "../../operate/driftFacts";
import type { DeclaredProgram } from "../../operate/declared";
import { foundWith, timedRecords } from "./timed";

const FOLDER = "usr/local/lib/external-prometheus/renewal";
const TOKENS = "usr/local/var/lib/external-prometheus/tokens/lab";
const SYSTEMD = "etc/systemd/system/external-prometheus-tokens";
const FILES: readonly BundleFile[] = [
    { path: "renew-tokens", mode: "0755", content: "a program\n" },
    { path: "external-prometheus-tokens.service", mode: "0644", content: "a unit\n" },
    { path: "external-prometheus-tokens.timer", mode: "0644", content: "a timer\n" },
    { path: "clusters/lab/accounts", mode: "0600", content: "discovery https://a\nkubelet https://b\n" },
    { path: "clusters/lab/authorization", mode: "0600", content: "Authorization: Bearer canary\n" },
];

function program(renewal: readonly BundleFile[]): DeclaredProgram {
    return { name: "prometheus", address: "", health: "", steps: {}, credentials: [], renewal };
}

const RECORDS = [
    ...["", "/clusters", "/clusters/lab"].map((path) => `entry d 700 root:root 1 1 ${FOLDER}${path}`),
    ...timedRecords(FOLDER, "external-prometheus-tokens", FILES),
    ...["discovery", "kubelet"].map((purpose) => `entry f 640 root:prometheus 1 1 ${TOKENS}/${purpose}.token`),
];

function found(renewal: readonly BundleFile[], pattern?: RegExp, replacement?: string): string[] {
    const look = (facts: Facts) => renewalFindings([program(renewal)], facts);
    return foundWith(RECORDS, "credentials", look, pattern, replacement);
}

describe("what gets tokens on the VM", () => {
    it("is as declared", () => {
        expect(found(FILES)).toEqual([]);
    });

    it.each<[RegExp, string | undefined, string]>([
        [/^(entry|sum) .*renew-tokens$/, undefined, `/${FOLDER}/renew-tokens: missing, not a file`],
        [
            /^sum \S+ {2}(.*authorization)/,
            "sum 00  $1",
            `/${FOLDER}/clusters/lab/authorization: content differs, not as deployed`,
        ],
        [
            /f 600 (.*authorization)/,
            "f 644 $1",
            `/${FOLDER}/clusters/lab/authorization: 0644 root:root, not 0600 root:root`,
        ],
        [/^sum \S+ {2}(.*tokens\.timer)/, "sum 00  $1", `/${SYSTEMD}.timer: content differs, not as deployed`],
        [/.*kubelet\.token$/, undefined, `/${TOKENS}/kubelet.token: missing, not a file`],
        [
            /f 640 (.*kubelet\.token)$/,
            "f 644 $1",
            `/${TOKENS}/kubelet.token: 0644 root:prometheus, not 0640 root:prometheus`,
        ],
        [
            /ActiveState=active/,
            "ActiveState=inactive",
            "external-prometheus-tokens.timer: loaded, inactive, enabled, not loaded, active, enabled",
        ],
        [
            /UnitFileState=enabled/,
            "UnitFileState=disabled",
            "external-prometheus-tokens.timer: loaded, active, disabled, not loaded, active, enabled",
        ],
        [
            /^machine-id 1$/,
            `$&\nentry f 600 root:root 1 1 ${FOLDER}/clusters/old/authorization`,
            `/${FOLDER}/clusters/old/authorization: there, not -`,
        ],
    ])("is seen to differ: %s", (pattern, replacement, line) => {
        expect(found(FILES, pattern, replacement)).toEqual([line]);
    });

    it("is seen where none is declared", () => {
        expect(found([])).toEqual(
            expect.arrayContaining([`/${FOLDER}/renew-tokens: there, not -`, `/${SYSTEMD}.timer: there, not -`]),
        );
    });
});
