package heartbeat_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"heartbeat"
)

func TestNoticeFor_NewsOnly(t *testing.T) {
	t.Parallel()
	statuses := []heartbeat.Status{
		heartbeat.StatusNew, heartbeat.StatusUp, heartbeat.StatusDown, heartbeat.StatusPaused,
	}
	id := heartbeat.CheckID{1}
	for _, from := range statuses {
		for _, to := range statuses {
			if from == to {
				continue
			}
			flip := heartbeat.Flip{At: noon, From: from, To: to}
			var want *heartbeat.Notice
			if to == heartbeat.StatusDown || from == heartbeat.StatusDown && to == heartbeat.StatusUp {
				want = &heartbeat.Notice{Check: id, Flip: flip, Created: noon, Next: noon}
			}
			if diff := cmp.Diff(want, heartbeat.NoticeFor(id, &flip)); diff != "" {
				t.Errorf("from %s to %s (-want +got):\n%s", from, to, diff)
			}
		}
	}
	if got := heartbeat.NoticeFor(id, nil); got != nil {
		t.Errorf("got %+v for no flip", got)
	}
}

func TestKind_Valid(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds() {
		if !kind.Valid() {
			t.Errorf("%s is not valid", kind)
		}
	}
	for _, kind := range []heartbeat.Kind{"", "Success", "fail ", "grace"} {
		if kind.Valid() {
			t.Errorf("%q is valid", kind)
		}
	}
}

func TestInvalid_NamesTheField(t *testing.T) {
	t.Parallel()
	err := &heartbeat.Invalid{Field: "threshold", Problem: "must be a number of hours"}
	if got, want := err.Error(), "threshold must be a number of hours"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
