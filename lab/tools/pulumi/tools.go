//go:build tools

// Package tools pins the engine that the lab runs; `go build` finds the command through it.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
