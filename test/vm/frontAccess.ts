import { describe, expect, it } from "vitest";
import { Visitor } from "./frontBrowser";
import type { FrontSuite } from "./frontSuite";
import { answers, basic, HASH, NAME, PASSWORD } from "./frontVm";

/** Who gets in, to what, by which handshake, and what they are told. */
export function access(suite: FrontSuite): void {
    it("is all that answers from outside, on port 80 only to say where it is", async () => {
        const open = await Promise.all(
            [80, 443, 9090, 9093, 9115].map(async (port) => [port, await answers(suite.vm.address, port)]),
        );
        expect(Object.fromEntries(open)).toEqual({ 80: true, 443: true, 9090: false, 9093: false, 9115: false });
        for (const host of [NAME, "other.example.com"]) {
            const { status, headers } = await plain(suite, "/graph?g0.expr=up", host);
            expect([status, headers.get("location")]).toEqual([301, `https://${NAME}/graph?g0.expr=up`]);
        }
    });

    describe("who gets in", () => {
        it.each([
            // [who, path, status]
            [undefined, "/api/v1/query?query=up", 401],
            [undefined, "/", 401],
            [undefined, "/-/ready", 401],
            [undefined, "/federate?match[]=up", 401],
            [undefined, "/api/v1/status/config", 401],
            ["grafana", "/api/v1/query?query=up", 200],
            ["grafana", "/query", 200],
            ["grafana", "/api/v1/status/config", 200],
            ["grafana", "/-/healthy", 200],
            ["grafana", "/federate?match[]=up", 401],
            ["grafana", "/alertmanager/api/v2/status", 200],
            ["grafana", "/alertmanager/api/v2/silences", 200],
            ["grafana", "/alertmanager/-/reload", 403],
            ["grafana", "/alertmanager/debug/pprof/heap", 403],
            ["prometheus-b", "/federate?match[]=up", 200],
            ["prometheus-b", "/api/v1/query?query=up", 401],
            ["prometheus-b", "/alertmanager/api/v2/status", 401],
            ["shipper", "/federate?match[]=up", 401],
            ["shipper", "/api/v1/write", 403],
            ["grafana", "/alertmanager", 301],
        ] as const)("%s at %s: %i", async (who, path, status) => {
            expect((await suite.front.ask(encodeURI(path), who)).status).toBe(status);
        });

        it("a password lets in, a wrong one does not, whatever it is wrong in", async () => {
            const status = async (password: string) =>
                (await suite.front.ask("/api/v1/query?query=up", undefined, basic(password))).status;
            expect(await status(PASSWORD)).toBe(200);
            for (const wrong of ["", `${PASSWORD} `, PASSWORD.slice(0, -1), HASH, PASSWORD.toLowerCase()]) {
                expect(await status(wrong), wrong).toBe(401);
            }
        });

        it("nobody is asked for another password who may not do what a right one does not allow", async () => {
            const ask = async (password: string, path = "/api/v1/query?query=up") =>
                (await suite.front.ask(encodeURI(path), undefined, basic(password, "bob"))).status;
            expect(await ask(PASSWORD, "/federate?match[]=up")).toBe(200);
            expect(await ask(PASSWORD)).toBe(403);
            expect(await ask(`${PASSWORD}!`)).toBe(401);
        });

        it("what changes something is not done in the name of who looks at the page of another site", async () => {
            const status = async (path: string, site: string, who?: string) => {
                const headers = { ...(who === undefined && basic(PASSWORD).headers), "sec-fetch-site": site };
                return (await suite.front.ask(path, who, { method: "POST", headers })).status;
            };
            for (const site of ["cross-site", "same-site"]) {
                expect(await status("/api/v1/write", site, "shipper")).toBe(403);
                expect(await status("/alertmanager/api/v2/silences", site)).toBe(403);
            }
            for (const site of ["same-origin", "none"]) {
                expect(await status("/api/v1/write", site, "shipper")).not.toBe(403);
                expect(await status("/alertmanager/api/v2/silences", site)).toBe(422);
            }
        });

        it("writers write, silencers silence, and viewers do neither", async () => {
            const post = async (path: string, who?: string, options = {}) =>
                (await suite.front.ask(path, who, { method: "POST", ...options })).status;
            // Both bodies are empty, which is for the programs behind the front to refuse.
            expect(await post("/api/v1/write", "shipper")).not.toBe(403);
            expect(await post("/api/v1/write", "grafana")).toBe(403);
            expect(await post("/alertmanager/api/v2/silences", undefined, basic(PASSWORD))).toBe(422);
            expect(await post("/alertmanager/api/v2/silences", "grafana")).toBe(401);
        });
    });

    describe("TLS", () => {
        it.each([
            // Numbers of the IANA's registry of TLS parameters.
            ["1.2 with ECDHE-ECDSA-AES128-GCM-SHA256", 0x0303, 0xc02b, "hello"],
            ["1.2 with ECDHE-ECDSA-CHACHA20-POLY1305", 0x0303, 0xcca9, "hello"],
            ["1.2 with AES128-SHA (RSA key exchange, CBC)", 0x0303, 0x002f, "refused"],
            ["1.2 with AES128-GCM-SHA256 (RSA key exchange)", 0x0303, 0x009c, "refused"],
            ["1.2 with ECDHE-ECDSA-AES128-SHA256 (CBC)", 0x0303, 0xc023, "refused"],
            ["1.2 with ECDHE-ECDSA-AES256-SHA (CBC)", 0x0303, 0xc00a, "refused"],
            ["1.2 with ECDHE-ECDSA-DES-CBC3-SHA (3DES)", 0x0303, 0xc008, "refused"],
            ["1.2 with DES-CBC3-SHA (3DES)", 0x0303, 0x000a, "refused"],
            ["1.2 with ECDHE-ECDSA-RC4-SHA", 0x0303, 0xc007, "refused"],
            ["1.2 with NULL-SHA256", 0x0303, 0x003b, "refused"],
            ["1.1", 0x0302, 0xc00a, "refused"],
            ["1.0", 0x0301, 0xc00a, "refused"],
            ["SSL 3.0", 0x0300, 0x000a, "refused"],
        ] as const)("%s", async (_name, version, cipher, expected) => {
            expect(await suite.front.handshake(version, cipher)).toBe(expected);
        });

        it("proves its name to a client written in Go, by its CA and by nothing else", async () => {
            await suite.vm.text(`cat >/run/trusted.yml && printf '{}' >/run/others.yml`, {
                stdin: JSON.stringify({ tls_config: { ca: suite.front.ca } }),
            });
            const check = (address: string, file: string) =>
                suite.vm.run(
                    `/usr/local/prometheus/promtool check healthy --url=https://${address} --http.config.file=/run/${file}.yml 2>&1`,
                );
            // 401 is an answer of the front's: the handshake is over.
            const trusted = await check(suite.vm.address, "trusted");
            expect(trusted.stdout).not.toMatch(/x509|tls:/);
            expect((await check("127.0.0.1", "trusted")).stdout).toContain("x509");
            expect((await check(suite.vm.address, "others")).stdout).toContain(
                "x509: certificate signed by unknown authority",
            );
        });
    });

    it("says what a browser is to keep to, and nothing of itself", async () => {
        const { headers } = await suite.front.ask("/query", "grafana");
        expect(headers).toMatchObject({
            "strict-transport-security": "max-age=63072000",
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "same-origin",
            "content-security-policy": expect.stringContaining("frame-ancestors 'none'") as string,
            server: "Apache",
        });
        expect(headers).not.toHaveProperty("x-front-version");
        expect(headers).not.toHaveProperty("access-control-allow-origin");
    });

    describe("a browser", () => {
        it("shows Prometheus to who trusts the CA and knows the password, and complains of nothing", async () => {
            const visitor = await Visitor.who(suite.front.ca, suite.vm.address);
            const { page, complaints } = await visitor.page(PASSWORD);
            await page.goto(`https://${NAME}/`);
            await page.locator(".cm-content").fill("up");
            // What it would complete stands over the rest of the page.
            await page.keyboard.press("Escape");
            await page.getByRole("button", { name: "Execute" }).click();
            expect(await page.locator("table").innerText()).toContain(
                'up{instance="127.0.0.1:9090", job="prometheus"}',
            );
            await page.getByRole("tab", { name: "Graph" }).click();
            await page.locator("canvas").waitFor();
            const live = page.waitForResponse((response) => response.url().endsWith("/api/v1/notifications/live"));
            await page.goto(`https://${NAME}/targets`);
            await page.getByText("http://127.0.0.1:9090/metrics").waitFor();
            expect((await live).status()).toBe(200);

            const file = "/usr/local/etc/prometheus/prometheus.yml";
            await suite.vm.text(`cp ${file} /run/good && echo nonsense >>${file} && systemctl reload prometheus`);
            await page
                .getByLabel("Notifications")
                .or(page.getByTitle("Notifications"))
                .first()
                .waitFor({ timeout: 20_000 });
            await suite.vm.text(`cat /run/good >${file} && systemctl reload prometheus`);
            await page.reload();
            await page.getByText("http://127.0.0.1:9090/metrics").waitFor();
            await page.screenshot({ path: "/var/lib/external-prometheus-lab/logs/front.png" });
            // A page that is left ends its stream.
            expect(complaints.filter((text) => !/notifications\/live: net::ERR_ABORTED/.test(text))).toEqual([]);
            await visitor.leave();
        });

        it.each([
            ["nobody's CA", undefined, `https://${NAME}/`, "ERR_CERT_AUTHORITY_INVALID"],
            ["the CA, at another name", "ours", "https://other.example.com/", "ERR_CERT_COMMON_NAME_INVALID"],
        ])("does not show it to who trusts %s", async (_who, trusts, url, error) => {
            const visitor = await Visitor.who(trusts && suite.front.ca, suite.vm.address);
            const { page } = await visitor.page();
            await expect(page.goto(url)).rejects.toThrow(error);
            await visitor.leave();
        });
    });
}

/** An answer over plain HTTP. */
async function plain(suite: FrontSuite, path: string, host: string): Promise<{ status: number; headers: Headers }> {
    const text = await suite.vm.text(`curl -si -H 'Host: ${host}' 'http://${suite.vm.address}${path}'`);
    const [first = "", ...lines] = text.split("\r\n\r\n")[0]?.split("\r\n") ?? [];
    const headers = new Headers(lines.map((line) => line.split(/: (.*)/).slice(0, 2) as [string, string]));
    return { status: Number(first.split(" ")[1]), headers };
}
