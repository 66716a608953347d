/** Where a scrape goes for what is below a URL: `host:port`, and the path before it, empty or with a slash in front. */
export function targetOf(url: string): { address: string; prefix: string } {
    const { hostname, pathname, port, protocol } = new URL(url);
    return {
        address: `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`,
        prefix: pathname.replace(/\/$/, ""),
    };
}
