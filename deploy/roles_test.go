package deploy_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/auth"
	"heartbeat/internal/monitor"
	"heartbeat/internal/store/dynamo"
	"heartbeat/internal/store/dynamo/dynalite"
)

var local dynalite.Server

func TestMain(m *testing.M) {
	code := m.Run()
	local.Stop()
	os.Exit(code)
}

// statement is one of a role's policy.
type statement struct{ actions, resources []string }

// allows returns what the policies of a role allow.
func (s *stack) allows(role string) []statement {
	s.t.Helper()
	var all []statement
	for _, policy := range at(s.resources[role], "Properties/Policies").([]any) {
		for _, st := range at(policy, "PolicyDocument/Statement").([]any) {
			if at(st, "Effect") != "Allow" {
				s.t.Errorf("%s: a statement with the effect %v", role, at(st, "Effect"))
			}
			all = append(all, statement{listed(at(st, "Action")), listed(at(st, "Resource"))})
		}
	}
	return all
}

// listed is a string or a list of them as a list.
func listed(v any) []string {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var texts []string
	for _, text := range list {
		texts = append(texts, fmt.Sprint(text))
	}
	return texts
}

// What each role may do, and with what. The one star is for what cannot be named:
// Lambda names the log streams, below a log group that is named.
func TestRoles_MayDoThisAndNoMore(t *testing.T) {
	t.Parallel()
	s := newStack(t, withHTTPAPI)
	const account = ":eu-west-1:123456789012:"
	parameters := []string{
		"arn:aws:ssm" + account + "parameter/heartbeat/beat/slack-webhook",
		"arn:aws:ssm" + account + "parameter/heartbeat/beat/webhook",
	}
	want := map[string]map[string][]string{
		"PulseRole": {
			"dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem":                                                          {"<StateTable.Arn>"},
			"dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem dynamodb:BatchGetItem dynamodb:Query": {"<LogTable.Arn>"},
			"logs:CreateLogStream logs:PutLogEvents":                                                                         {"arn:aws:logs" + account + "log-group:<PulseLogs>:log-stream:*"},
		},
		"WebRole": {
			"dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem dynamodb:Scan":                        {"<StateTable.Arn>"},
			"dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem dynamodb:Query dynamodb:BatchGetItem": {"<LogTable.Arn>"},
			"ssm:GetParameters":                      parameters,
			"logs:CreateLogStream logs:PutLogEvents": {"arn:aws:logs" + account + "log-group:<WebLogs>:log-stream:*"},
		},
		"MonitorRole": {
			"dynamodb:GetItem dynamodb:UpdateItem dynamodb:Scan":                                                             {"<StateTable.Arn>"},
			"dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem dynamodb:Query dynamodb:BatchGetItem": {"<LogTable.Arn>"},
			"ssm:GetParameters":                      parameters,
			"sqs:SendMessage":                        {"<FailedRuns.Arn>"},
			"logs:CreateLogStream logs:PutLogEvents": {"arn:aws:logs" + account + "log-group:<MonitorLogs>:log-stream:*"},
		},
		"ScheduleRole": {
			"lambda:InvokeFunction": {"<MonitorFunction.Arn>"},
			"sqs:SendMessage":       {"<FailedRuns.Arn>"},
		},
	}
	same(t, "roles", s.of("AWS::IAM::Role"), []string{"MonitorRole", "PulseRole", "ScheduleRole", "WebRole"})
	for role := range want {
		got := map[string][]string{}
		for _, st := range s.allows(role) {
			got[strings.Join(st.actions, " ")] = st.resources
		}
		same(t, role, got, want[role])
		s.is(role, map[string]any{"Properties/ManagedPolicyArns": nil})
	}
}

func TestRoles_AreTakenOnByTheirServiceOnly(t *testing.T) {
	t.Parallel()
	s := newStack(t, withHTTPAPI)
	for _, role := range s.of("AWS::IAM::Role") {
		service, condition := "lambda.amazonaws.com", any(nil)
		if role == "ScheduleRole" {
			service, condition = "scheduler.amazonaws.com", object{"StringEquals": object{"aws:SourceAccount": "123456789012"}}
		}
		same(t, role, at(s.resources[role], "Properties/AssumeRolePolicyDocument/Statement").([]any), []any{
			statementOf(service, condition),
		})
	}
}

func statementOf(service string, condition any) object {
	st := object{"Effect": "Allow", "Principal": object{"Service": service}, "Action": "sts:AssumeRole"}
	if condition != nil {
		st["Condition"] = condition
	}
	return st
}

// Stars stand only where they are meant: in the names of log streams, and for
// whoever calls a Function URL.
func TestTemplate_HasNoOtherStars(t *testing.T) {
	t.Parallel()
	for _, parameters := range []map[string]string{withHTTPAPI, withFunctionURL, withDomain} {
		s := newStack(t, parameters)
		var walk func(where string, v any)
		walk = func(where string, v any) {
			switch v := v.(type) {
			case object:
				for key, value := range v {
					walk(where+"/"+key, value)
				}
			case []any:
				for _, value := range v {
					walk(where, value)
				}
			case string:
				switch {
				case !strings.Contains(v, "*"):
				case strings.HasSuffix(where, "/Resource") && strings.Count(v, "*") == 1 && strings.HasSuffix(v, "Logs>:log-stream:*"):
				case strings.HasSuffix(where, "ApiPermission/Properties/SourceArn") && strings.HasSuffix(v, ":<HttpApi>/*"):
				case strings.Contains(where, "Url") && strings.HasSuffix(where, "Permission/Properties/Principal"):
				default:
					t.Errorf("%s is %s", where, v)
				}
			}
		}
		walk("", s.resources)
	}
}

// recorder stands before DynamoDB and notes which calls are made of which table.
type recorder struct {
	*httptest.Server
	mu    sync.Mutex
	calls map[string]bool // such as "UpdateItem state"
}

func newRecorder(t *testing.T, target string) *recorder {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{calls: map[string]bool{}}
	proxy := httputil.NewSingleHostReverseProxy(to)
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		_, op, _ := strings.Cut(q.Header.Get("X-Amz-Target"), ".")
		r.mu.Lock()
		for _, suffix := range []string{"state", "log"} {
			if strings.Contains(string(body), `-`+suffix+`"`) { // the table's name
				r.calls[op+" "+suffix] = true
			}
		}
		r.mu.Unlock()
		q.Body = io.NopCloser(strings.NewReader(string(body)))
		proxy.ServeHTTP(w, q)
	}))
	t.Cleanup(r.Close)
	return r
}

// work is what a function does with the store.
type work func(context.Context, *dynamo.Store) error

var moment = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func check(name string) heartbeat.Check {
	names := heartbeat.Names{Host: "web-1", Category: "backup", Type: "cron", Name: name}
	sum := sha256.Sum256([]byte(name))
	return heartbeat.Check{
		ID: heartbeat.CheckID(sum[:len(heartbeat.CheckID{})]), Names: names, Created: moment,
		Settings: heartbeat.Settings{Spec: heartbeat.Spec{Period: time.Hour, Worktime: "always", Zone: "UTC"}},
		State:    heartbeat.State{Status: heartbeat.StatusNew, Since: moment},
	}
}

// The calls that each function makes, all of which its role must allow: with a
// role that is too narrow a function works until the day on which it matters.
func TestRoles_AllowWhatTheFunctionsCall(t *testing.T) {
	t.Parallel()
	url := local.URL(t)
	s := newStack(t, withHTTPAPI)
	for role, steps := range map[string][]work{
		"PulseRole":   {opens, pulses},
		"WebRole":     {opens, pulses, edits, looks},
		"MonitorRole": {monitors, sweeps, sends},
	} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			cfg := dynamo.Config{Prefix: "beat" + role, Region: "eu-west-1", Endpoint: url}
			ok(t, dynamo.CreateTables(t.Context(), cfg))
			direct, err := dynamo.Open(t.Context(), cfg)
			ok(t, err)
			ok(t, before(t.Context(), direct))
			r := newRecorder(t, url)
			cfg.Endpoint = r.URL
			store, err := dynamo.Open(t.Context(), cfg)
			ok(t, err)
			for _, step := range steps {
				ok(t, step(t.Context(), store))
			}
			for call := range r.calls {
				op, suffix, _ := strings.Cut(call, " ")
				table := map[string]string{"state": "<StateTable.Arn>", "log": "<LogTable.Arn>"}[suffix]
				if !slices.ContainsFunc(s.allows(role), func(st statement) bool {
					return slices.Contains(st.actions, "dynamodb:"+op) && slices.Contains(st.resources, table)
				}) {
					t.Errorf("%s is called, but not allowed", call)
				}
			}
			if len(r.calls) < 5 {
				t.Errorf("only these calls were seen: %v", r.calls)
			}
		})
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// before is what the functions find: a check with long texts and one that is late.
func before(ctx context.Context, s *dynamo.Store) error {
	long, late := check(strings.Repeat("long", 60)), check("late")
	long.Holidays = strings.Repeat("2026-12-24,", 100)
	for _, c := range []heartbeat.Check{long, late} {
		if err := s.Add(ctx, c); err != nil {
			return err
		}
		if _, err := s.Ping(ctx, c.ID, heartbeat.Ping{At: moment, Kind: heartbeat.KindSuccess}, nil); err != nil {
			return err
		}
	}
	return nil
}

func opens(ctx context.Context, s *dynamo.Store) error {
	_, _, err := auth.Open(ctx, s, auth.Config{Secret: "secret", PingKey: "key"})
	return err
}

func pulses(ctx context.Context, s *dynamo.Store) error {
	c := check("pulsed")
	for i, kind := range []heartbeat.Kind{
		heartbeat.KindSuccess, heartbeat.KindSuccess, heartbeat.KindStart, heartbeat.KindFail, heartbeat.KindSuccess,
	} {
		p := heartbeat.Ping{At: moment.Add(time.Duration(i) * time.Minute), Kind: kind}
		if _, err := s.Ping(ctx, c.ID, p, func() heartbeat.Check { return c }); err != nil {
			return err
		}
	}
	named := check("named")
	named.Project, named.Slug = heartbeat.DefaultProject, "nightly"
	for i := range 2 {
		p := heartbeat.Ping{At: moment.Add(time.Duration(i) * time.Minute), Kind: heartbeat.KindSuccess}
		create := func() heartbeat.Check { return named }
		if _, err := s.PingSlug(ctx, named.Project, named.Slug, p, create); err != nil {
			return err
		}
	}
	return nil
}

func edits(ctx context.Context, s *dynamo.Store) error {
	for _, c := range []heartbeat.Check{check("late"), check(strings.Repeat("long", 60))} {
		stored, err := s.Check(ctx, c.ID)
		if err != nil {
			return err
		}
		stored.Period *= 2
		stored.Slug = "slug-of-" + stored.ID.String()
		if err := s.Save(ctx, stored, nil); err != nil {
			return err
		}
		if stored, err = s.Check(ctx, c.ID); err != nil {
			return err
		}
		stored.Slug = ""
		if err := s.Save(ctx, stored, nil); err != nil {
			return err
		}
	}
	down, err := s.Check(ctx, check("late").ID)
	if err != nil {
		return err
	}
	if err := fall(ctx, s, down); err != nil {
		return err
	}
	down, err = s.Check(ctx, down.ID)
	if err != nil {
		return err
	}
	return s.Delete(ctx, down.ID, down.Rev)
}

// fall saves a check as down.
func fall(ctx context.Context, s heartbeat.Store, c heartbeat.Check) error {
	flip := &heartbeat.Flip{At: moment, From: c.Status, To: heartbeat.StatusDown, Reason: heartbeat.ReasonLate}
	c.Status, c.Since = heartbeat.StatusDown, moment
	return s.Save(ctx, c, flip)
}

func looks(ctx context.Context, s *dynamo.Store) error {
	checks, err := s.Checks(ctx)
	if err != nil {
		return err
	}
	for _, c := range checks {
		if _, err := s.Pings(ctx, c.ID, 10); err != nil {
			return err
		}
		if _, err := s.Flips(ctx, c.ID, 10); err != nil {
			return err
		}
	}
	if _, err := s.NoticeLog(ctx, 10); err != nil {
		return err
	}
	return s.Ready(ctx)
}

// monitors is a run of the monitor itself.
func monitors(ctx context.Context, s *dynamo.Store) error {
	_, err := monitor.New(monitor.Config{Store: s, Every: time.Minute}).Once(ctx, moment.Add(time.Minute))
	return err
}

// sweeps is what a monitor may call besides, on other days.
func sweeps(ctx context.Context, s *dynamo.Store) error {
	for c, err := range s.Timers(ctx) {
		if err != nil {
			return err
		}
		if c, err = s.Check(ctx, c.ID); err != nil {
			return err
		}
		if err := fall(ctx, s, c); err != nil {
			return err
		}
	}
	return s.AddNotice(ctx, heartbeat.Notice{
		Blind: &heartbeat.BlindReport{}, Created: moment, Next: moment,
	})
}

func sends(ctx context.Context, s *dynamo.Store) error {
	notices, err := s.Notices(ctx, time.Now(), 100)
	if err != nil {
		return err
	}
	for _, n := range notices {
		n.Next = time.Time{}
		if err := s.SaveNotice(ctx, n); err != nil {
			return err
		}
	}
	if len(notices) < 2 {
		return fmt.Errorf("only %d notices are owed", len(notices))
	}
	_, err = s.NoticeLog(ctx, 100)
	return err
}
