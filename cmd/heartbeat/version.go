package main

import (
	"fmt"
	"io"
	"runtime"

	"heartbeat/internal/app"
)

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(stdout io.Writer) error {
	fmt.Fprintf(stdout, "heartbeat %s %s %s/%s\n", app.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
