package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"heartbeat/internal/lambda/lambdatest"
)

// outcome is what one round of pulses took.
type outcome struct {
	seconds   float64
	latencies []time.Duration // sorted
}

func (o outcome) rate() float64 { return float64(len(o.latencies)) / o.seconds }

func (o outcome) percentile(p float64) time.Duration {
	return o.latencies[min(int(p*float64(len(o.latencies))), len(o.latencies)-1)]
}

// pulses compares a sandbox that takes pulses with one that only writes. One
// sandbox has one event at a time; Lambda starts more of them where more come.
func (b *bench) pulses(ctx context.Context) error {
	events := make([][]byte, b.checks)
	for i := range events {
		events[i] = b.event(i)
	}
	names := []string{"bare", "heartbeat"}
	outcomes := make([][]outcome, len(names))
	sandboxes := make([]*lambdatest.Runtime, len(names))
	for k, name := range names {
		sandbox, err := b.function(ctx, name, "pulse")
		if err != nil {
			return err
		}
		defer sandbox.Stop()
		sandboxes[k] = sandbox
		for _, event := range events { // checks are made, connections opened
			if err := invoke(ctx, sandbox, event); err != nil {
				return err
			}
		}
	}
	for range b.rounds {
		for k, sandbox := range sandboxes {
			o, err := b.load(ctx, sandbox, events)
			if err != nil {
				return err
			}
			outcomes[k] = append(outcomes[k], o)
		}
	}
	report(outcomes[0], outcomes[1], b.checks)
	return nil
}

func report(bares, beats []outcome, checks int) {
	fmt.Printf("\npulses through one sandbox, one at a time, %d checks, %d rounds: median (lowest–highest)\n", checks, len(beats))
	each := func(f func(i int) float64) []float64 {
		values := make([]float64, len(beats))
		for i := range values {
			values[i] = f(i)
		}
		return values
	}
	line("bare, the same writes a second", "%.0f", each(func(i int) float64 { return bares[i].rate() }))
	line("heartbeat, pulses a second", "%.0f", each(func(i int) float64 { return beats[i].rate() }))
	line("ratio, same round", "%.2f", each(func(i int) float64 { return beats[i].rate() / bares[i].rate() }))
	line("bare p50, ms", "%.2f", each(func(i int) float64 { return ms(bares[i].percentile(0.5)) }))
	line("heartbeat p50, ms", "%.2f", each(func(i int) float64 { return ms(beats[i].percentile(0.5)) }))
	line("heartbeat p99, ms", "%.2f", each(func(i int) float64 { return ms(beats[i].percentile(0.99)) }))
}

// load sends pulses one after another for a round.
func (b *bench) load(ctx context.Context, sandbox *lambdatest.Runtime, events [][]byte) (outcome, error) {
	var o outcome
	begin := time.Now()
	for time.Since(begin) < b.length {
		sent := time.Now()
		if err := invoke(ctx, sandbox, events[rand.IntN(len(events))]); err != nil {
			return o, err
		}
		o.latencies = append(o.latencies, time.Since(sent))
	}
	o.seconds = time.Since(begin).Seconds()
	slices.Sort(o.latencies)
	return o, nil
}

// invoke wants a 200.
func invoke(ctx context.Context, sandbox *lambdatest.Runtime, event []byte) error {
	answer, err := sandbox.Invoke(ctx, event)
	if err != nil {
		return err
	}
	var reply struct {
		Status int `json:"statusCode"`
	}
	if err := json.Unmarshal(answer, &reply); err != nil || reply.Status != 200 {
		return fmt.Errorf("answered %s", answer)
	}
	return nil
}

// event is a pulse of the i-th check as an HTTP API hands it over. It has no time
// of arrival, so the function's own clock counts.
func (b *bench) event(i int) []byte {
	return fmt.Appendf(nil, `{"version":"2.0","routeKey":"ANY /heartbeat/{key}/pulse","rawPath":"/heartbeat/%s/pulse",`+
		`"rawQueryString":"host=web%d&category=backup&type=nightly&name=job+%d&threshold=24",`+
		`"headers":{"accept":"*/*","content-length":"0","host":"abcdefghij.execute-api.eu-central-1.amazonaws.com",`+
		`"user-agent":"curl/8.14.1","x-amzn-trace-id":"Root=1-69218b1e-3d683b8b04734faae651f476",`+
		`"x-forwarded-for":"203.0.113.7","x-forwarded-port":"443","x-forwarded-proto":"https"},`+
		`"requestContext":{"accountId":"123456789012","apiId":"abcdefghij","domainName":"abcdefghij.execute-api.eu-central-1.amazonaws.com",`+
		`"domainPrefix":"abcdefghij","http":{"method":"GET","path":"/heartbeat/key/pulse","protocol":"HTTP/1.1","sourceIp":"203.0.113.7",`+
		`"userAgent":"curl/8.14.1"},"requestId":"JKLMNOPQRSTUVWX=","routeKey":"ANY /heartbeat/{key}/pulse","stage":"$default",`+
		`"time":"22/Nov/2026:10:00:00 +0000"},"isBase64Encoded":false}`, b.pingKey, i%50, i)
}
