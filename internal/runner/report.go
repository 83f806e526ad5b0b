package runner

import (
	"context"
	"errors"
	"fmt"

	"heartbeat/client"
)

// maxExit is the largest exit status that a report can hold. Windows has larger
// ones.
const maxExit = 255

// report tells the monitor how the run ended, or keeps the report for later.
func (r *run) report(ctx context.Context, end outcome) {
	ping := r.ping(end)
	err := r.Client.Send(ctx, r.Check, ping)
	switch {
	case err == nil:
		r.supersede(ctx)
	case final(err):
		r.Say("the monitor refused the report: " + err.Error())
	case r.Spool == nil:
		r.Say("the monitor did not take the report: " + err.Error())
	default:
		kept := r.Spool.Add(Report{Check: r.Check, Ping: ping, Ended: end.ended, LateAfter: r.LateAfter})
		if kept != nil {
			r.Say(fmt.Sprintf("the monitor did not take the report (%v), and it could not be kept: %v", err, kept))
			return
		}
		r.Say(fmt.Sprintf("the monitor did not take the report (%v); it is kept in %s and sent by a later run",
			err, r.Spool.Dir()))
	}
}

func (r *run) supersede(ctx context.Context) {
	if r.Spool == nil {
		return
	}
	if err := r.Spool.Supersede(ctx, r.Check); err != nil && !errors.Is(err, ErrBusy) {
		r.Say("older reports wait in " + r.Spool.Dir() + " and could not be marked as such: " + err.Error())
	}
}

// ping is the report of the end.
func (r *run) ping(end outcome) client.Ping {
	p := client.Ping{Details: client.Details{Run: r.id}}
	note := end.note
	if end.exit >= 0 && end.exit <= maxExit {
		p.Exit = &end.exit
	} else {
		p.Kind = client.KindFail
		note = fmt.Sprintf("the command ended with exit status %d", end.exit)
	}
	p.Body = r.output.text(note)
	return p
}
