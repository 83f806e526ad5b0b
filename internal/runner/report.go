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
	// Older reports become history first: one that another process sends at this
	// moment must not arrive after this one and undo it.
	r.supersede(ctx)
	ping := r.ping(end)
	err := r.Client.Send(ctx, r.Check, ping)
	switch {
	case err == nil:
	case final(err):
		r.Say("the monitor refused the report: " + err.Error())
	case r.Spool == nil:
		r.Say("the monitor did not take the report: " + err.Error())
	default:
		r.keep(Report{Check: r.Check, Ping: ping, Ended: end.ended, LateAfter: r.LateAfter}, err)
	}
}

func (r *run) supersede(ctx context.Context) {
	if r.Spool == nil {
		return
	}
	err := r.Spool.Supersede(ctx, r.Check)
	if err != nil && !errors.Is(err, ErrBusy) && ctx.Err() == nil {
		r.Say("older reports wait in " + r.Spool.Dir() + " and could not be marked as such: " + err.Error())
	}
}

// keep keeps a report that did not get through; why says what was in its way.
func (r *run) keep(report Report, why error) {
	if err := r.Spool.Add(report); err != nil {
		r.Say(fmt.Sprintf("the monitor did not take the report (%v), and it could not be kept: %v", why, err))
		return
	}
	r.Say(fmt.Sprintf("the monitor did not take the report (%v); it is kept in %s and sent by a later run",
		why, r.Spool.Dir()))
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
