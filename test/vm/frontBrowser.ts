import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { runProgram } from "../../operate/process";
import { succeed } from "../lab/lab";
import { NAME, temporaryFile } from "./frontVm";

/** Debian's Chromium, of a person who trusts one CA and nobody else; the names of the front lead to the VM. */
export class Visitor {
    private constructor(
        private readonly home: string,
        private readonly browser: Browser,
    ) {}

    static async who(trusts: string | undefined, address: string): Promise<Visitor> {
        const home = mkdtempSync(join(tmpdir(), "external-prometheus-browser-"));
        const trusted = join(home, ".pki/nssdb");
        mkdirSync(trusted, { recursive: true });
        const database = `sql:${trusted}`;
        const certutil = (...args: string[]) =>
            succeed("certutil", runProgram("certutil", args, { timeoutSeconds: 20 }));
        await certutil("-N", "-d", database, "--empty-password");
        if (trusts !== undefined) {
            await certutil("-A", "-d", database, "-n", "front", "-t", "C,,", "-i", temporaryFile("ca.pem", trusts));
        }
        const browser = await chromium.launch({
            executablePath: "/usr/bin/chromium",
            // As root there is no sandbox to be had.
            chromiumSandbox: false,
            args: [`--host-resolver-rules=MAP *.example.com ${address}`],
            env: { HOME: home, PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8" },
        });
        return new Visitor(home, browser);
    }

    /** A page whose reader knows the password, if one is given. */
    async page(password?: string): Promise<{ page: Page; complaints: string[] }> {
        const context = await this.browser.newContext(
            password === undefined
                ? {}
                : { httpCredentials: { username: "alice", password, origin: `https://${NAME}` } },
        );
        const page = await context.newPage();
        const complaints: string[] = [];
        page.on("console", (message) => {
            if (["error", "warning"].includes(message.type())) {
                complaints.push(message.text());
            }
        });
        page.on("pageerror", (error) => complaints.push(error.message));
        page.on("requestfailed", (request) =>
            complaints.push(`${request.url()}: ${request.failure()?.errorText ?? ""}`),
        );
        return { page, complaints };
    }

    async leave(): Promise<void> {
        await this.browser.close();
        rmSync(this.home, { recursive: true, force: true });
    }
}
