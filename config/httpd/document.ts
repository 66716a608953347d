import { isIP } from "node:net";
import { PROGRAMS } from "../../host/programs";
import { OPENINGS, type Opening, type Role } from "./paths";

/** All that decides about what httpd does; names and paths are checked already. */
export interface FrontDocument {
    /** The name in the URL. */
    readonly serverName: string;
    readonly aliases: readonly string[];
    /** Where Prometheus is: `/`, or a path such as `/prometheus/`. */
    readonly path: string;
    /** Where the Alertmanager is, if it is behind the front. */
    readonly alertmanagerPath?: string | undefined;
    /** Files on the VM that something else keeps up to date; without them, certificate and key are in the version. */
    readonly certificateFile?: string | undefined;
    readonly keyFile?: string | undefined;
    /** Names and roles of those who have a password. */
    readonly users: readonly Person[];
    /** Common names and roles of those who have a certificate. */
    readonly clients: readonly Person[];
    /** Whether nobody gets in without a certificate of one of them, whatever the password. */
    readonly requiresClientCertificate: boolean;
    readonly openHealth: boolean;
    /** Seconds that a query may take. */
    readonly queryTimeout: number;
}

export interface Person {
    readonly name: string;
    readonly roles: readonly Role[];
}

/** The folder of a version on the VM, as httpd is told it: so a version can be tried before it is the one that runs. */
const VERSION = "${FRONT}";

/**
 * Mozilla's intermediate profile, version 5.7 (https://ssl-config.mozilla.org/), without the finite-field key exchanges, which would
 * need parameters of their own.
 */
const CIPHERS = [
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
];

const MODULES = [
    "authn_core",
    "authn_file",
    "authz_core",
    "authz_host",
    "authz_user",
    "auth_basic",
    "alias",
    "env",
    "headers",
    "proxy",
    "proxy_http",
    "reqtimeout",
    "version",
];

/** The whole of what this program tells httpd, for the distributions' own main files to include. */
export function frontDocument(front: FrontDocument): string {
    return lines([
        "# Managed by external-prometheus; changes are lost with the next deployment.",
        // FRONT_VERSION, by which the step that loads a version knows that it is the one that answers.
        `Include ${VERSION}/version.conf`,
        // httpd refuses to load one twice, and both families load some of their own.
        ...MODULES.flatMap((name) => [
            `<IfModule !${name}_module>`,
            `    LoadModule ${name}_module \${FRONT_MODULES}/mod_${name}.so`,
            "</IfModule>",
        ]),
        "<IfModule !ssl_module>",
        "    LoadModule ssl_module ${FRONT_MODULES}/mod_ssl.so",
        "    Define FRONT_LISTENS",
        "</IfModule>",
        "<IfDefine FRONT_LISTENS>",
        "    Listen 443",
        "</IfDefine>",
        ...SERVER,
        ...([front.serverName, ...front.aliases].every(isHostName) ? ["SSLStrictSNIVHostCheck on"] : []),
        ...plainSite(front),
        ...unknownSite(front),
        ...site(front),
    ]);
}

/** For all sites of this httpd. */
const SERVER = [
    "ServerTokens Prod",
    "ServerSignature Off",
    "TraceEnable Off",
    "FileETag None",
    "ProxyRequests Off",
    "HttpProtocolOptions Strict RegisteredMethods Require1.0",
    "Protocols http/1.1",
    // Each query holds a thread until it is answered. Processes from before a reload stay until their last client is done, and
    // must not take the places of those that serve.
    "ServerLimit 60",
    "ThreadsPerChild 25",
    "MaxRequestWorkers 500",
    "Timeout 60",
    "KeepAliveTimeout 15",
    // Older ones know no limit for the handshake.
    "<IfVersion >= 2.4.39>",
    "    RequestReadTimeout handshake=10 header=10-20,MinRate=500 body=20-120,MinRate=1000",
    "</IfVersion>",
    "<IfVersion < 2.4.39>",
    "    RequestReadTimeout header=10-20,MinRate=500 body=20-120,MinRate=1000",
    "</IfVersion>",
    "LimitRequestFields 60",
    "SSLProtocol -all +TLSv1.2 +TLSv1.3",
    `SSLCipherSuite ${CIPHERS.join(":")}`,
    "SSLHonorCipherOrder on",
    "SSLCompression off",
    "SSLSessionTickets off",
    "SSLSessionCache none",
    "SSLOpenSSLConfCmd Curves X25519:prime256v1:secp384r1",
];

function plainSite({ serverName, certificateFile }: FrontDocument): string[] {
    const redirect =
        certificateFile === undefined
            ? [`Redirect permanent / https://${serverName}/`]
            : [
                  // Where an ACME client answers its CA (RFC 8555, section 8.3).
                  `RedirectMatch permanent ^/(?!\\.well-known/acme-challenge/)(.*)$ https://${serverName}/$1`,
                  "DocumentRoot /var/www/html",
                  ...block('Directory "/var/www/html"', ["Options None", "AllowOverride None"]),
                  ...block('Location "/.well-known/acme-challenge/"', ["Require all granted"]),
              ];
    return block("VirtualHost *:80", [`ServerName ${serverName}`, ...redirect]);
}

/** Those who ask for an address do not say in their handshake whom they ask (RFC 6066, section 3). */
function isHostName(serverName: string): boolean {
    return isIP(serverName) === 0;
}

/** The first of its port, and so the one for every name that is none of ours. */
function unknownSite(front: FrontDocument): string[] {
    return block("VirtualHost *:443", [
        "ServerName unknown.invalid",
        ...tls(front),
        ...block('Location "/"', ["Require all denied"]),
    ]);
}

function site(front: FrontDocument): string[] {
    const { serverName, aliases, path, alertmanagerPath, queryTimeout } = front;
    const home = ({ program }: Opening) => (program === "prometheus" ? path : alertmanagerPath);
    return block("VirtualHost *:443", [
        `ServerName ${serverName}`,
        ...aliases.map((alias) => `ServerAlias ${alias}`),
        "UseCanonicalName On",
        ...tls(front),
        ...HEADERS,
        // What was compressed by the program stays so; nothing is compressed that came in clear.
        "SetEnv no-gzip 1",
        "SetEnv no-brotli 1",
        "RequestHeader unset Authorization",
        "ProxyErrorOverride Off",
        "ProxyPreserveHost Off",
        // A client that has gone is noticed only when there is something to tell it, and Prometheus has 16 streams for all.
        proxied(
            `${path}api/v1/notifications/live`,
            `${target("prometheus")}api/v1/notifications/live`,
            "flushpackets=on timeout=300",
        ),
        ...(alertmanagerPath === undefined
            ? []
            : [
                  proxied(alertmanagerPath, target("alertmanager"), "timeout=60"),
                  // To be redirected; what is proxied is not.
                  `ProxyPass ${alertmanagerPath.slice(0, -1)} !`,
              ]),
        proxied(path, target("prometheus"), `timeout=${queryTimeout + 10}`),
        ...[path, alertmanagerPath].flatMap((home) =>
            home === undefined || home === "/" ? [] : [`RedirectMatch permanent ^${home.slice(0, -1)}$ ${home}`],
        ),
        ...(path === "/" ? [] : [`RedirectMatch permanent ^/$ ${path}`]),
        ...block('Location "/"', [
            "Require all denied",
            "AuthType Basic",
            'AuthName "Prometheus"',
            "AuthBasicProvider file",
            `AuthUserFile ${VERSION}/users`,
            // Who is known but not let in is not asked for another password.
            "AuthzSendForbiddenOnFailure On",
        ]),
        ...OPENINGS.flatMap((opening) => {
            const at = home(opening);
            return at === undefined ? [] : location(front, at, opening);
        }),
    ]);
}

const HEADERS = [
    'Header always set Strict-Transport-Security "max-age=63072000"',
    'Header always set X-Content-Type-Options "nosniff"',
    'Header always set X-Frame-Options "DENY"',
    'Header always set Referrer-Policy "same-origin"',
    "Header always set Content-Security-Policy " +
        "\"default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'\"",
    // Nobody else's page has to read it.
    "Header unset Access-Control-Allow-Origin",
    "Header always set X-Front-Version ${FRONT_VERSION} \"expr=-R '127.0.0.0/8'\"",
];

function tls({ certificateFile, keyFile, clients }: FrontDocument): string[] {
    return [
        "SSLEngine on",
        `SSLCertificateFile ${certificateFile ?? `${VERSION}/server.pem`}`,
        `SSLCertificateKeyFile ${keyFile ?? `${VERSION}/server.key`}`,
        ...(clients.length === 0
            ? []
            : [`SSLCACertificateFile ${VERSION}/clients.pem`, "SSLVerifyClient optional", "SSLVerifyDepth 2"]),
    ];
}

function target(program: Opening["program"]): string {
    return `http://${PROGRAMS[program].address}/`;
}

function proxied(from: string, to: string, options: string): string {
    // Not every version tries again at once after a connection that was refused, as each is while the program restarts.
    return `ProxyPass ${from} ${to} retry=0 ${options}`;
}

function location(front: FrontDocument, at: string, { allows, paths, bodyLimit = 0 }: Opening): string[] {
    const changes = allows.some(({ role }) => role === "writer" || role === "silencer");
    return block(`LocationMatch "^${escaped(at)}(?:${paths.join("|")})$"`, [
        ...block("RequireAll", [
            // LimitRequestBody is not for what is passed on. A body whose size is not known before it comes is refused.
            `Require expr "req('Transfer-Encoding') == '' && req('Content-Length') -le ${bodyLimit}"`,
            // What changes something is not asked for by the page of another site, in the name of who looks at it.
            ...(changes ? [`Require expr "req('Sec-Fetch-Site') -in { '', 'same-origin', 'none' }"`] : []),
            ...block(
                "RequireAny",
                allows.flatMap(({ role, methods }) =>
                    block("RequireAll", [`Require method ${methods.join(" ")}`, ...allowed(front, role)]),
                ),
            ),
        ]),
    ]);
}

function allowed(front: FrontDocument, role: Role | "health"): string[] {
    if (role === "health") {
        // On the VM itself Prometheus answers whoever asks.
        const others = front.openHealth
            ? ["Require all granted"]
            : block(
                  "RequireAll",
                  people(front, () => true),
              );
        return block("RequireAny", ["Require local", ...others]);
    }
    return people(front, ({ roles }) => roles.includes(role));
}

function people(front: FrontDocument, has: (person: Person) => boolean): string[] {
    const [users, clients] = [front.users.filter(has), front.clients.filter(has)];
    const rules = [
        ...(users.length === 0 ? [] : [`Require user ${users.map(({ name }) => name).join(" ")}`]),
        ...certificateOf(clients),
    ];
    return [
        ...(front.requiresClientCertificate ? certificateOf(front.clients) : []),
        ...(rules.length === 0 ? ["Require all denied"] : block("RequireAny", rules)),
    ];
}

function certificateOf(clients: readonly Person[]): string[] {
    const names = clients.map(({ name }) => `'${name}'`).join(", ");
    return clients.length === 0
        ? []
        : [`Require expr "%{SSL_CLIENT_VERIFY} == 'SUCCESS' && %{SSL_CLIENT_S_DN_CN} -in { ${names} }"`];
}

function escaped(path: string): string {
    return path.replaceAll(/[.+]/g, String.raw`\$&`);
}

function block(head: string, content: readonly string[]): string[] {
    const [name = ""] = head.split(" ");
    return [`<${head}>`, ...content.map((line) => `    ${line}`), `</${name}>`];
}

function lines(all: readonly string[]): string {
    return all.map((line) => `${line}\n`).join("");
}
