package dash

import (
	"time"

	"heartbeat"
	"heartbeat/internal/schedule"
	"heartbeat/internal/service"
)

// why says why the check stands as it does, and what comes next.
func why(r *service.Row, flips []heartbeat.Flip, c clock) []string {
	if r.Problem != "" {
		return []string{"It cannot be judged, so nobody is told when it is late: " + r.Problem + ".", "An edit can mend it."}
	}
	switch r.Shown {
	case heartbeat.StatusNew:
		return whyNew(r, c)
	case heartbeat.StatusPaused:
		end := "The next pulse, or Resume, starts the watch again."
		if r.ManualResume {
			end = "Only Resume starts the watch again: its rules say that pings do not."
		}
		return []string{"Paused since " + c.short(r.Since) + ": nobody is told of anything.", end}
	case heartbeat.StatusDown:
		return whyDown(r, flips, c)
	case heartbeat.StatusGrace:
		return append([]string{
			"A pulse is due since " + c.short(r.Due) + "; " + countedOf(r) + " have passed since the last one.",
		}, next(r, c)...)
	}
	if r.Due.IsZero() {
		return append([]string{"On time. No further pulse is due."}, next(r, c)...)
	}
	return append([]string{"On time. The next pulse is due " + moment(r.Due, c) + "."}, next(r, c)...)
}

func whyNew(r *service.Row, c clock) []string {
	waits, run := "Waits for its first pulse.", "Its first run began "
	if r.Pings > 0 && r.Since.After(r.Created) {
		waits = "Waits for its next pulse since it was resumed " + moment(r.Since, c) + "."
		run = "Its first run since it was resumed began "
	}
	if r.Started() {
		return append([]string{run + moment(r.LastStart, c) + "."}, next(r, c)...)
	}
	return []string{waits + " Nobody is told of anything until it has come."}
}

// next says when the check goes down if nothing comes.
func next(r *service.Row, c clock) []string {
	if r.Deadline.IsZero() {
		return nil
	}
	text := "Goes down " + moment(r.Deadline, c)
	if r.Reason == heartbeat.ReasonOverrun {
		text += " if the run that began " + moment(r.LastStart, c) + " has not ended by then."
	} else {
		text += " if none comes."
	}
	all := []string{text}
	if r.Held > 0 {
		all = append(all, "That is "+span(r.Held)+" later than planned, because Heartbeat itself was blind for a time.")
	}
	return all
}

// moment says when and how far off.
func moment(t time.Time, c clock) string { return c.short(t) + " (" + relative(c.now, t) + ")" }

func whyDown(r *service.Row, flips []heartbeat.Flip, c clock) []string {
	if r.Status != heartbeat.StatusDown {
		return []string{"Its deadline passed " + moment(r.Deadline, c) + "; the monitor is about to tell people."}
	}
	var flip heartbeat.Flip
	for _, f := range flips {
		if f.To == heartbeat.StatusDown {
			flip = f
			break
		}
	}
	switch flip.Reason {
	case heartbeat.ReasonFail:
		text := "The job reported failure " + moment(flip.At, c)
		if flip.Detail != "" {
			text += ": " + flip.Detail
		}
		return []string{text + ".", "A success brings it back up."}
	case heartbeat.ReasonOverrun:
		return []string{
			"A run did not end in time: down since " + moment(flip.At, c) + ", after a grace of " + graceText(r.Grace) + ".",
			"A success brings it back up.",
		}
	}
	return whyLate(r, flip, c)
}

func whyLate(r *service.Row, flip heartbeat.Flip, c clock) []string {
	text := "Late"
	if sched, err := schedule.Compile(r.Spec); err == nil && !r.LastPing.IsZero() {
		if due := sched.Due(r.LastPing); !due.IsZero() {
			text += ": due " + c.short(due) + ", silent since " + c.short(r.LastPing)
		}
	}
	all := []string{text + "."}
	if !r.LastPing.IsZero() {
		text := countedOf(r) + " have passed since; " + exact(r.Allowed) + " are allowed"
		if r.Grace > 0 {
			text += ", and " + exact(r.Grace) + " of grace"
		}
		all = append(all, text+".")
	}
	if !flip.At.IsZero() {
		all = append(all, "Down since "+moment(flip.At, c)+".")
	}
	return all
}

// countedOf says how much time has counted since the last ping.
func countedOf(r *service.Row) string {
	if r.Worktime == "always" {
		return counted(r.Counted)
	}
	return counted(r.Counted) + " of " + r.Worktime
}

// reasonText is a flip's reason, and the same in people's words.
func reasonText(f heartbeat.Flip) string {
	text := map[heartbeat.Reason]string{
		heartbeat.ReasonLate:    "no pulse came in time",
		heartbeat.ReasonOverrun: "a run did not end in time",
		heartbeat.ReasonFail:    "the job reported failure",
		heartbeat.ReasonPing:    "a success came in",
		heartbeat.ReasonPaused:  "somebody paused it",
		heartbeat.ReasonResumed: "somebody resumed it",
	}[f.Reason]
	text = string(f.Reason) + ": " + text
	if f.Detail != "" {
		text += " (" + f.Detail + ")"
	}
	return text
}
