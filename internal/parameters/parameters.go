// Package parameters reads the secrets of a deployment from the Parameter Store
// of AWS Systems Manager, where heartbeat deploy puts them as SecureStrings.
//
// It makes the one call that it needs by hand, with the SDK's signature: the
// SDK's client for this service would add a third to the size of the functions,
// and to the time that they need to start.
//
// The call is described at
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html.
package parameters

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	// callTime is how long one call may take.
	callTime = 5 * time.Second
	// attempts is how often it is made at most, pause how long to wait between.
	attempts = 4
	pause    = 200 * time.Millisecond
	// maxAnswer is longer than the answer for as many parameters as one call can
	// ask for, ten, of the largest size.
	maxAnswer = 1 << 20
)

// Config says where the parameters are.
type Config struct {
	Region string
	// Endpoint is where an emulator listens; empty for AWS itself.
	Endpoint string
}

// Reader reads parameters. Credentials are those that Lambda sets:
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
type Reader struct {
	region, endpoint string
	client           http.Client
}

// New returns a reader. It makes no call.
func New(cfg Config) *Reader {
	r := &Reader{region: cfg.Region, endpoint: cfg.Endpoint, client: http.Client{Timeout: callTime}}
	if r.endpoint == "" {
		domain := "amazonaws.com"
		if strings.HasPrefix(cfg.Region, "cn-") {
			domain = "amazonaws.com.cn"
		}
		r.endpoint = "https://ssm." + cfg.Region + "." + domain
	}
	return r
}

// Read returns the parameters of these names (ten at most) below path, by name.
// Those that do not exist are left out.
func (r *Reader) Read(ctx context.Context, path string, names ...string) (map[string]string, error) {
	request := struct {
		Names          []string
		WithDecryption bool
	}{WithDecryption: true}
	for _, name := range names {
		request.Names = append(request.Names, path+"/"+name)
	}
	body, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Parameters []struct{ Name, Value string }
	}
	if err := r.call(ctx, body, &answer); err != nil {
		return nil, fmt.Errorf("read the parameters below %s: %w", path, err)
	}
	found := make(map[string]string, len(answer.Parameters))
	for _, p := range answer.Parameters {
		found[strings.TrimPrefix(p.Name, path+"/")] = p.Value
	}
	return found, nil
}

// call makes the call until it is answered.
func (r *Reader) call(ctx context.Context, body []byte, into any) error {
	for i := 1; ; i++ {
		again, err := r.once(ctx, body, into)
		if err == nil || !again || i == attempts {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(time.Duration(i) * pause):
		}
	}
}

// once makes the call and tells, if it fails, whether another could succeed.
func (r *Reader) once(ctx context.Context, body []byte, into any) (again bool, err error) {
	request, err := r.request(ctx, body)
	if err != nil {
		return false, err
	}
	response, err := r.client.Do(request)
	if err != nil {
		return true, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return true, err
	}
	if response.StatusCode == http.StatusOK {
		return false, json.Unmarshal(text, into)
	}
	var problem struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(text, &problem) // what cannot be read is left empty
	again = response.StatusCode >= 500 || strings.HasSuffix(problem.Type, "ThrottlingException")
	return again, fmt.Errorf("status %d %s: %s", response.StatusCode, problem.Type, problem.Message)
}

func (r *Reader) request(ctx context.Context, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.endpoint+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AmazonSSM.GetParameters")
	sum := sha256.Sum256(body)
	return request, v4.NewSigner().SignHTTP(ctx, aws.Credentials{
		AccessKeyID:     os.Getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    os.Getenv("AWS_SESSION_TOKEN"),
	}, request, hex.EncodeToString(sum[:]), "ssm", r.region, time.Now())
}
