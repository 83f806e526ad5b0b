package awsenv_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"heartbeat/internal/awsenv"
)

// home makes an empty machine: no credentials, no region, no metadata service;
// text is its ~/.aws/config.
func home(t *testing.T, text string) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "") // puts it back afterwards
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "config")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", path)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "credentials"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

const profiles = `[profile work]
region = eu-west-3
aws_access_key_id = AKIDWORK
aws_secret_access_key = secret
`

func TestLoad_RegionOfFlagBeforeVariableBeforeProfile(t *testing.T) {
	home(t, profiles)
	load := func(region string) string {
		t.Helper()
		env, err := awsenv.Load(t.Context(), awsenv.Config{Region: region, Profile: "work"})
		if err != nil {
			t.Fatal(err)
		}
		return env.Region()
	}
	if got := load(""); got != "eu-west-3" {
		t.Errorf("of the profile: %s", got)
	}
	t.Setenv("AWS_REGION", "us-east-2")
	if got := load(""); got != "us-east-2" {
		t.Errorf("of the variable: %s", got)
	}
	if got := load("ap-south-1"); got != "ap-south-1" {
		t.Errorf("of the flag: %s", got)
	}
}

func TestLoad_CredentialsOfAProfile(t *testing.T) {
	home(t, profiles)
	env, err := awsenv.Load(t.Context(), awsenv.Config{Profile: "work"})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := env.AWS.Credentials.Retrieve(t.Context())
	if err != nil || keys.AccessKeyID != "AKIDWORK" {
		t.Errorf("got %q, %v", keys.AccessKeyID, err)
	}
}

func TestLoad_SaysWhatIsMissing(t *testing.T) {
	home(t, profiles)
	if _, err := awsenv.Load(t.Context(), awsenv.Config{}); !errors.Is(err, awsenv.ErrNoRegion) {
		t.Errorf("no region: got %v", err)
	}
	_, err := awsenv.Load(t.Context(), awsenv.Config{Region: "eu-west-3", Profile: "play"})
	if err == nil || !strings.Contains(err.Error(), `no profile "play"`) {
		t.Errorf("no profile: got %v", err)
	}
}

func TestExplain_NoCredentials(t *testing.T) {
	home(t, "")
	env, err := awsenv.Load(t.Context(), awsenv.Config{Region: "eu-west-3"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = sts.NewFromConfig(env.AWS).GetCallerIdentity(t.Context(), nil)
	got := env.Explain(err)
	if got == nil || !strings.HasPrefix(got.Error(), "there are no AWS credentials: set AWS_ACCESS_KEY_ID") {
		t.Errorf("got %v", got)
	}
}

func TestExplain_SaysWhatToDo(t *testing.T) {
	home(t, profiles)
	env, err := awsenv.Load(t.Context(), awsenv.Config{Profile: "work"})
	if err != nil {
		t.Fatal(err)
	}
	code := func(code, message string) error {
		return fmt.Errorf("operation error: %w", &smithy.GenericAPIError{Code: code, Message: message})
	}
	for _, test := range []struct {
		err  error
		want string
	}{
		{code("ExpiredToken", ""), `have expired: get new ones, for SSO with "aws sso login --profile work"`},
		{fmt.Errorf("x: %w", &ssocreds.InvalidTokenError{}), `the SSO session has ended: run "aws sso login --profile work"`},
		{code("SignatureDoesNotMatch", ""), "does not accept these credentials"},
		{
			&smithy.OperationError{ServiceID: "S3", OperationName: "PutObject", Err: code("AccessDenied", "Access Denied")},
			"AWS forbids S3 PutObject: Access Denied",
		},
		{code("AccessDenied", ""), "docs/deploy-aws.md"},
		{code("Throttling", "slow down"), "slow down"},
		{errors.New("a plain one"), "a plain one"},
	} {
		if got := env.Explain(test.err); got == nil || !strings.Contains(got.Error(), test.want) {
			t.Errorf("got %v, want …%s…", got, test.want)
		}
	}
	if env.Explain(nil) != nil {
		t.Error("no error was made one")
	}
}
