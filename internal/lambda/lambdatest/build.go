package lambdatest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// Build builds a package as the functions are built for Lambda, for the
// architecture arch: that of this machine to run it, arm64 to ship it.
func Build(ctx context.Context, pkg, arch, binary string) error {
	build := exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc", "-trimpath", "-ldflags=-s -w", "-o", binary, pkg)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return nil
}
