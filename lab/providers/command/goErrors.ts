// The texts of Go's net and golang.org/x/crypto/ssh for what Node's net and ssh2 report: the program acts on them.

const systemErrors: Readonly<Record<string, string>> = {
    ECONNREFUSED: "connection refused",
    ECONNRESET: "connection reset by peer",
    EHOSTUNREACH: "no route to host",
    ENETUNREACH: "network is unreachable",
    EHOSTDOWN: "host is down",
    ETIMEDOUT: "connection timed out",
    ENOENT: "no such file or directory",
    EACCES: "permission denied",
};

/** An error of opening a socket; `what` is "dial" with network and address. */
export function socketError(what: string, target: { path: string } | { host: string }, code: string): string {
    if ("host" in target && (code === "ENOTFOUND" || code === "EAI_AGAIN")) {
        const reason = code === "ENOTFOUND" ? "no such host" : "Temporary failure in name resolution";
        return `dial tcp: lookup ${target.host}: ${reason}`;
    }
    return `${what}: connect: ${systemErrors[code] ?? code}`;
}

/** An error between the TCP connection and the end of the login. */
export function handshakeError(
    error: Error & { level?: string; code?: string },
    methods: readonly string[],
    hostKeyAlgorithm: string | undefined,
    offered: string,
): string {
    if (error.level === "client-authentication") {
        const attempted = methods.map((method) => (method === "agent" ? "publickey" : method)).join(" ");
        return `ssh: unable to authenticate, attempted methods [${attempted}], no supported methods remain`;
    }
    if (error.message.includes("no matching host key")) {
        const peer = offered.replaceAll(",", " ");
        return `ssh: no common algorithm for host key; we offered: [${hostKeyAlgorithm ?? ""}], peer offered: [${peer}]`;
    }
    if (error.code !== undefined && systemErrors[error.code] !== undefined) {
        return `read tcp: read: ${systemErrors[error.code] ?? error.code}`;
    }
    return /lost before handshake|socket has been ended|closed/i.test(error.message) ? "EOF" : `ssh: ${error.message}`;
}
