package schedule_test

import (
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule"
)

func TestDue_WaitsForMondayUnlessSaturdayCounts(t *testing.T) {
	t.Parallel()
	last := time.Date(2026, 11, 20, 17, 0, 0, 0, time.UTC) // Friday 18:00 in Berlin
	for worktime, want := range map[string]string{
		"mon-fri": "2026-11-23T18:00:00+01:00",
		"mon-sat": "2026-11-21T18:00:00+01:00",
		"always":  "2026-11-21T18:00:00+01:00",
	} {
		s, err := schedule.Compile(heartbeat.Spec{Period: 24 * time.Hour, Worktime: worktime, Zone: "Europe/Berlin"})
		if err != nil {
			t.Fatal(err)
		}
		due, _ := time.Parse(time.RFC3339, want)
		if got := s.Due(last); !got.Equal(due) {
			t.Errorf("%s: due %s, want %s", worktime, got, due)
		}
	}
}
