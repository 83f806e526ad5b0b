// Command release makes what is published: the program for each system, with the
// code for AWS within it, their checksums, and the licences of what they are
// made of. It is run from the root of a clean checkout.
//
//	go run ./tools/release dist
package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"heartbeat/internal/deploy/artefact"
)

// carried is where the program embeds the code for AWS from.
const carried = "internal/deploy/artefact/bootstrap.zip"

// targets are the systems that a release is for.
var targets = [...]struct{ os, arch string }{
	{"linux", "amd64"},
	{"linux", "arm64"},
	{"darwin", "amd64"},
	{"darwin", "arm64"},
	{"windows", "amd64"},
	{"windows", "arm64"},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "release: name the folder to write to: go run ./tools/release dist")
		os.Exit(2)
	}
	if err := release(ctx, os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func release(ctx context.Context, dist string, w io.Writer) error {
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return err
	}
	fmt.Fprintln(w, "code for AWS")
	code, err := artefact.Build(ctx, ".")
	if err != nil {
		return err
	}
	if err := os.WriteFile(carried, code.Zip, 0o644); err != nil {
		return err
	}
	files := []string{"THIRD-PARTY.txt"}
	for _, t := range targets {
		name := fmt.Sprintf("heartbeat-%s-%s", t.os, t.arch)
		if t.os == "windows" {
			name += ".exe"
		}
		fmt.Fprintln(w, name)
		if err := build(ctx, t.os, t.arch, filepath.Join(dist, name)); err != nil {
			return err
		}
		files = append(files, name)
	}
	if err := writeLicences(ctx, filepath.Join(dist, "THIRD-PARTY.txt")); err != nil {
		return err
	}
	return writeSums(dist, files)
}

func build(ctx context.Context, system, arch, path string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=auto", "-tags", "release", "-trimpath",
		"-ldflags", "-s -w", "-o", path, "./cmd/heartbeat")
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+arch, "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build for %s/%s: %w\n%s", system, arch, err, output)
	}
	return nil
}

// writeSums writes SHA256SUMS in the form that sha256sum checks.
func writeSums(dist string, files []string) error {
	var sums strings.Builder
	for _, name := range slices.Sorted(slices.Values(files)) {
		data, err := os.ReadFile(filepath.Join(dist, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(data), name)
	}
	return os.WriteFile(filepath.Join(dist, "SHA256SUMS"), []byte(sums.String()), 0o644)
}

// module is what "go list" says of one.
type module struct {
	Path, Version, Dir string
	Main               bool
}

// writeLicences lists the modules in the programs, and then their licences in
// full, as those ask for.
func writeLicences(ctx context.Context, path string) error {
	modules, err := linked(ctx)
	if err != nil {
		return err
	}
	var list, texts strings.Builder
	for _, m := range modules {
		text, err := licence(m.Dir)
		if err != nil {
			return fmt.Errorf("licence of %s: %w", m.Path, err)
		}
		fmt.Fprintf(&list, "%-70s %-40s %s\n", m.Path, m.Version, kind(text))
		fmt.Fprintf(&texts, "\n==== %s %s\n\n%s\n", m.Path, m.Version, strings.TrimSpace(text))
	}
	head := "Heartbeat is made with these modules, whose licences follow.\n\n"
	return os.WriteFile(path, []byte(head+list.String()+texts.String()), 0o644)
}

// linked are the modules that any of the programs has code of, for any system.
func linked(ctx context.Context) ([]module, error) {
	found := make(map[string]module)
	for _, t := range targets {
		cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-tags", "release", "-json=Module", "./cmd/heartbeat", "./cmd/heartbeat-lambda")
		cmd.Env = append(os.Environ(), "GOOS="+t.os, "GOARCH="+t.arch, "CGO_ENABLED=0")
		output, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("list the modules: %w", err)
		}
		decoder := json.NewDecoder(strings.NewReader(string(output)))
		for {
			var p struct{ Module *module }
			if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("list the modules: %w", err)
			}
			if p.Module != nil && !p.Module.Main {
				found[p.Module.Path] = *p.Module
			}
		}
	}
	modules := slices.Collect(maps.Values(found))
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("find Go itself: %w", err)
	}
	modules = append(modules, module{Path: "go (the standard library)", Version: runtime.Version(), Dir: strings.TrimSpace(string(root))})
	slices.SortFunc(modules, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return modules, nil
}

// licence is the text of all licence files in a module's folder.
func licence(folder string) (string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() || !strings.HasPrefix(name, "LICENSE") && !strings.HasPrefix(name, "COPYING") && !strings.HasPrefix(name, "NOTICE") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return "", err
		}
		text.Write(data)
		text.WriteByte('\n')
	}
	if text.Len() == 0 {
		return "", errors.New("there is no file that says it")
	}
	return text.String(), nil
}

// kind is the common name of a licence. One that it does not know must be looked
// at.
func kind(text string) string {
	words := strings.Join(strings.Fields(text), " ")
	for _, k := range []struct{ sign, name string }{
		{"Apache License Version 2.0", "Apache-2.0"},
		{"Permission is hereby granted, free of charge", "MIT"},
		{"Neither the name", "BSD-3-Clause"},
		{"Redistribution and use in source and binary forms", "BSD-2-Clause"},
	} {
		if strings.Contains(words, k.sign) {
			return k.name
		}
	}
	return "see below"
}
