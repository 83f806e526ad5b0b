package dash_test

import (
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule"
	"heartbeat/internal/service"
)

func compile(t testing.TB, spec heartbeat.Spec) schedule.Schedule {
	t.Helper()
	sched, err := schedule.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	return sched
}

// seed fills the world with checks in every state, as a team could have them.
func (w *world) seed() {
	w.t.Helper()
	hosts := []string{"web-01", "web-02", "db-01", "db-02", "build-01", "mail-01"}
	jobs := []struct{ category, kind, name, hours string }{
		{"backup", "cron", "nightly dump", "24"},
		{"backup", "restic", "offsite copy", "24"},
		{"certificates", "systemd", "renewal", "168"},
		{"reports", "cron", "invoice run", "24"},
		{"cleanup", "cron", "temporary files", "1"},
		{"replication", "probe", "lag check", "0.25"},
	}
	for i, host := range hosts {
		for j, job := range jobs {
			hours, err := schedule.ParseHours("threshold", job.hours)
			if err != nil {
				w.t.Fatal(err)
			}
			used := float64((i*37+j*23)%95) / 100
			for n := 4; n >= 0; n-- {
				ago := time.Duration(used*float64(hours)) + time.Duration(n)*hours*9/10
				w.pulse(host+"/"+job.category+"/"+job.kind+"/"+job.name, ago, always, threshold(job.hours))
			}
		}
	}
	w.seedTroubles()
	w.sweep()
}

func (w *world) seedTroubles() {
	w.t.Helper()
	late := w.pulse("db-03/backup/pg_dump/customers", 49*time.Hour, threshold("24"))
	if err := w.service.Edit(w.t.Context(), late, service.Edit{Grace: new("1")}); err != nil {
		w.t.Fatal(err)
	}
	w.pulse("warehouse/import/etl/orders from the shop", 5*time.Hour, always, threshold("2"))
	for n := 9; n >= 0; n-- {
		ago := time.Duration(n)*2*time.Hour + 20*time.Minute
		w.pulse("build-02/deploy/pipeline/staging", ago+time.Duration(200+n*37)*time.Second, always, kind(heartbeat.KindStart))
		end := w.pulse("build-02/deploy/pipeline/staging", ago, always, func(p *service.Pulse) {
			if n == 0 {
				p.Ping.Kind, p.Ping.Exit = heartbeat.KindFail, new(3)
				p.Ping.Body = []byte("step 4 of 7: migrate\nERROR: relation \"orders\" does not exist\nexit status 3\n\xff\xfe\x1b[31m")
			}
		})
		_ = end
	}
	grace := w.pulse("mail-02/queue/probe/outgoing", 70*time.Minute, always, threshold("1"))
	if err := w.service.Edit(w.t.Context(), grace, service.Edit{Grace: new("0.5")}); err != nil {
		w.t.Fatal(err)
	}
	w.pulse("laptop-17/backup/borg/home", 0, kind(heartbeat.KindLog))
	w.pulse("web-03/backup/cron/first run", 2*time.Minute, kind(heartbeat.KindStart))
	paused := w.pulse("web-02/migration/script/old catalogue", 30*time.Hour, always)
	if err := w.service.Pause(w.t.Context(), noon.Add(-6*time.Hour), paused); err != nil {
		w.t.Fatal(err)
	}
}

// delivered lets the channel take all messages.
func (w *world) delivered() {
	w.t.Helper()
	w.deliver(func(_ int, n heartbeat.Notice) heartbeat.Delivery {
		return heartbeat.Delivery{State: heartbeat.DeliverySent, Attempts: 1, Done: n.Created.Add(time.Second)}
	})
}

// trouble lets the channel take nothing any more but for what was before.
func (w *world) trouble() {
	w.t.Helper()
	w.deliver(func(i int, n heartbeat.Notice) heartbeat.Delivery {
		if i > 1 {
			return heartbeat.Delivery{State: heartbeat.DeliverySent, Attempts: 1, Done: n.Created.Add(time.Second)}
		}
		return heartbeat.Delivery{
			State: heartbeat.DeliveryWaiting, Attempts: 4, Next: noon.Add(3 * time.Minute), Error: "hooks.slack.com answered 503",
		}
	})
}

// deliver records what became of each message to Slack, newest first.
func (w *world) deliver(outcome func(int, heartbeat.Notice) heartbeat.Delivery) {
	w.t.Helper()
	w.deliverBy("slack", outcome)
}

// deliverBy is the same for any channel.
func (w *world) deliverBy(channel heartbeat.ChannelID, outcome func(int, heartbeat.Notice) heartbeat.Delivery) {
	w.t.Helper()
	notices, err := w.service.Notices(w.t.Context(), 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for i, n := range notices {
		d := outcome(i, n)
		d.Channel = channel
		n.Deliveries, n.Next = []heartbeat.Delivery{d}, d.Next
		if err := w.store.SaveNotice(w.t.Context(), n); err != nil {
			w.t.Fatal(err)
		}
	}
}

// seedByHand adds projects, and checks that people made: with tags, expressions
// and rules.
func (w *world) seedByHand() (cron, fresh heartbeat.CheckID) {
	w.t.Helper()
	shop, err := w.service.MakeProject(w.t.Context(), noon.Add(-30*24*time.Hour), "Shop")
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.service.MakeKey(w.t.Context(), shop.ID, service.KeyPing); err != nil {
		w.t.Fatal(err)
	}
	create := func(project heartbeat.ProjectID, e service.Edit) heartbeat.CheckID {
		c, err := w.service.Create(w.t.Context(), noon.Add(-9*24*time.Hour), project, e)
		if err != nil {
			w.t.Fatal(err)
		}
		return c.ID
	}
	cron = create(shop.ID, service.Edit{
		Name: new("Nightly dump of the orders"), Tags: new("prod db backup"), Kind: new("cron"), Expression: new("0 3 * * *"),
		Desc:  new("Runs on db-07. If it is down, look at /var/log/dump first;\nthe runbook is at https://wiki.example.org/dump."),
		Rules: &heartbeat.Rules{PostOnly: true},
	})
	for day := 8; day >= 0; day-- {
		end := time.Date(2026, time.November, 18-day, 2, 20+day, 0, 0, time.UTC)
		w.run(cron, end.Add(-time.Duration(9+day)*time.Minute), end, day == 4)
	}
	create(shop.ID, service.Edit{Name: new("Invoices"), Tags: new("prod"), Kind: new("oncalendar"), Expression: new("Mon..Fri 06:00")})
	fresh = create(heartbeat.DefaultProject, service.Edit{Name: new("Disk space of the build machines"), Tags: new("ops"), Channels: new("none")})
	return cron, fresh
}

// seedChannels adds channels that people made, of which one is in trouble, and a
// project that has none. It returns the one with most to say about its removal.
func (w *world) seedChannels() (heartbeat.ProjectID, heartbeat.ChannelID) {
	w.t.Helper()
	w.channel(heartbeat.DefaultProject, "webhook", "Ticket system", "https://tickets.example.org/hooks/heartbeat")
	shop, err := w.service.Projects(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	sales := w.channel(shop[1].ID, "slack", "Sales, on-call", "https://hooks.slack.com/services/T0/B1/y")
	w.channel(w.project("Billing of the subsidiaries in the north"), "webhook", "A name that is much longer than the card is wide, as people sometimes make them", "https://intake.alerts-and-messages.internal.example.org/x")
	w.project("Newsletter")
	for _, name := range []string{"Price list", "Stock"} {
		if _, err := w.service.Create(w.t.Context(), w.clock(), shop[1].ID, service.Edit{Name: &name, Channels: new(string(sales))}); err != nil {
			w.t.Fatal(err)
		}
	}
	w.deliverBy(sales, func(i int, n heartbeat.Notice) heartbeat.Delivery {
		if i > 2 {
			return heartbeat.Delivery{State: heartbeat.DeliverySent, Attempts: 1, Done: n.Created.Add(time.Second)}
		}
		return heartbeat.Delivery{
			State: heartbeat.DeliveryWaiting, Attempts: 4, Next: noon.Add(3 * time.Minute), Error: "hooks.slack.com answered 404 Not Found: no_service",
		}
	})
	return shop[1].ID, sales
}

// run pings the check as one run from begin to end.
func (w *world) run(id heartbeat.CheckID, begin, end time.Time, failed bool) {
	w.t.Helper()
	p := heartbeat.Ping{
		At: begin, Kind: heartbeat.KindStart, Run: heartbeat.RunID(service.NewID().String()),
		Scheme: "https", Method: "POST", Addr: "2001:db8::17", Agent: "heartbeat/1.0",
	}
	finish := p
	finish.At, finish.Kind, finish.Exit, finish.Body = end, heartbeat.KindSuccess, new(0), []byte("48211 rows\n")
	if failed {
		finish.Kind, finish.Exit, finish.Body = heartbeat.KindFail, new(2), []byte("pg_dump: error: connection to server was lost\n")
	}
	for _, p := range []heartbeat.Ping{p, finish} {
		if _, err := w.service.Ping(w.t.Context(), id, p); err != nil {
			w.t.Fatal(err)
		}
	}
}
