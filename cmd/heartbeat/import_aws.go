package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"heartbeat"
	"heartbeat/internal/awsenv"
	"heartbeat/internal/schedule"
	"heartbeat/internal/transfer/awsheartbeat"
)

type importAWSCmd struct {
	Table      string `required:"" placeholder:"NAME" help:"The original's table, usually Heartbeat. It is only read."`
	Region     string `placeholder:"REGION" help:"AWS region of the table, such as eu-central-1. Default: that of AWS_REGION, or of the profile."`
	Profile    string `placeholder:"NAME" help:"Profile in ~/.aws/config. Default: AWS_PROFILE."`
	Endpoint   string `placeholder:"URL" help:"Where an emulator of DynamoDB listens, for trying things out."`
	Timezone   string `default:"UTC" placeholder:"ZONE" setting:"HEARTBEAT_TIMEZONE" help:"Time zone of the checks, such as Europe/Berlin. The original counted in UTC. Default: ${default}."`
	Quarantine string `default:"heartbeat-quarantine.jsonl" placeholder:"FILE" help:"Where what cannot be understood is written, whole and with the reason. Default: ${default}."`
	destination
}

// Help shows examples.
func (importAWSCmd) Help() string {
	return `It copies every pulse with its threshold, Saturday flag and last time; a later pulse of the same client finds its check. Whatever cannot be understood is listed and written to the quarantine file, never guessed. A pulse that was late for more than a day arrives as down, and nobody is told again; one that is late for less is told. Run twice it changes nothing. The exit status is 0 if all pulses were imported or are there already, and 3 if some are in quarantine. See docs/migration.md.

  heartbeat import aws-heartbeat --table Heartbeat --region eu-central-1 --dry-run --to sqlite:heartbeat.db
  heartbeat import aws-heartbeat --table Heartbeat --to dynamodb:heartbeat?region=eu-central-1 --timezone Europe/Berlin`
}

// Run imports the table.
func (c importAWSCmd) Run(ctx context.Context, out streams) error {
	if _, err := schedule.Zone(c.Timezone); err != nil {
		return usageError{fmt.Errorf("--timezone: %w", err)}
	}
	env, err := awsenv.Load(ctx, awsenv.Config{Region: c.Region, Profile: c.Profile})
	if err != nil {
		return err
	}
	apart := new(quarantine)
	src, counted := awsheartbeat.Source(ctx, awsheartbeat.Config{
		AWS: env.AWS, Endpoint: c.Endpoint, Table: c.Table, Zone: c.Timezone, Now: time.Now,
		Quarantine: func(q awsheartbeat.Quarantined) error {
			for line := range strings.Lines(q.String()) {
				fmt.Fprint(out.stderr, "QUARANTINED: ", line)
			}
			return q.Write(&apart.lines)
		},
	})
	report, err := c.load(ctx, src, out)
	if err == nil && !c.DryRun {
		err = apart.write(c.Quarantine)
	}
	c.show(report, err != nil, out)
	if err != nil {
		return env.Explain(err)
	}
	c.count(*counted, out)
	if counted.Quarantined > 0 || len(report.Wrong) > 0 {
		return statusLeftOut
	}
	return nil
}

// count says what was in the table.
func (c importAWSCmd) count(n awsheartbeat.Counted, out streams) {
	list := func(names []heartbeat.Names, what string) {
		for _, name := range names {
			fmt.Fprintf(out.stderr, "%s: %s\n", what, name)
		}
	}
	list(n.Down, "down since long")
	list(n.Late, "late")
	fmt.Fprintf(out.stdout, "in the table: %s\n", plural(n.Items, "pulse"))
	if len(n.Down) > 0 {
		fmt.Fprintf(out.stdout, "%d late for more than a day: shown as down, and nobody is told again; listed above\n", len(n.Down))
	}
	if len(n.Late) > 0 {
		fmt.Fprintf(out.stdout, "%d late since less than a day: people will be told; listed above\n", len(n.Late))
	}
	if n.Quarantined > 0 {
		where := "; they would be written to " + c.Quarantine
		if !c.DryRun {
			where = "; see " + c.Quarantine
		}
		fmt.Fprintf(out.stdout, "%d QUARANTINED, NOT IMPORTED AND NOT WATCHED: listed above%s\n", n.Quarantined, where)
	}
}

// quarantine is what could not be understood.
type quarantine struct{ lines bytes.Buffer }

// write replaces the file, if there is anything to write.
func (q *quarantine) write(file string) error {
	if q.lines.Len() == 0 {
		return nil
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return writeNew(file, func(w io.Writer) error {
		_, err := q.lines.WriteTo(w)
		return err
	})
}
