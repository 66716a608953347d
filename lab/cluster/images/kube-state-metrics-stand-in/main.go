// Command kube-state-metrics-stand-in has some of the names of kube-state-metrics, with values that never change: it looks at
// no API server, and says of the node that it runs on that it is ready.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
)

const metrics = `# HELP kube_node_info A stand-in's word for a node.
# TYPE kube_node_info gauge
kube_node_info{node=%[1]q} 1
# HELP kube_node_status_condition A stand-in's word for a node's condition.
# TYPE kube_node_status_condition gauge
kube_node_status_condition{node=%[1]q,condition="Ready",status="true"} 1
kube_node_status_condition{node=%[1]q,condition="Ready",status="false"} 0
kube_node_status_condition{node=%[1]q,condition="Ready",status="unknown"} 0
# HELP kube_deployment_spec_replicas A stand-in's word for a deployment.
# TYPE kube_deployment_spec_replicas gauge
kube_deployment_spec_replicas{namespace="shop",deployment="orders"} 2
kube_deployment_spec_replicas{namespace="shop",deployment="catalog"} 1
`

func main() {
	node := os.Getenv("NODE")
	http.HandleFunc("/metrics", func(response http.ResponseWriter, _ *http.Request) {
		response.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		fmt.Fprintf(response, metrics, node)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
