#!/usr/bin/env bash
# The cluster's keys, certificates and kubeconfigs, made once: a restarted cluster is the same cluster.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"

umask 077
mkdir -p "$PKI"

# Debian's openssl.cnf adds CA:TRUE to every certificate that it self-signs or issues by `req -x509`; an empty one does not.
config=$PKI/openssl.cnf
printf '[req]\ndistinguished_name = dn\n[dn]\n' >"$config"

# certificate NAME SUBJECT EXTENSION…: an issued one last, so that a run cut short is repeated.
certificate() {
    local name=$1 subject=$2 extension arguments=()
    shift 2
    [[ -s $PKI/$name.crt ]] && return 0
    for extension; do arguments+=(-addext "$extension"); done
    [[ $name == ca ]] || arguments+=(-CA "$PKI/ca.crt" -CAkey "$PKI/ca.key")
    openssl req -x509 -config "$config" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 \
        -subj "$subject" -keyout "$PKI/$name.key" -out "$PKI/$name.crt.new" "${arguments[@]}" 2>"$PKI/$name.log" || {
        cat "$PKI/$name.log" >&2
        return 1
    }
    rm -f "$PKI/$name.log"
    mv "$PKI/$name.crt.new" "$PKI/$name.crt"
}

client() { certificate "$1" "$2" keyUsage=critical,digitalSignature extendedKeyUsage=clientAuth; }

server() { certificate "$1" "$2" keyUsage=critical,digitalSignature extendedKeyUsage=serverAuth "subjectAltName=$3"; }

# kubeconfig FILE USER CERTIFICATE
kubeconfig() {
    [[ -s $1 ]] && return 0
    cat >"$1.new" <<YAML
apiVersion: v1
kind: Config
current-context: lab
clusters:
    - name: lab
      cluster:
          server: $API_SERVER
          certificate-authority-data: $(base64 -w 0 "$PKI/ca.crt")
contexts:
    - name: lab
      context:
          cluster: lab
          user: $2
users:
    - name: $2
      user:
          client-certificate-data: $(base64 -w 0 "$PKI/$3.crt")
          client-key-data: $(base64 -w 0 "$PKI/$3.key")
YAML
    mv "$1.new" "$1"
}

certificate ca /CN=external-prometheus-lab basicConstraints=critical,CA:TRUE keyUsage=critical,keyCertSign,cRLSign
# In pods the API server goes by the first address of the service range.
server kube-apiserver /CN=kube-apiserver \
    "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,IP:${SERVICE_CIDR%.0/*}.1,IP:$CLUSTER_ADDRESS,IP:127.0.0.1"
server kubelet "/O=system:nodes/CN=system:node:$NODE" "DNS:$NODE,IP:$CLUSTER_ADDRESS"
client kube-apiserver-kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client
client node "/O=system:nodes/CN=system:node:$NODE"
client kube-controller-manager /CN=system:kube-controller-manager
client kube-scheduler /CN=system:kube-scheduler
client kube-proxy /CN=system:kube-proxy
client admin /O=system:masters/CN=lab

if [[ ! -s $PKI/service-account.pub ]]; then
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$PKI/service-account.key"
    openssl pkey -in "$PKI/service-account.key" -pubout -out "$PKI/service-account.pub"
fi

for component in kube-controller-manager kube-scheduler kube-proxy; do
    kubeconfig "$PKI/$component.kubeconfig" "system:$component" "$component"
done
kubeconfig "$PKI/kubelet.kubeconfig" "system:node:$NODE" node
kubeconfig "$ADMIN_KUBECONFIG" lab admin
