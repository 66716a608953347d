#!/usr/bin/env bash
# Writes the configuration of the stack `lab`, as a person would write that of an environment: plain keys into its file,
# secrets through `pulumi config set --secret`.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

file=$PROJECT/Pulumi.lab.yaml

indented() { sed 's/^/                /' "$1"; }

plain_configuration() {
    local tarball sha256 blackbox_exporter version
    tarball=$("$LAB/release/tarball.sh")
    read -r sha256 _ <"$tarball.sha256"
    read -ra blackbox_exporter < <("$LAB/release/more.sh" blackbox_exporter)
    version=${blackbox_exporter[0]##*/blackbox_exporter-}
    cat <<YAML
config:
    external-prometheus:vm:
        host: $VM_ADDRESS
        hostKey: $(<"$STATE/vm/host_key.pub")
    external-prometheus:prometheus:
        url: http://$SWITCH_ADDRESS:8080/$(basename "$tarball")
        sha256: $sha256
        scrapeInterval: 5s
    external-prometheus:blackboxExporter:
        version: ${version%.linux-amd64.tar.gz}
        url: ${blackbox_exporter[0]}
        sha256: ${blackbox_exporter[1]}
    external-prometheus:front:
        serverName: $VM_ADDRESS
        users: { alice: { roles: [viewer] } }
        clients: { grafana: { roles: [viewer] } }
    external-prometheus:clusters:
        lab:
            server: https://$CLUSTER_ADDRESS:6443
            context: lab
            caCertificate: |
$(indented "$STATE/cluster/pki/ca.crt")
            jobs:
                # Its samples have times of their own, often older than five seconds.
                kubernetes-nodes-cadvisor: { interval: 15s }
                kubernetes-pods: { interval: 5s }
                kubernetes-service-endpoints: { interval: 5s }
                etcd: { path: direct }
                # Their certificates are their own, as kubeadm leaves them.
                kube-scheduler: { path: direct, insecureSkipVerify: true }
                kube-controller-manager: { path: direct, insecureSkipVerify: true }
                node-exporter: { path: direct }
                kube-state-metrics: { path: federate }
            endpoint:
                prometheus: { namespace: monitoring, pods: [prometheus-0, prometheus-1] }
                gateway:
                    nodeAddresses: [$CLUSTER_ADDRESS]
                    nodePorts: [30990, 30991]
                    image: docker.io/lab/nginx:1.22
                    imagePullPolicy: Never
    external-prometheus:scrapeJobs:
        node:
            targets: ["$SWITCH_ADDRESS:9100"]
YAML
}

mkdir -p "$STATE/pulumi-home" "$STATE/pulumi-state"
chmod 0700 "$STATE/pulumi-home" "$STATE/pulumi-state"
# The engine keeps a compressed log of each run, with every property of every resource: a sixth of what an `up` costs the
# processor. It keeps none where its place is taken.
[[ -f $STATE/pulumi-home/logs ]] || { rm -rf "$STATE/pulumi-home/logs" && : >"$STATE/pulumi-home/logs"; }
if [[ ! -s $STATE/pulumi-passphrase ]]; then
    (umask 077 && head -c 24 /dev/urandom | base64 >"$STATE/pulumi-passphrase")
fi
if [[ ! -s $STATE/front-password-hash ]]; then
    (umask 077 && head -c 15 /dev/urandom | base64 >"$STATE/front-password")
    htpasswd -niBC 10 alice <"$STATE/front-password" | cut -s -d : -f 2 >"$STATE/front-password-hash"
fi
plain=$(plain_configuration)
# Encrypting takes seconds, and a new ciphertext of the same secret says nothing new.
ingredients=$(sha256sum - "$STATE/vm/id_ed25519" "$STATE/cluster/admin.kubeconfig" "$STATE/front-password-hash" \
    <<<"$plain")
if [[ -e $file && -e $STATE/stack ]]; then
    [[ $(<"$STATE/stack") == "$ingredients $(sha256sum <"$file")" ]] && exit 0
fi

# The salt that belongs to this lab's passphrase, whichever lab or checkout the file is from.
salt=$(cat "$STATE/pulumi-salt" 2>/dev/null || true)
printf '%s\n' ${salt:+"$salt"} "$plain" >"$file"
"$LAB/pulumi" stack ls --json | grep --quiet '"name": "lab"' || "$LAB/pulumi" stack init lab --no-select
"$LAB/pulumi" config set --secret vmPrivateKey <"$STATE/vm/id_ed25519"
grep '^encryptionsalt:' "$file" >"$STATE/pulumi-salt"
"$LAB/pulumi" config set --secret --path kubeconfigs.lab <"$STATE/cluster/admin.kubeconfig"
"$LAB/pulumi" config set --secret --path frontPasswordHashes.alice <"$STATE/front-password-hash"
echo "$ingredients $(sha256sum <"$file")" >"$STATE/stack"
