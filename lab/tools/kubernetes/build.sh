#!/usr/bin/env bash
# The whole cluster in one binary that looks at the name by which it was called.
set -euo pipefail
out=$1
cd "$(dirname "${BASH_SOURCE[0]}")"
version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
IFS=. read -r major minor _ <<<"${version#v}"
# Without a version kubectl refuses to compare itself with the server.
CGO_ENABLED=0 go build -trimpath -o "$out/kubernetes" -ldflags "-s -w \
-X k8s.io/component-base/version.gitVersion=$version \
-X k8s.io/component-base/version.gitMajor=$major \
-X k8s.io/component-base/version.gitMinor=$minor \
-X k8s.io/client-go/pkg/version.gitVersion=$version" .
for name in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl; do
    ln -s kubernetes "$out/$name"
done
