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

/** RFC 4254 section 5.1, in the words of golang.org/x/crypto/ssh, channel.go: RejectionReason. */
const rejections: Readonly<Record<number, string>> = {
    1: "administratively prohibited",
    2: "connect failed",
    3: "unknown channel type",
    4: "resource shortage",
};

/** An error of a server that was asked to open a connection to somewhere else. */
export function channelError(error: Error & { reason?: number | string }): string {
    const reason = Number(error.reason);
    const description = error.message.replace(/^\(SSH\) Channel open failure: /, "");
    return error.reason === undefined || error.reason === "" || Number.isNaN(reason)
        ? "ssh: unexpected packet in response to channel open: <nil>"
        : `ssh: rejected: ${rejections[reason] ?? `unknown reason ${reason}`} (${description})`;
}
