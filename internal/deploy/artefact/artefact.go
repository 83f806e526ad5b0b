// Package artefact makes the zip file that Lambda runs: one arm64 program called
// bootstrap, the same for every function of a stack.
//
// A release of Heartbeat carries it within itself. A program that was built
// without the tag "release" makes it with the Go toolchain, from a checkout of
// the source.
package artefact

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	// program is the name under which the runtime looks for what to start.
	program = "bootstrap"
	// module is whose source makes the program, and command the part of it.
	module  = "heartbeat"
	command = "./cmd/heartbeat-lambda"
	// maxZip is the most that Lambda takes, and far more than the program has.
	maxZip = 50 << 20
)

// Artefact is a zip file for Lambda.
type Artefact struct {
	Zip []byte
	// From says in a few words where it is from.
	From string
}

// Sum is the SHA-256 of the zip file in hex: its name in a bucket.
func (a Artefact) Sum() string {
	sum := sha256.Sum256(a.Zip)
	return hex.EncodeToString(sum[:])
}

// Config says where an artefact is to be had.
type Config struct {
	// File is a zip file made elsewhere; empty for the one that the program
	// carries, or else one made from source.
	File string
	// Folder is in the checkout of the source; empty for the working folder.
	Folder string
}

// ErrNone says that there is no artefact and no way to make one.
var ErrNone = errors.New("this program carries no code for AWS, as a release does: " +
	"take a release, or name a zip file with --zip, or run it in a checkout of Heartbeat's source with Go installed")

// Get returns the artefact.
func Get(ctx context.Context, cfg Config) (Artefact, error) {
	switch {
	case cfg.File != "":
		return read(cfg.File)
	case len(embedded) > 0:
		return Artefact{Zip: embedded, From: "carried by this program"}, nil
	}
	return Build(ctx, cfg.Folder)
}

// Build makes the artefact from the checkout of the source that folder is in.
// The same source and toolchain make the same bytes.
func Build(ctx context.Context, folder string) (Artefact, error) {
	root, err := checkout(ctx, folder)
	if err != nil {
		return Artefact{}, err
	}
	work, err := os.MkdirTemp("", "heartbeat-deploy-")
	if err != nil {
		return Artefact{}, err
	}
	defer func() { _ = os.RemoveAll(work) }() // what stays is in a folder for what may vanish
	binary := filepath.Join(work, program)
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=auto", "-tags", "lambda.norpc", "-trimpath",
		"-ldflags", "-s -w", "-o", binary, command)
	build.Dir = root
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0", "GOWORK=off")
	if output, err := build.CombinedOutput(); err != nil {
		return Artefact{}, fmt.Errorf("build %s in %s: %w\n%s", command, root, err, bytes.TrimSpace(output))
	}
	code, err := os.ReadFile(binary)
	if err != nil {
		return Artefact{}, err
	}
	packed, err := Pack(code)
	return Artefact{Zip: packed, From: "built from " + root}, err
}

// checkout is the root of the source that folder is in; ErrNone if it is in
// none.
func checkout(ctx context.Context, folder string) (string, error) {
	list := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Path}}\n{{.Dir}}")
	list.Dir = folder
	list.Env = append(os.Environ(), "GOWORK=off")
	output, err := list.Output()
	path, root, _ := strings.Cut(strings.TrimSpace(string(output)), "\n")
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil || path != module || root == "" {
		return "", ErrNone
	}
	return root, nil
}

// Pack makes a zip file of the program. It depends on nothing but the code.
func Pack(code []byte) ([]byte, error) {
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	// A function begins with fetching it, so every byte counts.
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestCompression)
	})
	header := &zip.FileHeader{
		Name:     program,
		Method:   zip.Deflate,
		Modified: time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC), // the oldest that zip knows
	}
	header.SetMode(0o755)
	file, err := w.CreateHeader(header)
	if err != nil {
		return nil, err
	}
	if _, err := file.Write(code); err != nil {
		return nil, err
	}
	err = w.Close()
	return packed.Bytes(), err
}

// read returns a zip file made elsewhere, if it has what Lambda starts.
func read(path string) (Artefact, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Artefact{}, fmt.Errorf("--zip %s does not exist", path)
	case err != nil:
		return Artefact{}, fmt.Errorf("--zip: %w", err)
	case info.IsDir() || info.Size() > maxZip:
		return Artefact{}, fmt.Errorf("--zip %s is no zip file of at most %d MB", path, maxZip>>20)
	}
	packed, err := os.ReadFile(path)
	if err != nil {
		return Artefact{}, fmt.Errorf("--zip: %w", err)
	}
	if err := check(packed); err != nil {
		return Artefact{}, fmt.Errorf("--zip %s: %w", path, err)
	}
	return Artefact{Zip: packed, From: path}, nil
}

// elf is the first bytes of a 64-bit little-endian program for Linux, and arm64
// the two at offset 18.
const (
	elf   = "\x7fELF\x02\x01"
	arm64 = "\xb7\x00"
)

func check(packed []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return fmt.Errorf("is no zip file: %w", err)
	}
	file, err := archive.Open(program)
	if err != nil {
		return fmt.Errorf("has no file %q at its top, which Lambda starts", program)
	}
	defer func() { _ = file.Close() }() // it was only read
	head := make([]byte, 20)
	if _, err := io.ReadFull(file, head); err != nil || string(head[:6]) != elf || string(head[18:]) != arm64 {
		return fmt.Errorf("%s is no program for Linux on arm64: build it with GOOS=linux GOARCH=arm64", program)
	}
	return nil
}
