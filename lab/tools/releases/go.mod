module external-prometheus/lab/tools/releases

go 1.25.0

require (
	github.com/prometheus/alertmanager v0.34.2
	github.com/prometheus/node_exporter v1.12.1
	github.com/prometheus/prometheus v0.313.3
)
