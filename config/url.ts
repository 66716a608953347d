import { isIPv6 } from "node:net";

/** Where a scrape goes for what is below a URL: `host:port`, and the path before it, empty or with a slash in front. */
export function targetOf(url: string): { address: string; prefix: string } {
    const { hostname, pathname, port, protocol } = new URL(url);
    return {
        address: `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`,
        prefix: pathname.replace(/\/$/, ""),
    };
}

/** `host:port`, an IPv6 address in brackets. */
export function hostPort(host: string, port: number): string {
    return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
