/** `host:port` of a socket as /proc/net/tcp and tcp6 have it: in hexadecimal, the address as 32-bit words of the machine's own order. */
export function socketAddress(hexadecimal: string): string {
    const [address = "", port = ""] = hexadecimal.split(":");
    const bytes = (address.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
    const host =
        bytes.length === 4
            ? bytes.map((byte) => parseInt(byte, 16)).join(".")
            : `[${shortened((bytes.join("").match(/.{4}/g) ?? []).map((group) => parseInt(group, 16).toString(16)))}]`;
    return `${host}:${parseInt(port, 16)}`;
}

/** RFC 5952, as far as addresses that anybody listens on need it. */
function shortened(groups: readonly string[]): string {
    return groups.join(":").replace(/(^|:)0(:0)+(:|$)/, "::");
}

/** The address that a flag of a program opens, in the same form; none for all other words. */
export function listenAddress(word: string): string[] {
    const [, host, port] = /^--[\w.-]*listen-address=(.*):(\d+)$/.exec(word) ?? [];
    return host === undefined ? [] : [`${host === "" ? "[::]" : host}:${port}`];
}
