package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
)

// Secret is a word that must not be shown. Printing, logging and marshalling
// hide it; [Secret.Reveal] is the only way to the word itself.
type Secret string

const hidden = "[hidden]"

// Reveal returns the word itself.
func (s Secret) Reveal() string { return string(s) }

// String hides the secret; an empty one stays empty.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return `"` + s.String() + `"` }

// LogValue hides the secret from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the secret from JSON and the like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// maxFile bounds a file of secrets: whoever names a larger one named another
// file than they meant.
const maxFile = 64 << 10

// readFile returns a file's lines, without blank lines at its end.
func readFile(path string) ([]string, error) {
	if path == "" {
		return nil, errors.New("is set but empty: name a file, or leave it out")
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a directory: name the file in it", path)
	}
	if err == nil && info.Size() > maxFile {
		return nil, fmt.Errorf("%s is larger than %d kB: is it the right file?", path, maxFile>>10)
	}
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s does not exist", path)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%s must not be read by this user: change its owner or mode", path)
	case err != nil:
		return nil, err
	}
	text := strings.TrimPrefix(string(data), "\ufeff") // some editors begin a file so
	lines := strings.Split(strings.TrimRight(text, "\r\n \t"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], "\r")
	}
	return lines, nil
}
