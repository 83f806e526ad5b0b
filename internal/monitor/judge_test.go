package monitor_test

import (
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"heartbeat"
)

// want is what must have become of a check that was pulsed so, at end.
func (w *town) want(id heartbeat.CheckID, period time.Duration, end time.Time) []told {
	var all []told
	status := heartbeat.StatusNew
	var last time.Time
	late := func(at time.Time) {
		if deadline := last.Add(period); status == heartbeat.StatusUp && deadline.Before(at) {
			status = heartbeat.StatusDown
			all = append(all, told{deadline, status, heartbeat.ReasonLate})
		}
	}
	for _, p := range w.pinged[id] {
		late(p.at)
		to, reason := heartbeat.StatusUp, heartbeat.ReasonPing
		if p.kind == heartbeat.KindFail {
			to, reason = heartbeat.StatusDown, heartbeat.ReasonFail
		}
		if to != status && status != heartbeat.StatusNew {
			all = append(all, told{p.at, to, reason})
		}
		status, last = to, p.at
	}
	late(end)
	return all
}

// judge compares what became of all checks with what must have.
func (w *town) judge(period time.Duration) {
	w.Helper()
	messages, repeated := w.messages()
	for id := range w.pinged {
		want := w.want(id, period, now())
		var flips []told
		for _, f := range w.flips(id) {
			flips = append(flips, told{f.At.UTC(), f.To, f.Reason})
		}
		for what, got := range map[string][]told{"flips": flips, "messages": messages[id]} {
			if diff := cmp.Diff(instants(want), instants(got), cmp.AllowUnexported(told{})); diff != "" {
				w.Errorf("%s of %v (-want +got):\n%s", what, id, diff)
			}
		}
	}
	if repeated > w.crashes {
		w.Errorf("%d messages were repeated after %d crashes", repeated, w.crashes)
	}
	if b := w.watched().Blinds; len(b) > 0 {
		w.Errorf("blind times %v, want none", b)
	}
	w.nothingWaits()
}

// messages are what people heard of each check, without repetitions, and how many
// messages repeated something. No message may end with what is not the newest
// that was ever said of a check.
func (w *town) messages() (all map[heartbeat.CheckID][]told, repeated int) {
	w.Helper()
	all = map[heartbeat.CheckID][]told{}
	var again int // the last message that repeated something
	said := map[heartbeat.CheckID]heard{}
	for _, h := range w.slack.all() {
		if h.Blind != nil {
			w.Errorf("heard %q, though somebody watched all the time", h.what())
			continue
		}
		id, t := h.Check.ID, told{h.Flip.At, h.Flip.To, h.Flip.Reason}
		if before, ok := said[id]; ok && before.message != h.message {
			w.wantNewest(all[id], before)
		}
		said[id] = h
		if !slices.Contains(all[id], t) {
			all[id] = append(all[id], t)
		} else if again != h.message {
			again = h.message
			repeated++
		}
	}
	for id, h := range said {
		w.wantNewest(all[id], h)
	}
	return all, repeated
}

// wantNewest wants the last that a message said of a check to be the newest of
// all that was said.
func (w *town) wantNewest(all []told, last heard) {
	w.Helper()
	if newest := all[len(all)-1]; !newest.at.Equal(last.Flip.At) || newest.to != last.Flip.To {
		w.Errorf("message %d ended with %q at %v, after %+v was said", last.message, last.what(), last.Flip.At, newest)
	}
}

// instants are the same without the zones of their moments.
func instants(all []told) []told {
	all = slices.Clone(all)
	for i := range all {
		all[i].at = all[i].at.UTC().Round(0)
	}
	return all
}
