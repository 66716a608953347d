import { expect, it } from "vitest";
import { contentChecksum, renderGatewayConfiguration } from "../../../config/kubernetes/gatewayConfiguration";

it("renders a port for each replica", () => {
    expect(
        renderGatewayConfiguration(
            [
                { address: "10.96.0.41", port: 9090 },
                { address: "2001:db8::42", port: 9091 },
            ],
            "",
        ),
    ).toMatchSnapshot();
});

it("asks below the route prefix there", () => {
    const rendered = renderGatewayConfiguration([{ address: "10.96.0.41", port: 9090 }], "/prometheus");
    expect(rendered).toContain("        location = /federate {");
    expect(rendered).toContain("proxy_pass http://10.96.0.41:9090/prometheus/federate;");
});

it("has a checksum of the configuration and of each certificate", () => {
    const sums = [
        contentChecksum("configuration", ["server", "ca"]),
        contentChecksum("another", ["server", "ca"]),
        contentChecksum("configuration", ["another", "ca"]),
        contentChecksum("configuration", ["server", "another"]),
        contentChecksum("configuration", ["serverca"]),
    ];
    expect(new Set(sums).size).toBe(sums.length);
    expect(contentChecksum("configuration", ["server", "ca"])).toBe(sums[0]);
});
