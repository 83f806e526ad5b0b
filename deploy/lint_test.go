package deploy_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestTemplate_LintFindsNothing(t *testing.T) {
	t.Parallel()
	lint, err := filepath.Abs("../tools/aws/.venv/bin/cfn-lint")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(lint); errors.Is(err, fs.ErrNotExist) {
		const missing = `cfn-lint is not installed: run "make aws-tools"`
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	// A wrong template beside it shows that the linter does look.
	wrong := filepath.Join(t.TempDir(), "wrong.yaml")
	if err := os.WriteFile(wrong, []byte("Resources: {Q: {Type: AWS::SQS::Queue, Properties: {Wrong: 1}}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), lint, "--format", "json", "--include-checks", "I", "--", "template.yaml", wrong).Output()
	var findings []struct{ Filename, Level, Message string }
	if json.Unmarshal(out, &findings) != nil {
		t.Fatalf("cfn-lint: %v: %s", err, out)
	}
	seen := false
	for _, f := range findings {
		seen = seen || f.Filename == wrong
		if f.Filename != wrong {
			t.Errorf("%s: %s: %s", f.Filename, f.Level, f.Message)
		}
	}
	if !seen {
		t.Errorf("nothing is found in a wrong template: %s", out)
	}
}
