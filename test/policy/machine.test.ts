import { describe, expect, it } from "vitest";
import { hostScript } from "../../host/render";

import { type Keys, PRIVATE_KEY } from "../config/environment";
import { deploying, taking, whats } from "./deploying";
import { dataAtRisk, openPorts, unpinnedConnections } from "./machine";

describe("the rule about SSH", () => {
    it("reports each connection, the jump host's too, without a host key or key, or with a password", () => {
        const right = { hostKey: "ssh-ed25519 AAAA", privateKey: PRIVATE_KEY };
        const found = (connection: object) => whats(unpinnedConnections(deploying([{ inputs: { connection } }])));
        expect(found({ ...right, proxy: right })).toEqual([]);
        expect(found({ ...right, hostKey: "" })).toEqual(["takes any host key (connection.hostKey)"]);
        expect(found({ hostKey: "ssh-ed25519 AAAA", password: "x" })).toEqual([
            "has no key (connection.privateKey)",
            "logs in by a password (connection.password)",
        ]);
        expect(found({ ...right, proxy: { privateKey: PRIVATE_KEY } })).toEqual([
            "takes any host key (connection.proxy.hostKey)",
        ]);
    });
});

describe("the rule about ports", () => {
    it.each([
        ["alertmanager", "--web.listen-address=127.0.0.1:9093 --cluster.listen-address=", []],
        ["node_exporter", "--web.listen-address=[::1]:9100", []],
        [
            "prometheus",
            "--storage.tsdb.path=/x",
            ["lets prometheus listen on every address: it has no --web.listen-address"],
        ],
        [
            "alertmanager",
            "--web.listen-address=127.0.0.1:9093",
            ["lets alertmanager listen on every address: it has no --cluster.listen-address"],
        ],
        ...["0.0.0.0:9090", ":9090", "198.51.100.20:9090", "127.0.0.1.example.com:9090"].map(
            (place): [string, string, string[]] => [
                "prometheus",
                `--web.listen-address=${place}`,
                [`lets prometheus be reached from outside: --web.listen-address=${place}`],
            ],
        ),
        [
            "alertmanager",
            "--web.listen-address=127.0.0.1:9093 --cluster.listen-address=0.0.0.0:9094",
            ["lets alertmanager be reached from outside: --cluster.listen-address=0.0.0.0:9094"],
        ],
        [
            "prometheus",
            "--web.listen-address=127.0.0.1:9090 --web.systemd-socket",
            ["lets prometheus take over whatever port a socket has opened"],
        ],
    ])("judges %s %s", (name, flags, expected) => {
        const unit = `[Service]\nExecStart=/usr/local/${name}/${name} ${flags}\n`;
        expect(whats(openPorts(taking(`${name}.service`, unit)))).toEqual(expected);
    });

    it("reports another port of httpd", () => {
        const document = "Listen 443\n    Listen 9090\n<VirtualHost *:443>\n<VirtualHost *:8080>\n";
        expect(whats(openPorts(taking("front.conf", document)))).toEqual([
            "lets httpd listen elsewhere than on ports 80 and 443: Listen 9090",
            "lets httpd listen elsewhere than on ports 80 and 443: <VirtualHost *:8080>",
        ]);
    });
});

describe("the rule about data", () => {
    const removal = (purge_data: string) => hostScript("remove", "root", { purge_data });
    const gate = (inputs: Keys) => [{ name: "prometheus-gate", inputs }];

    it("reports a delete of any other step, and triggers", () => {
        expect(whats(dataAtRisk(deploying([{ inputs: { delete: "rm -rf /x" } }])))).toEqual([
            "has a delete, as the gate alone may",
        ]);
        expect(whats(dataAtRisk(deploying([{ inputs: { triggers: [] } }])))).toEqual([
            "has triggers, by which it is replaced, and its delete runs",
        ]);
    });

    it("reports a gate that removes what was recorded", () => {
        const purging = gate({ delete: removal("true") });
        expect(whats(dataAtRisk(deploying(purging)))).toEqual(["removes what was recorded with the stack"]);
        expect(dataAtRisk(deploying(gate({ delete: removal("false") })))).toEqual([]);
    });
});
