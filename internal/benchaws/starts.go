package main

import (
	"context"
	"fmt"
	"os"

	"heartbeat/internal/deploy/artefact"
	"heartbeat/internal/lambda/lambdatest"
)

// Bars of issue 3.
const (
	maxZip   = 5.0 // MB
	maxStart = 3.0 // times hello's
)

// size compares what is uploaded.
func (b *bench) size(ctx context.Context) error {
	shipped, err := artefact.Build(ctx, "")
	if err != nil {
		return err
	}
	binary := b.program("hello-arm64")
	if err := lambdatest.Build(ctx, "./internal/benchaws/hello", "arm64", binary); err != nil {
		return err
	}
	code, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	hello, err := artefact.Pack(code)
	if err != nil {
		return err
	}
	ours, theirs := float64(len(shipped.Zip))/1e6, float64(len(hello))/1e6
	fmt.Printf("\nzip file, arm64\n  %-36s %.2f\n  %-36s %.2f\n  %-36s %.2f\n",
		"hello, MB", theirs, "heartbeat, MB", ours, "ratio", ours/theirs)
	b.bar("the zip file in MB", ours, maxZip)
	return nil
}

// startTimes compares how long programs take from exec to their first request for
// an event. Heartbeat's have by then opened DynamoDB, and read their key, secret
// and channels.
func (b *bench) startTimes(ctx context.Context) error {
	programs := []struct{ name, program, role string }{
		{"hello", "hello", ""},
		{"bare", "bare", ""},
		{"heartbeat, pulse", "heartbeat", "pulse"},
		{"heartbeat, web", "heartbeat", "web"},
		{"heartbeat, monitor", "heartbeat", "monitor"},
	}
	took := make([][]float64, len(programs))
	for i := range b.starts + 1 {
		for k, p := range programs {
			sandbox, err := b.function(ctx, p.program, p.role)
			if err != nil {
				return err
			}
			sandbox.Stop()
			if i > 0 { // the first one reads the program from disk
				took[k] = append(took[k], ms(sandbox.Init()))
			}
		}
	}
	fmt.Printf("\nstart, exec to the first request for an event, %d rounds: median (lowest–highest)\n", b.starts)
	for k, p := range programs {
		line(p.name+", ms", "%.1f", took[k])
		if k == 0 {
			continue
		}
		ratios := make([]float64, b.starts)
		for i := range ratios {
			ratios[i] = took[k][i] / took[0][i]
		}
		median := line(p.name+", ratio, same round", "%.2f", ratios)
		if p.program == "heartbeat" {
			b.bar("the start of "+p.role+" in times of hello's", median, maxStart)
		}
	}
	return nil
}
