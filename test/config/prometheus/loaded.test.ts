import { expect, it } from "vitest";
import { loadedJobs, loadedRuleGroups } from "../../../config/prometheus/loaded";

const DOCUMENTS = [
    { path: "clusters/a.yml", content: "scrape_configs:\n  - job_name: a/nodes\n  - job_name: 'a/pods'\n" },
    { path: "prometheus.yml", content: "global: {}\nscrape_configs:\n  - { job_name: prometheus }\n" },
    { path: "rules/x.yml", content: "groups:\n  - name: up\n    rules: []\n  - name: 1e3\n    rules: []\n" },
    { path: "scrape/y.yaml", content: "scrape_configs: []\n" },
];

it("knows the jobs of all documents", () => {
    expect(loadedJobs(DOCUMENTS)).toEqual(["a/nodes", "a/pods", "prometheus"]);
});

it("knows the groups of rules by their files, and their names as the text that they are", () => {
    expect(loadedRuleGroups(DOCUMENTS)).toEqual(["rules/x.yml: 1e3", "rules/x.yml: up"]);
});
