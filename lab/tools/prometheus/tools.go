//go:build tools

// Package tools pins the Prometheus that the lab runs; `go build` finds the commands through it.
package tools

import (
	_ "github.com/prometheus/prometheus/cmd/prometheus"
	_ "github.com/prometheus/prometheus/cmd/promtool"
)
