package lambdatest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"heartbeat/internal/lambda/lambdatest"
)

var binary string

func TestMain(m *testing.M) {
	code := func() int {
		dir, err := os.MkdirTemp("", "lambdatest-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }() // nothing of it is needed
		binary = filepath.Join(dir, "bootstrap")
		return m.Run()
	}()
	os.Exit(code)
}

var build = sync.OnceValue(func() error {
	return lambdatest.Build(context.Background(), "./testdata/echo", runtime.GOARCH, binary)
})

func start(t *testing.T, timeout time.Duration) *lambdatest.Runtime {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	return lambdatest.Start(t, lambdatest.Config{Binary: binary, Env: []string{"COLOUR=green"}, Timeout: timeout})
}

func TestInvoke_AnswersOneAfterAnother(t *testing.T) {
	t.Parallel()
	rt := start(t, 0)
	if rt.Init() <= 0 || rt.Init() > 10*time.Second {
		t.Errorf("init took %v", rt.Init())
	}
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			want := strconv.Itoa(i)
			got, err := rt.Invoke(t.Context(), []byte(want))
			if err != nil || string(got) != want {
				t.Errorf("got %s, %v, want %s", got, err, want)
			}
		})
	}
	wg.Wait()
}

func TestInvoke_ErrorsAreTheFunctions(t *testing.T) {
	t.Parallel()
	rt := start(t, 0)
	_, err := rt.Invoke(t.Context(), []byte(`"fail"`))
	var failure *lambdatest.FunctionError
	if !errors.As(err, &failure) || failure.Message != "as was asked for" {
		t.Errorf("got %v", err)
	}
	if got, err := rt.Invoke(t.Context(), []byte(`7`)); err != nil || string(got) != "7" {
		t.Errorf("after an error: %s, %v", got, err)
	}
}

func TestInvoke_OneThatDiesIsNoticed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		event, word string
		timeout     time.Duration
	}{
		{`"exit"`, "last words", 0},
		{`"hang"`, "timed out", time.Second},
		{`"long"`, "too large", time.Minute},
	} {
		rt := start(t, c.timeout)
		if _, err := rt.Invoke(t.Context(), []byte(c.event)); err == nil || !strings.Contains(err.Error(), c.word) {
			t.Errorf("%s: %v", c.event, err)
		}
		if _, err := rt.Invoke(t.Context(), []byte(`1`)); err == nil || !strings.Contains(err.Error(), "has ended") {
			t.Errorf("after %s: %v", c.event, err)
		}
	}
}

func TestInvoke_TellsTheDeadline(t *testing.T) {
	t.Parallel()
	got, err := start(t, 30*time.Second).Invoke(t.Context(), []byte(`"left"`))
	if left, _ := strconv.Atoi(string(got)); err != nil || left < 25_000 || left > 30_000 {
		t.Errorf("%s ms are left, want 30,000: %v", got, err)
	}
}

func TestStart_GivesTheEnvironmentOfLambda(t *testing.T) {
	t.Setenv("OUTSIDE", "1")
	got, err := start(t, 0).Invoke(t.Context(), []byte(`"env"`))
	if err != nil {
		t.Fatal(err)
	}
	env := "\n" + string(got) + "\n"
	if !strings.Contains(env, "\nCOLOUR=green\n") || !strings.Contains(env, "\nAWS_REGION=eu-central-1\n") || strings.Contains(env, "OUTSIDE") {
		t.Errorf("got %s", got)
	}
}

func TestRun_OneThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	_, err := lambdatest.Run(t.Context(), lambdatest.Config{Binary: binary, Env: []string{"BREAK=1"}})
	if err == nil || !strings.Contains(err.Error(), "cannot start") {
		t.Errorf("got %v", err)
	}
	if _, err := lambdatest.Run(t.Context(), lambdatest.Config{Binary: "/no/such"}); err == nil {
		t.Error("a program that does not exist was started")
	}
}
