import { PASSWORD_HASH } from "./environment";
import { CA, CERTIFICATE, EXPIRED, EXPIRED_CA, FUTURE, ISSUER, KEY, OTHER_CA, OTHER_KEY } from "./frontCertificates";
import { booleans, clash, lists, NO_VM, notText, objects, type Row, wrong } from "./refusal";

const SERVER_NAME = "must be a host name in lower case, or an IPv4 address";
const PATH = "must begin and end with '/', with lower-case letters, digits and '-' in between";
const PEM =
    "must be a certificate in PEM form, '-----BEGIN CERTIFICATE-----' first, and nothing else (lines end by LF)";
const VM_PATH = "must be an absolute path on the VM, of letters, digits and './@+-_'";
const PERSON = "has a name that must be letters, digits, '.', '_' and '-', a letter or a digit first";
const HASH = "frontPasswordHashes.alice";

/** The certificate comes from a file on the VM instead. */
const ON_VM = {
    "front.certificate": undefined,
    "front.caCertificate": undefined,
    frontPrivateKey: undefined,
    "front.certificateFile": "/etc/acme/server.pem",
    "front.keyFile": "/etc/acme/server.key",
};

function serverNames(key: string): Row[] {
    return [
        notText(key),
        ...["Prometheus.example.com", "a..b", "-a", "a b", "::1", "", "x\nListen 8080", "${FRONT}"].map((name) =>
            wrong(key, name, `${SERVER_NAME}, got '${name.replace("\n", "\\n")}'`),
        ),
        wrong(key, "prometheus.invalid", "must not end in .invalid, which is for names that do not exist"),
        ...["999.1.1.1", "prometheus.1", "10"].map((name) =>
            wrong(key, name, "must not end in a number, unless it is an IPv4 address of four parts up to 255"),
        ),
        wrong(key, `${"a.".repeat(126)}ab`, "must be at most 253 characters long, got 'a.a."),
    ];
}

function paths(key: string): Row[] {
    return [
        notText(key),
        ...["prometheus/", "/prometheus", "/Prometheus/", "//", "/a/../b/", "/a b/", "/a%2f/"].map((path) =>
            wrong(key, path, `${PATH}, got '${path}'`),
        ),
        wrong(key, `/${"a".repeat(100)}/`, "must be at most 100 characters long, got '/aaa"),
    ];
}

function certificates(key: string): Row[] {
    return [
        notText(key),
        wrong(key, "x", `${PEM}, got 'x'`),
        wrong(key, `${CERTIFICATE}${KEY}`, `${PEM}, got a value that is not shown`),
        wrong(key, CERTIFICATE.replace("MIIB", "MIIC"), "is cut off or damaged: it cannot be read as a certificate"),
    ];
}

function people(key: "front.users" | "front.clients", name: string, also: readonly string[] = []): Row[] {
    const person = `${key}.${name}`;
    return [
        wrong(key, "text", "must be an object, got 'text'", also),
        ...["$(id)", "a b", "-a", "", "a:b"].map((other) =>
            clash(
                `${key}[${JSON.stringify(other)}]`.replace('["-a"]', ".-a"),
                { [`${key}[${JSON.stringify(other)}]`]: { roles: ["viewer"] } },
                PERSON,
            ),
        ),
        ...objects(person, "role", "did you mean 'roles'?"),
        wrong(`${person}.roles`, undefined, "is missing: What is allowed: `viewer` (interface and queries)"),
        wrong(`${person}.roles`, [], "must not be empty, got []"),
        ...lists(`${person}.roles`, "viewer"),
        wrong(`${person}.roles[0]`, "admin", "must be viewer or federator or writer or silencer, got 'admin'"),
    ];
}

function vmPaths(key: string, other: string): Row[] {
    const missing = "is missing: certificateFile and keyFile belong together";
    return [
        clash(key, { ...ON_VM, [key]: undefined }, missing),
        wrong(key, 5, "must be a string, got 5", [other]),
        ...["server.pem", "/etc/$(id)", "/etc/a b", '/etc/"', "/a\nListen 1"].map((path) =>
            wrong(key, path, `${VM_PATH}, got '`, [other]),
        ),
        wrong(key, `/${"a".repeat(300)}`, "must be at most 300 characters long, got '/aaa", [other]),
    ];
}

const ALONE = { "front.users": {}, frontPasswordHashes: undefined };

const FRONT: Row[] = [
    ...objects("front", "certificat", "did you mean 'certificate'?", ["frontPrivateKey", HASH]),
    wrong("front.serverName", undefined, "is missing: The host name in the URL"),
    ...serverNames("front.serverName"),
    ...lists("front.aliases", "prom.example.com"),
    ...serverNames("front.aliases[0]"),
    ...paths("front.path"),
    ...paths("front.alertmanagerPath"),
    ...["/", "/api/", "/graph/x/"].map((path) =>
        clash(
            "front.alertmanagerPath",
            { "front.path": "/", "front.alertmanagerPath": path },
            `must be a path that Prometheus does not have itself, got '${path}'`,
        ),
    ),
    ...["/", "/prometheus/", "/prometheus/alerts/"].map((path) =>
        wrong(
            "front.alertmanagerPath",
            path,
            `must not be the path of Prometheus, nor above or below it, got '${path}'`,
        ),
    ),
    wrong("front.alertmanagerPath", undefined, "is missing, but there are silencers"),
    clash("front.alertmanagerPath", { alertmanager: undefined }, "is set, but there is no alertmanager"),
    ...certificates("front.certificate"),
    ...certificates("front.caCertificate"),
    ...certificates("front.clientCaCertificate"),
    clash(
        "front.clientCaCertificate",
        { "front.clientCaCertificate": CERTIFICATE },
        "holds 'CN=front', which is no CA",
    ),
    clash(
        "front.clientCaCertificate",
        { "front.clientCaCertificate": EXPIRED_CA },
        "holds 'CN=expired test CA', which has expired at 2021-01-01T00:00:00.000Z",
    ),
    clash(
        "front.clientCaCertificate",
        { "front.clientCaCertificate": ISSUER },
        "holds 'CN=clients test issuer', which was signed by a CA that is not there",
    ),
    clash("front.certificate", { "front.certificate": EXPIRED }, "has expired at 2021-01-01T00:00:00.000Z"),
    clash("front.certificate", { "front.certificate": FUTURE }, "is valid from 2125-01-01T00:00:00.000Z on only"),
    clash(
        "front.certificate",
        { "front.serverName": "other.example.com" },
        "has no subject alternative name for other.example.com",
    ),
    clash("front.certificate", { "front.aliases": ["192.0.2.1"] }, "has no subject alternative name for 192.0.2.1"),
    clash(
        "front.certificate",
        { "front.certificate": CERTIFICATE + OTHER_CA, "front.caCertificate": OTHER_CA },
        "is no chain: certificate 2 is not the one that has signed certificate 1",
    ),
    clash(
        "front.certificate",
        { "front.caCertificate": OTHER_CA },
        "does not lead to front.caCertificate, which has not signed the last of it",
    ),
    clash(
        "front.caCertificate",
        { "front.certificate": undefined, frontPrivateKey: undefined },
        "must not be set without a certificate of its own: one that is made here has a CA of its own",
    ),
    clash(
        "front.certificateFile",
        { "front.certificateFile": "/etc/acme/server.pem", "front.keyFile": "/etc/acme/server.key" },
        "must not be set beside certificate: the two mean the same, got '/etc/acme/server.pem'",
    ),
    ...vmPaths("front.certificateFile", "front.keyFile"),
    ...vmPaths("front.keyFile", "front.certificateFile"),
    ...people("front.users", "alice", [HASH]),
    ...people("front.clients", "grafana"),
    clash(
        "front.users",
        { ...ALONE, "front.clients": {}, "front.clientCaCertificate": undefined },
        "must not be empty unless there are clients: nobody could get in",
    ),
    clash("front.clientCaCertificate", { "front.clients": {} }, "must not be set without clients"),
    ...booleans("front.requiresClientCertificate"),
    clash(
        "front.requiresClientCertificate",
        { "front.clients": {}, "front.clientCaCertificate": undefined, "front.requiresClientCertificate": true },
        "must not be true without clients: nobody could get in, got true",
    ),
    ...booleans("front.openHealth"),
    clash("vm", { ...NO_VM, scrapeJobs: undefined }, "is missing, but front stands on the VM"),
];

const SECRETS: Row[] = [
    wrong("frontPrivateKey", undefined, "is missing: the private key of front.certificate"),
    clash(
        "frontPrivateKey",
        { "front.certificate": undefined, "front.caCertificate": undefined },
        "is set, but front.certificate is not",
    ),
    wrong("frontPrivateKey", { CANARY: 1 }, "must be text"),
    ...["CANARY", CA, `${KEY}CANARY`, KEY.replace("MIG", "CAN")].map((value) =>
        wrong("frontPrivateKey", value, "must be a private key in PEM form, without a passphrase"),
    ),
    wrong("frontPrivateKey", OTHER_KEY, "is the key of another certificate than front.certificate"),
    ...["CANARY", ["CANARY"], null].map((value) =>
        wrong("frontPasswordHashes", value, "must hold one hash by user name"),
    ),
    wrong(HASH, undefined, "is missing: by it the user logs in"),
    wrong(HASH, { CANARY: 1 }, "must be text"),
    ...["CANARY", "$apr1$CANARY$abc", PASSWORD_HASH.slice(0, -1), "{SHA}CANARY=", `${PASSWORD_HASH}\n`].map((value) =>
        wrong(HASH, value, "must be a bcrypt hash, as `htpasswd -nBC 10 NAME` prints it behind the name"),
    ),
    ...["09", "15"].map((cost) =>
        wrong(HASH, PASSWORD_HASH.replace("$10$", `$${cost}$`), "must be a bcrypt hash of a cost from 10 to 14, not "),
    ),
    wrong("frontPasswordHashes.alic", PASSWORD_HASH, "belongs to none of front.users; did you mean the user 'alice'?"),
    wrong("frontPasswordHashes.bob", PASSWORD_HASH, "belongs to none of front.users; there is no user of that name"),
];

export const FRONT_ROWS: readonly Row[] = [...FRONT, ...SECRETS];
