package artefact_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heartbeat/internal/deploy/artefact"
)

// program is the beginning of one for Linux on arm64.
var program = []byte("\x7fELF\x02\x01" + strings.Repeat("\x00", 12) + "\xb7\x00 and so on")

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func pack(t *testing.T, code []byte) []byte {
	t.Helper()
	packed, err := artefact.Pack(code)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

func TestPack_OneProgramThatMayRunAndNothingElse(t *testing.T) {
	t.Parallel()
	packed := pack(t, program)
	if !bytes.Equal(packed, pack(t, program)) {
		t.Error("the same code was packed into other bytes")
	}
	archive, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	if len(archive.File) != 1 || archive.File[0].Name != "bootstrap" || archive.File[0].Mode() != 0o755 {
		t.Fatalf("got %+v", archive.File)
	}
	file, err := archive.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	if code, err := io.ReadAll(file); err != nil || !bytes.Equal(code, program) {
		t.Errorf("got %q, %v", code, err)
	}
}

func TestGet_TakesAZipFile(t *testing.T) {
	t.Parallel()
	packed := pack(t, program)
	path := write(t, "code.zip", packed)
	got, err := artefact.Get(t.Context(), artefact.Config{File: path})
	if err != nil || !bytes.Equal(got.Zip, packed) || got.From != path || len(got.Sum()) != 64 {
		t.Errorf("got %d bytes from %q, %v", len(got.Zip), got.From, err)
	}
}

func TestGet_RefusesAZipFileThatLambdaCouldNotRun(t *testing.T) {
	t.Parallel()
	var other bytes.Buffer
	w := zip.NewWriter(&other)
	if _, err := w.Create("main"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	intel := bytes.Replace(program, []byte("\xb7"), []byte("\x3e"), 1)
	for _, test := range []struct{ path, want string }{
		{filepath.Join(t.TempDir(), "none.zip"), "does not exist"},
		{t.TempDir(), "is no zip file"},
		{write(t, "text.zip", []byte("hello")), "is no zip file"},
		{write(t, "other.zip", other.Bytes()), `has no file "bootstrap"`},
		{write(t, "short.zip", pack(t, []byte("#!"))), "no program for Linux on arm64"},
		{write(t, "intel.zip", pack(t, intel)), "GOARCH=arm64"},
	} {
		if _, err := artefact.Get(t.Context(), artefact.Config{File: test.path}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want …%s…", err, test.want)
		}
	}
}

func TestGet_NoSourceAndNothingCarried(t *testing.T) {
	t.Parallel()
	if _, err := artefact.Get(t.Context(), artefact.Config{Folder: t.TempDir()}); !errors.Is(err, artefact.ErrNone) {
		t.Errorf("got %v", err)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "go.mod"), []byte("module example.org/other\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := artefact.Get(t.Context(), artefact.Config{Folder: other}); !errors.Is(err, artefact.ErrNone) {
		t.Errorf("in another module: got %v", err)
	}
}

func TestBuild_FromAnyFolderOfTheSource(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program for another machine")
	}
	t.Parallel()
	got, err := artefact.Build(t.Context(), ".")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := artefact.Get(t.Context(), artefact.Config{File: write(t, "built.zip", got.Zip)}); err != nil {
		t.Error(err)
	}
	if n := len(got.Zip); n > 5_000_000 {
		t.Errorf("the zip file has %d bytes, more than 5 MB", n)
	}
}
