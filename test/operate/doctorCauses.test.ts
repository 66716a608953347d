import { describe, expect, it } from "vitest";
import { CREDENTIALS_DIRECTORY } from "../../config/prometheus/credentials";
import { RENEWAL_HOME } from "../../host/renewal";
import { diagnose } from "../../operate/doctorCauses";
import type { Attempt } from "../../operate/doctorPlan";

// What the doctor makes of answers; and what curl was seen to say in networks that no test has here; the rest is in doctorScript.test.ts.

const ATTEMPT: Attempt = {
    ...{ cluster: "eu", job: "kubernetes-apiservers-static", path: "direct", instance: "k8s.example.com:6443" },
    ...{ url: "https://k8s.example.com:6443/metrics/slis", client: {}, lastError: "" },
};

it.each([
    [
        "Resolving timed out after 5000 milliseconds",
        "DNS: nobody tells the VM the address of k8s.example.com in time",
        /resolver.* port 53/,
    ],
    [
        "Connection timed out after 5001 milliseconds",
        "no route: the VM reaches nobody there",
        /let the VM reach port 6443/,
    ],
    [
        "Operation timed out after 10001 milliseconds with 0 bytes received",
        "no whole answer within 10 s",
        /NetworkPolicy/,
    ],
])("tells by the words of a timeout what it was waited for: %s", (said, result, remedy) => {
    const found = diagnose(ATTEMPT, { exit: 28, status: undefined, samples: 0, error: `curl: (28) ${said}`, head: "" });
    expect(found.result).toBe(result);
    expect(found.remedy).toMatch(remedy);
});

describe("credentials that are not accepted", () => {
    const refused = (changes: Partial<Attempt>) => {
        return diagnose(
            { ...ATTEMPT, ...changes },
            { exit: 0, status: 401, samples: 0, error: "", head: "Unauthorized" },
        );
    };
    const token = (folder: string) => ({ authorization: { credentials_file: `${folder}/eu/kubelet.token` } });
    const [given, renewed] = [token(CREDENTIALS_DIRECTORY), token(`${RENEWAL_HOME}/tokens`)];
    const password = { basic_auth: { username: "u", password_file: "/p" } };

    it.each([
        [
            "the stack",
            "coredns",
            given,
            /^deploy the stack that has made eu's side, then this one: the token has expired/,
        ],
        ["the stack", "kubernetes-nodes", given, /^the kubelets must ask the API server .*; else deploy the stack/],
        ["the VM itself", "coredns", renewed, /^'journalctl -u external-prometheus-tokens' on the VM tells why/],
        ["the VM itself", "kubernetes-nodes", renewed, /; else 'journalctl -u external-prometheus-tokens' on the VM/],
        ["people", "coredns", password, /^set the user name and the password that k8s\.example\.com:6443 knows/],
    ])("are had from where they come from: %s, %s", (_, job, client, remedy) => {
        const found = refused({ job, client });
        expect(found.result).toBe("401: the credentials are not accepted");
        expect(found.remedy).toMatch(remedy);
    });
});
