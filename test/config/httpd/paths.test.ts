import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Method, OPENINGS, type Opening } from "../../../config/httpd/paths";
import { BYPASSES } from "../../vm/frontBypasses";

/** Who may do that, by the list alone. */
function allowed(program: Opening["program"], method: Method, path: string): string[] {
    return OPENINGS.filter(
        (opening) => opening.program === program && new RegExp(`^/(?:${opening.paths.join("|")})$`).test(path),
    )
        .flatMap(({ allows }) => allows)
        .filter(({ methods }) => methods.includes(method))
        .map(({ role }) => role);
}

describe("what Prometheus is asked", () => {
    it.each([
        // The interface of Prometheus 3, and what it asks for.
        ["GET", "/", ["viewer"]],
        ["GET", "/query", ["viewer"]],
        ["GET", "/assets/index-B4h2TMLz.js", ["viewer"]],
        ["GET", "/api/v1/query", ["viewer"]],
        ["POST", "/api/v1/query_range", ["viewer"]],
        ["GET", "/api/v1/label/__name__/values", ["viewer"]],
        ["GET", "/api/v1/notifications/live", ["viewer"]],
        ["GET", "/api/v1/status/tsdb", ["viewer"]],
        ["GET", "/federate", ["federator"]],
        ["POST", "/api/v1/write", ["writer"]],
        ["GET", "/-/ready", ["health"]],
        ["POST", "/-/reload", []],
        ["POST", "/api/v1/targets", []],
        ["GET", "/assets/.hidden", []],
        ["GET", "/assets//x", []],
        ["GET", "/api/v1/admin/tsdb/snapshot", []],
        ["GET", "/debug/pprof/heap", []],
        ["POST", "/api/v1/read", []],
    ] as const)("%s %s is for %j", (method, path, roles) => {
        expect(allowed("prometheus", method, path)).toEqual(roles);
    });
});

it("takes bodies only where something is posted", () => {
    for (const { allows, bodyLimit } of OPENINGS) {
        expect(bodyLimit !== undefined).toBe(allows.some(({ methods }) => methods.includes("POST")));
    }
});

it("lists in the documentation what was tried against each rule", () => {
    const page = readFileSync(join(__dirname, "../../../docs/front.md"), "utf8");
    for (const rule of new Set(BYPASSES.map((bypass) => bypass.rule))) {
        const tried = BYPASSES.filter((bypass) => bypass.rule === rule).map((bypass) => bypass.tried);
        expect(page).toContain(`| ${rule} | ${tried.join(" · ")} |\n`);
    }
    expect(page).toContain(`${BYPASSES.length} ways`);
});
