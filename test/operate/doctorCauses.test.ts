import { expect, it } from "vitest";
import { diagnose } from "../../operate/doctorCauses";
import type { Attempt } from "../../operate/doctorPlan";

// What curl was seen to say in networks that no test has here; the rest is in doctorScript.test.ts.

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
