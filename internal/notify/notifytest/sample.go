package notifytest

import (
	"time"

	"heartbeat"
	"heartbeat/internal/notify"
)

// Message returns a message with one event of every sort: a late check, a run
// that took too long, a job that failed, a recovery, and blind time. It is the
// same every time.
func Message() notify.Message {
	at := func(hour, minute int) time.Time { return time.Date(2026, 11, 20, hour, minute, 0, 0, time.UTC) }
	return notify.Message{
		Dashboard: base + "dashboard",
		Events: []notify.Event{
			event("n1", "backup", "db1", heartbeat.Flip{
				At: at(17, 0), From: heartbeat.StatusUp, To: heartbeat.StatusDown, Reason: heartbeat.ReasonLate,
				Since: at(2, 0), LastPing: at(17, 0).AddDate(0, 0, -1),
			}),
			event("n2", "report", "web2", heartbeat.Flip{
				At: at(17, 1), From: heartbeat.StatusNew, To: heartbeat.StatusDown, Reason: heartbeat.ReasonOverrun,
				Since: at(16, 0),
			}),
			described(event("n3", "import", "etl", heartbeat.Flip{
				At: at(17, 2), From: heartbeat.StatusUp, To: heartbeat.StatusDown, Reason: heartbeat.ReasonFail,
				Since: at(3, 0), LastPing: at(16, 2), Detail: "exit status 3",
			})),
			event("n4", "mail & <queue>", "mx", heartbeat.Flip{
				At: at(17, 3), From: heartbeat.StatusDown, To: heartbeat.StatusUp, Reason: heartbeat.ReasonPing,
				Since: at(14, 50), LastPing: at(14, 50),
			}),
			{Notice: "n5", Link: base + "dashboard", Blind: &heartbeat.BlindReport{
				Blind: heartbeat.Blind{From: at(2, 10), To: at(2, 31)}, Held: 41,
			}},
		},
	}
}

const base = "https://hb.example.org/heartbeat/"

// described gives the event's check labels.
func described(e notify.Event) notify.Event {
	e.Project = "Shop & Co"
	e.Check.Labels = heartbeat.Labels{Tags: "prod etl", Desc: "Look at the queue first.\nThen ask the team of <billing>."}
	return e
}

func event(notice heartbeat.NoticeID, name, host string, flip heartbeat.Flip) notify.Event {
	names := heartbeat.Names{Host: host, Category: "ops", Type: "cron", Name: name}
	id := names.ID(heartbeat.DefaultProject)
	return notify.Event{
		Notice: notice,
		Check: heartbeat.Check{
			ID:    id,
			Names: names,
			Settings: heartbeat.Settings{
				Spec: heartbeat.Spec{
					Period: 24 * time.Hour, Worktime: "mon-fri 09:00-17:30", Zone: "Europe/Berlin", Holidays: "de-by",
				},
				Grace: time.Hour,
			},
			State: heartbeat.State{Status: flip.To, Since: flip.At, LastPing: flip.LastPing},
		},
		Flip: flip,
		Link: base + "check?id=" + id.String(),
	}
}
