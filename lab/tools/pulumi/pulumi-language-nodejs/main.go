// Command pulumi-language-nodejs runs a Pulumi program in TypeScript where the official language host cannot be had.
//
// It implements the part of pulumirpc.LanguageRuntime that `pulumi preview`, `up` and `destroy` call. The program talks to
// the engine itself, without a proxy in between, so that every call the Node SDK knows gets through.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// mark is set by the lab alone. Without it this host would pass for the official one.
const mark = "EXTERNAL_PROMETHEUS_LAB"

// bailed is the exit code by which the Node SDK says that it has reported the error itself (sdk/nodejs/cmd/run).
const bailed = 32

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	engine string
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "3.259.0"}, nil
}

func (h *host) GetRequiredPackages(context.Context, *pulumirpc.GetRequiredPackagesRequest) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

func (h *host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	run := filepath.Join(req.Info.ProgramDirectory, "node_modules", "@pulumi", "pulumi", "cmd", "run")
	args := []string{run, "--monitor", req.MonitorAddress, "--engine", h.engine, "--project", req.Project,
		"--stack", req.Stack, "--organization", req.Organization, "--pwd", req.Info.ProgramDirectory,
		"--parallel", strconv.Itoa(int(req.Parallel))}
	if req.DryRun {
		args = append(args, "--dry-run")
	}
	if req.Config == nil {
		// The program's library wants an object.
		req.Config = map[string]string{}
	}
	config, err := json.Marshal(req.Config)
	if err != nil {
		return nil, err
	}
	secretKeys, err := json.Marshal(req.ConfigSecretKeys)
	if err != nil {
		return nil, err
	}
	node := exec.CommandContext(ctx, "node", append(args, req.Info.EntryPoint)...)
	node.Dir = req.Info.ProgramDirectory
	node.Env = append(os.Environ(), "PULUMI_CONFIG="+string(config), "PULUMI_CONFIG_SECRET_KEYS="+string(secretKeys),
		"PULUMI_NODEJS_TYPESCRIPT=true")
	// The engine shows what the language host prints; the host's standard output carries the port, so both go to standard error.
	node.Stdout, node.Stderr = os.Stderr, os.Stderr
	err = node.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case errors.As(err, &exit) && exit.ExitCode() == bailed:
		return &pulumirpc.RunResponse{Bail: true}, nil
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program failed: %v", err)}, nil
	}
}

func main() {
	if os.Getenv(mark) == "" {
		fmt.Fprintln(os.Stderr, "pulumi-language-nodejs: this is the lab's own language host; it runs inside the lab only. Install the official Pulumi CLI for other stacks.")
		os.Exit(1)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-nodejs:", err)
		os.Exit(1)
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(400 << 20))
	pulumirpc.RegisterLanguageRuntimeServer(server, &host{engine: os.Args[len(os.Args)-1]})
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	// The engine holds the other end of standard input: when it ends, however it ends, this host has nobody left to serve.
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	if err := server.Serve(listener); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-nodejs:", err)
		os.Exit(1)
	}
}
