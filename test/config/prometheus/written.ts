import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { SCRAPE_FAILURE_LOG } from "../../../host/keeper";
import { RENEWAL_HOME } from "../../../host/renewal";
import { CREDENTIALS_DIRECTORY as CREDENTIALS } from "../../../config/prometheus/credentials";
import { documents, type Scraping } from "../../../config/prometheus/document";

/** A certificate and its key, which Prometheus reads where a client shows one. */
export function makePair(directory: string): void {
    execFileSync("openssl", [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=test"],
        ...["-keyout", join(directory, "key.pem"), "-out", join(directory, "cert.pem")],
    ]);
}

/**
 * Writes the documents into a directory of their own below one that has such a pair, which stands for all credentials;
 * returns that directory. Nothing outside it is named in them.
 */
export function writeDocuments(
    directory: string,
    scraping: Scraping,
    change: (content: string) => string = (content) => content,
): string {
    const root = mkdtempSync(join(directory, "etc-"));
    const credentials = join(root, "credentials");
    for (const { path, content } of documents(scraping)) {
        const file = join(root, path);
        mkdirSync(dirname(file), { recursive: true });
        const here = content
            .replaceAll(CREDENTIALS, credentials)
            .replaceAll(`${RENEWAL_HOME}/tokens`, credentials)
            .replaceAll(dirname(SCRAPE_FAILURE_LOG), root);
        writeFileSync(file, change(here));
        for (const [named] of here.matchAll(new RegExp(`${credentials}/[^'"\\n]+`, "g"))) {
            mkdirSync(dirname(named), { recursive: true });
            copyFileSync(join(directory, named.endsWith(".key") ? "key.pem" : "cert.pem"), named);
        }
    }
    return root;
}

/** What promtool says, with every lint, of documents in a directory. */
export function checkConfig(root: string): { status: number | null; output: string } {
    const args = ["check", "config", "--lint=all", "--lint-fatal", join(root, "prometheus.yml")];
    const { status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8" });
    return { status, output: stdout + stderr };
}
