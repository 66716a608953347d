import { expect, it } from "vitest";
import { firing } from "./rules";

const ALERTS = ["FederationDown", "SeriesChurn"];
const JOB = '{cluster="prod",job="federate/kubernetes-pods",replica="a"}';

/** Scraped once a minute. */
function series(up: number, added: number, samples: number): Record<string, number> {
    return {
        [`up${JOB}`]: up,
        [`scrape_series_added${JOB}`]: added,
        [`scrape_samples_post_metric_relabeling${JOB}`]: samples,
    };
}

it.each([
    ["a cluster that is well", series(1, 0, 150_000), []],
    ["some new series, as pods come and go", series(1, 10_000, 150_000), []],
    ["many new series among very many", series(1, 40_000, 150_000), []],
    ["few series that are all new", series(1, 500, 500), []],
    ["many series that are all new", series(1, 15_000, 15_000), ["SeriesChurn"]],
    ["a federation that fails", series(0, 0, 0), ["FederationDown"]],
    ["another target that is down", { 'up{cluster="prod",job="kubernetes-nodes"}': 0 }, []],
    [
        "new series of the VM's own",
        { 'scrape_series_added{job="x"}': 20_000, 'scrape_samples_post_metric_relabeling{job="x"}': 20_000 },
        [],
    ],
])("with %s", (_what, given, alerts) => {
    expect(firing("clusters.yml", ALERTS, given)).toEqual(alerts);
});
