package deploy

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// Functions of a stack, by the names under which they log.
var functions = [...]string{"pulse", "web", "monitor"}

// LogOptions say which lines to show.
type LogOptions struct {
	// Since is how far back.
	Since time.Duration
	// Function is pulse, web or monitor; empty for all.
	Function string
	// Follow goes on until the context ends.
	Follow bool
}

// settle is how long lines may take to come, out of order, into CloudWatch: so
// far back is looked again while following.
const settle = 30 * time.Second

// Logs shows what the functions have logged, the oldest line first.
func (d *Deployer) Logs(ctx context.Context, opts LogOptions) error {
	stack, err := d.Find(ctx)
	if err != nil {
		return err
	}
	if !stack.Exists() {
		return fmt.Errorf("there is no stack %s in region %s", d.stack, d.env.Region())
	}
	shown := make(map[string]time.Time) // IDs of lines
	since := time.Now().Add(-opts.Since)
	for {
		now := time.Now()
		lines, err := d.logLines(ctx, opts.Function, since)
		if ctx.Err() != nil && opts.Follow {
			return nil
		}
		if err != nil {
			return d.env.Explain(err)
		}
		d.showLines(lines, shown)
		if !opts.Follow {
			if len(shown) == 0 {
				fmt.Fprintf(d.out, "nothing was logged in the last %v: a healthy pulse makes no line\n", opts.Since)
			}
			return nil
		}
		since = later(since, now.Add(-settle))
		maps.DeleteFunc(shown, func(_ string, at time.Time) bool { return at.Before(since) })
		if d.wait(ctx) != nil {
			return nil // the end of following is how it ends
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// logLine is a line of a function's log.
type logLine struct {
	id, function, message string
	at                    time.Time
}

// logLines are the lines of one function, or of all if it is empty, from since
// on.
func (d *Deployer) logLines(ctx context.Context, function string, since time.Time) ([]logLine, error) {
	var lines []logLine
	for _, name := range functions {
		if function != "" && function != name {
			continue
		}
		pages := cloudwatchlogs.NewFilterLogEventsPaginator(d.logs, &cloudwatchlogs.FilterLogEventsInput{
			LogGroupName: aws.String(logGroup(d.stack, name)), StartTime: aws.Int64(since.UnixMilli()),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if gone := new(types.ResourceNotFoundException); errors.As(err, &gone) {
				break // not deployed yet
			}
			if err != nil {
				return nil, fmt.Errorf("read the log of %s: %w", name, err)
			}
			for _, e := range page.Events {
				lines = append(lines, logLine{
					id: aws.ToString(e.EventId), function: name,
					message: aws.ToString(e.Message), at: time.UnixMilli(aws.ToInt64(e.Timestamp)),
				})
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b logLine) int { return a.at.Compare(b.at) })
	return lines, nil
}

func (d *Deployer) showLines(lines []logLine, shown map[string]time.Time) {
	for _, l := range lines {
		if _, ok := shown[l.id]; ok {
			continue
		}
		shown[l.id] = l.at
		fmt.Fprintf(d.out, "%s  %-7s  %s\n", l.at.Local().Format("2006-01-02 15:04:05"), l.function, readable(l.message))
	}
}

// readable makes "WARN message key=value" of a line in JSON. Other lines stay as
// they are.
func readable(message string) string {
	message = strings.TrimSpace(message)
	var fields map[string]any
	decoder := json.NewDecoder(strings.NewReader(message))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil {
		return message
	}
	level, _ := fields["level"].(string)
	text, ok := fields["msg"].(string)
	if !ok {
		return message
	}
	var line strings.Builder
	fmt.Fprintf(&line, "%s %s", cmp.Or(level, "INFO"), text)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != "level" && name != "msg" && name != "time" {
			fmt.Fprintf(&line, " %s=%s", name, compact(fields[name]))
		}
	}
	return line.String()
}

// compact is a field's value: words as they are, everything else as JSON.
func compact(value any) string {
	if s, ok := value.(string); ok && !strings.ContainsAny(s, " \"\n") {
		return s
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprint(value)
	}
	return strings.TrimSpace(text.String())
}
