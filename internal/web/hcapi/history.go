package hcapi

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"heartbeat"
	"heartbeat/internal/service"
)

const (
	// pingsShown is how many pings are shown, and how many have a body to read.
	pingsShown = heartbeat.KeepPings
	// flipsShown bounds the list of flips, which has no pages.
	flipsShown = 10_000
	// longestRun is from what length on an end is not taken to belong to a start.
	longestRun = 72 * time.Hour
)

// ping is what is answered about a ping.
type ping struct {
	Type     string   `json:"type"`
	Date     string   `json:"date"`
	N        int64    `json:"n"`
	Scheme   string   `json:"scheme"`
	Addr     *string  `json:"remote_addr"`
	Method   string   `json:"method"`
	Agent    string   `json:"ua"`
	Run      *string  `json:"rid"`
	BodyURL  *string  `json:"body_url"`
	Duration *float64 `json:"duration,omitempty"`
}

func (c *call) pings(row *service.Row) error {
	log, err := c.cfg.Service.Pings(c.Context(), row.ID, pingsShown)
	if err != nil {
		return err
	}
	took := durations(log)
	pings := make([]ping, len(log))
	for i, p := range log {
		pings[i] = ping{
			Type: typeOf(p.Kind), Date: precise(p.At), N: p.N, Scheme: p.Scheme,
			Addr: orNull(p.Addr), Method: p.Method, Agent: p.Agent, Run: orNull(string(p.Run)),
		}
		if len(p.Body) > 0 {
			pings[i].BodyURL = orNull(c.checkURL(row.ID) + "/pings/" + strconv.FormatInt(p.N, 10) + "/body")
		}
		if took[i] > 0 {
			rounded := math.Round(took[i].Seconds()*100) / 100
			pings[i].Duration = &rounded
		}
	}
	return c.json(http.StatusOK, struct {
		Pings []ping `json:"pings"`
	}{pings})
}

func typeOf(k heartbeat.Kind) string {
	if k == heartbeat.KindIgnored {
		return "ign"
	}
	return string(k)
}

// precise writes a time with its microseconds, if there are any.
func precise(t time.Time) string {
	if t = t.UTC().Truncate(time.Microsecond); t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05+00:00")
	}
	return t.Format("2006-01-02T15:04:05.000000+00:00")
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// durations tells how long the runs took that the pings, newest first, ended: from
// the latest start of the same run ID to the first success or failure after it. A
// check's state holds one start only; here, runs overlap. 0: not known.
func durations(log []heartbeat.Ping) []time.Duration {
	took := make([]time.Duration, len(log))
	ends := map[heartbeat.RunID]int{} // whose start is still looked for
	for i, p := range log {
		switch p.Kind {
		case heartbeat.KindSuccess, heartbeat.KindFail:
			ends[p.Run] = i
		case heartbeat.KindStart:
			if end, ok := ends[p.Run]; ok {
				took[end] = log[end].At.Sub(p.At)
				delete(ends, p.Run)
			}
		case heartbeat.KindLog, heartbeat.KindIgnored:
		}
	}
	for _, end := range ends { // they began before the log does
		took[end] = log[end].Duration
	}
	for i := range took {
		if took[i] >= longestRun {
			took[i] = 0
		}
	}
	return took
}

func (c *call) body(row *service.Row) error {
	log, err := c.cfg.Service.Pings(c.Context(), row.ID, pingsShown)
	if err != nil {
		return err
	}
	for _, p := range log {
		if strconv.FormatInt(p.N, 10) == c.place.n && len(p.Body) > 0 {
			return c.text(http.StatusOK, string(p.Body))
		}
	}
	return errNoPing
}

// flip is what is answered about a flip.
type flip struct {
	At string `json:"timestamp"`
	Up int    `json:"up"`
}

func (c *call) flips(row *service.Row) error {
	span, err := c.span()
	if err != nil {
		return err
	}
	log, err := c.cfg.Service.Flips(c.Context(), row.ID, flipsShown)
	if err != nil {
		return err
	}
	flips := []flip{}
	for _, f := range log {
		if !span.holds(f.At) {
			continue
		}
		shown := flip{At: precise(f.At.Truncate(time.Second))}
		if f.To == heartbeat.StatusUp {
			shown.Up = 1
		}
		flips = append(flips, shown)
	}
	return c.json(http.StatusOK, struct {
		Flips []flip `json:"flips"`
	}{flips})
}

// span is a stretch of time from from until before to; zero ends are open.
type span struct{ from, to time.Time }

func (s span) holds(t time.Time) bool {
	return !t.Before(s.from) && (s.to.IsZero() || t.Before(s.to))
}

// span reads which flips are asked for.
func (c *call) span() (span, error) {
	const latest, longest = 10_000_000_000, 31_536_000
	var s span
	start, _, err := c.number("start", latest)
	if err != nil {
		return s, err
	}
	end, ends, err := c.number("end", latest)
	if err != nil {
		return s, err
	}
	ago, _, err := c.number("seconds", longest)
	if err != nil {
		return s, err
	}
	s.from = time.Unix(start, 0)
	if recent := c.now.Add(-time.Duration(ago) * time.Second); ago > 0 && recent.After(s.from) {
		s.from = recent
	}
	if ends {
		s.to = time.Unix(end, 0)
	}
	return s, nil
}

// number reads a parameter of the query that is a number from 0 to most.
func (c *call) number(name string, most int64) (n int64, given bool, err error) {
	values := c.URL.Query()[name]
	if values == nil {
		return 0, false, nil
	}
	digits := last(values)
	n, err = strconv.ParseInt(digits, 10, 64)
	if err != nil || n > most || strings.Trim(digits, "0123456789") != "" {
		return 0, false, &refusal{http.StatusBadRequest, name + " must be a whole number from 0 to " + strconv.FormatInt(most, 10)}
	}
	return n, true, nil
}
