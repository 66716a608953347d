import { createHash } from "node:crypto";
import { hostPort } from "../url";

/** Where the gateway's pods find their configuration and certificates. */
export const GATEWAY_DIRECTORY = "/etc/external-prometheus";
/** Plain HTTP, for the kubelet's probes alone: it has no client certificate to show. */
export const HEALTH_PORT = 8080;
/** Port of the first replica inside the gateway's pods; the others follow. */
const FIRST_PORT = 8443;

/** Port inside the gateway's pods that leads to the replica with this index. */
export function replicaPort(index: number): number {
    return FIRST_PORT + index;
}

/** Address of one replica of the Prometheus in the cluster, as the gateway's pods reach it. */
export interface Upstream {
    /** An IP address: pods may have no DNS, and none shall be needed when the cluster is ill. */
    readonly address: string;
    readonly port: number;
}

/**
 * The nginx.conf of the gateway: for each replica a port that asks for a client certificate and lets through nothing
 * but GET /federate, which is below the route prefix there. Writes only below /tmp, needs no privilege, and runs on nginx 1.19.10 and later.
 */
export function renderGatewayConfiguration(upstreams: readonly Upstream[], routePrefix: string): string {
    return `# Managed by external-prometheus (Pulumi); a change made here is lost.
worker_processes 1;
pid /tmp/nginx.pid;
error_log stderr warn;

events {
    worker_connections 512;
}

http {
    client_body_temp_path /tmp/client_body;
    proxy_temp_path /tmp/proxy;
    fastcgi_temp_path /tmp/fastcgi;
    uwsgi_temp_path /tmp/uwsgi;
    scgi_temp_path /tmp/scgi;

    access_log /dev/stdout;
    server_tokens off;
    default_type text/plain;
    client_header_timeout 10s;
    # No connection lasts longer than a pod that is about to end waits.
    keepalive_timeout 5s;
    keepalive_time 10s;

    ssl_certificate ${GATEWAY_DIRECTORY}/tls.crt;
    ssl_certificate_key ${GATEWAY_DIRECTORY}/tls.key;
    ssl_client_certificate ${GATEWAY_DIRECTORY}/ca.crt;
    ssl_verify_client on;
    ssl_verify_depth 1;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305;
    ssl_session_tickets off;

    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Content-Length "";
    proxy_pass_request_body off;
    proxy_connect_timeout 5s;
    # A slow reader slows the sender down, instead of filling a disk.
    proxy_max_temp_file_size 0;

    server {
        listen ${HEALTH_PORT};
        access_log off;
        location = /healthz {
            return 200 "ok\\n";
        }
        location / {
            return 404;
        }
    }
${upstreams.map((upstream, i) => renderReplica(upstream, i, routePrefix)).join("")}}
`;
}

function renderReplica(upstream: Upstream, index: number, routePrefix: string): string {
    return `
    server {
        listen ${replicaPort(index)} ssl;
        location = /healthz {
            return 200 "ok\\n";
        }
        location = /federate {
            limit_except GET {
                deny all;
            }
            # With a path of its own, since nginx would pass on the one that was asked for as it was written, dots and all.
            proxy_pass http://${hostPort(upstream.address, upstream.port)}${routePrefix}/federate;
        }
        location / {
            return 403;
        }
    }
`;
}

/** Changes whenever pods must be replaced in order to see new content. Takes certificates only, so it tells of no key. */
export function contentChecksum(configuration: string, certificates: readonly string[]): string {
    return createHash("sha256")
        .update(JSON.stringify([configuration, ...certificates]))
        .digest("hex");
}
