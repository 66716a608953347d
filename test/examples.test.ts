import { describe, expect, it } from "vitest";
import { COMMAND } from "./components/vm";
import { type Deployed, deployed } from "./policy/deployed";
import { filesOf } from "./policy/files";
import { readStackFile } from "./policy/stackFiles";

const file = (stack: string) => `examples/production/Pulumi.prod-${stack}.yaml`;
const CLUSTERS = ["eu", "us"];
const MONITORS = ["monitor-a", "monitor-b"];

function types({ resources }: Deployed): string[] {
    return resources.map(({ type }) => type);
}

/** Prometheus's documents by their paths. */
function documents({ resources }: Deployed): Map<string, string> {
    const step = resources.find(({ type, name }) => type === COMMAND && name === "prometheus-configuration");
    const files = step === undefined ? [] : filesOf(step);
    return new Map(files.map(({ path, content }) => [path, content]));
}

describe("the production shape", () => {
    it.each(CLUSTERS)("has the stack prod-%s, which opens its cluster and reaches no VM", async (stack) => {
        const own = await deployed(readStackFile(file(stack)), file(stack));
        expect(types(own).filter((type) => type.startsWith("command:"))).toEqual([]);
        const outputs = own.resources.find(({ name }) => name === "outputs")?.inputs ?? {};
        // No others: of one that is undefined Pulumi warns at each deployment.
        expect(Object.keys(outputs).sort()).toEqual(["sourceCredentials", "sources"]);
        for (const output of Object.values(outputs)) expect(Object.keys(output as object)).toEqual([stack]);
    });

    it.each(MONITORS)("has the stack prod-%s, which watches them all without a word to Kubernetes", async (stack) => {
        const own = await deployed(readStackFile(file(stack)), file(stack));
        expect(types(own).filter((type) => type.includes("kubernetes"))).toEqual([]);
        const paths = [...documents(own).keys()].filter((path) => path.startsWith("clusters/"));
        expect(paths).toEqual(CLUSTERS.map((cluster) => `clusters/${cluster}.yml`));
    });

    it("has two VMs that record the same under labels of their own", async () => {
        const written = [];
        for (const stack of MONITORS) written.push(documents(await deployed(readStackFile(file(stack)), file(stack))));
        const [a, b] = written.map((each) => each.get("prometheus.yml")?.split("\n") ?? []);
        expect(a?.filter((line) => !b?.includes(line))).toEqual([
            "    monitor: a",
            "          instance: https://prometheus-a.example.com/",
        ]);
        const [ofA, ofB] = written.map((each) => [...each].filter(([path]) => path !== "prometheus.yml"));
        expect(ofA).toEqual(ofB);
    });
});
