package dash

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"heartbeat"
	"heartbeat/internal/schedule"
	"heartbeat/internal/service"
)

// checkPage is one check: how it stands and why, and what happened to it.
type checkPage struct {
	frame
	Row row
	// Why says in sentences why the check stands as it does and what comes next.
	Why      []string
	Facts    []fact
	Timeline timeline
	Pings    []pingView
	Flips    []flipView
	Paused   bool
}

// fact is a line of what is known about a check.
type fact struct {
	Name, Text string
	When       stamp
}

// pingView is one ping in the list.
type pingView struct {
	N              int64
	When           stamp
	Kind           string
	Duration, Exit string
	Sender, Agent  string
	Body, BodySize string
	// BodyNote says what was done to the body to show it.
	BodyNote string
}

// flipView is one change of status in the list.
type flipView struct {
	When     stamp
	From, To statusView
	Reason   string
	// Lasted is how long the status that ended had lasted.
	Lasted string
}

// historyShown is how many pings and flips the page lists.
const historyShown = 100

func (h *handler) check(w http.ResponseWriter, r *http.Request) error {
	id, err := checkID(r)
	if err != nil {
		return err
	}
	f := h.frame(r, "Check", "checks")
	row, err := h.Service.Look(r.Context(), f.clock.now, id)
	if err != nil {
		return err
	}
	pings, flips, err := h.Service.History(r.Context(), id, historyShown)
	if err != nil {
		return err
	}
	f.Live, f.Title = true, row.Name
	f.Done = h.done(r.Context(), f.clock, r.URL.Query())
	if row.Shown == heartbeat.StatusDown {
		f.Icon = icon(1)
	}
	page := checkPage{
		frame: f, Row: rowOf(&row, f.clock, f.Base),
		Why: why(&row, flips, f.clock), Facts: facts(&row, f.clock),
		Timeline: timelineOf(&row, pings, flips, f.clock),
		Pings:    pingViews(pings, f.clock), Flips: flipViews(flips, f.clock),
		Paused: row.Status == heartbeat.StatusPaused,
	}
	return h.render(w, http.StatusOK, "check", &page)
}

// act pauses or resumes a check.
func (h *handler) act(w http.ResponseWriter, r *http.Request) error {
	id, err := checkID(r)
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	done := ""
	switch r.PostForm.Get("action") {
	case "pause":
		done, err = "paused", h.Service.Pause(r.Context(), h.Now(), id)
	case "resume":
		done, err = "resumed", h.Service.Resume(r.Context(), h.Now(), id)
	default:
		err = &heartbeat.Invalid{Field: "action", Problem: "must be pause or resume"}
	}
	if err != nil {
		return err
	}
	h.redirect(w, r, "/check?"+url.Values{"id": {id.String()}, "done": {done}}.Encode())
	return nil
}

// facts are what is known about a check beside its names.
func facts(r *service.Row, c clock) []fact {
	all := []fact{
		{Name: "Threshold", Text: exact(r.Period)},
		{Name: "Grace", Text: graceText(r.Grace)},
		{Name: "Worktime", Text: r.Worktime + ", " + r.Zone},
	}
	if r.Holidays != "" {
		all = append(all, fact{Name: "Holidays", Text: strings.ReplaceAll(r.Holidays, ",", ", ")})
	}
	all = append(all, fact{Name: "Last pulse", When: c.stamp(r.LastPing), Text: "none yet"})
	if !r.Due.IsZero() {
		all = append(all, fact{Name: "Next pulse due", When: c.stamp(r.Due)})
	}
	if !r.Deadline.IsZero() {
		all = append(all, fact{Name: "Goes down", When: c.stamp(r.Deadline)})
	}
	if r.LastDuration > 0 {
		all = append(all, fact{Name: "Last run took", Text: span(r.LastDuration)})
	}
	return append(all,
		fact{Name: "Pulses so far", Text: strconv.FormatInt(r.Pings, 10)},
		fact{Name: "Known since", When: c.stamp(r.Created)},
	)
}

func graceText(d time.Duration) string {
	if d == 0 {
		return "none"
	}
	return exact(d)
}

// why says why the check stands as it does, and what comes next.
func why(r *service.Row, flips []heartbeat.Flip, c clock) []string {
	switch r.Shown {
	case heartbeat.StatusNew:
		return whyNew(r, c)
	case heartbeat.StatusPaused:
		return []string{
			"Paused since " + c.short(r.Since) + ": nobody is told of anything.",
			"The next pulse, or Resume, starts the watch again.",
		}
	case heartbeat.StatusDown:
		return whyDown(r, flips, c)
	case heartbeat.StatusGrace:
		return append([]string{
			"A pulse is due since " + c.short(r.Due) + "; " + counted(r.Counted) + " of " + r.Worktime + " have passed since the last one.",
		}, next(r, c)...)
	}
	if r.Due.IsZero() {
		return append([]string{"On time. No further pulse is due."}, next(r, c)...)
	}
	return append([]string{"On time. The next pulse is due " + moment(r.Due, c) + "."}, next(r, c)...)
}

func whyNew(r *service.Row, c clock) []string {
	if r.Started() {
		return append([]string{"Its first run began " + moment(r.LastStart, c) + "."}, next(r, c)...)
	}
	return []string{"Waits for its first pulse. Nobody is told of anything until it has come."}
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
		text := fmt.Sprintf("%s of %s have passed since; %s are allowed", counted(r.Counted), r.Worktime, exact(r.Period))
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

// reasonText is a flip's reason in people's words.
func reasonText(f heartbeat.Flip) string {
	text := map[heartbeat.Reason]string{
		heartbeat.ReasonLate:    "no pulse came in time",
		heartbeat.ReasonOverrun: "a run did not end in time",
		heartbeat.ReasonFail:    "the job reported failure",
		heartbeat.ReasonPing:    "a success came in",
		heartbeat.ReasonPaused:  "somebody paused it",
		heartbeat.ReasonResumed: "somebody resumed it",
	}[f.Reason]
	if text == "" {
		text = string(f.Reason)
	}
	if f.Detail != "" {
		text += ": " + f.Detail
	}
	return text
}

func flipViews(flips []heartbeat.Flip, c clock) []flipView {
	all := make([]flipView, len(flips))
	for i, f := range flips {
		all[i] = flipView{
			When: c.stamp(f.At), From: viewStatus(f.From), To: viewStatus(f.To), Reason: title(reasonText(f)),
		}
		if f.At.Sub(f.Since) >= time.Second && !f.Since.IsZero() {
			all[i].Lasted = span(f.At.Sub(f.Since))
		}
	}
	return all
}

func pingViews(pings []heartbeat.Ping, c clock) []pingView {
	all := make([]pingView, len(pings))
	for i, p := range pings {
		v := pingView{N: p.N, When: c.stamp(p.At), Kind: string(p.Kind), Sender: p.Addr, Agent: p.Agent}
		if p.Method != "" {
			v.Sender = strings.TrimSpace(p.Method + " from " + p.Addr)
		}
		if p.Duration > 0 {
			v.Duration = span(p.Duration)
		}
		if p.Exit != nil {
			v.Exit = strconv.Itoa(*p.Exit)
		}
		if len(p.Body) > 0 {
			v.Body, v.BodyNote = showBody(p.Body)
			v.BodySize = size(len(p.Body))
		}
		all[i] = v
	}
	return all
}

// showBody makes a body safe to look at: what is not UTF-8 and what would
// steer the display is shown as a sign of its own.
func showBody(body []byte) (text, note string) {
	var notes []string
	if len(body) >= heartbeat.MaxBody {
		notes = append(notes, "only the first 10 kB are kept")
		body = trimRune(body)
	}
	if !utf8.Valid(body) {
		notes = append(notes, "not all of it is UTF-8: � stands for the rest")
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return -1
		case r < ' ':
			return '␀' + r
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			return '�'
		}
		return r
	}, strings.ToValidUTF8(string(body), "�"))
	return text, strings.Join(notes, "; ")
}

// trimRune drops a character that was cut in half at the end.
func trimRune(body []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(body); i++ {
		if b := body[len(body)-i:]; utf8.RuneStart(b[0]) {
			if !utf8.FullRune(b) {
				return body[:len(body)-i]
			}
			break
		}
	}
	return body
}

func size(n int) string {
	if n < 1000 {
		return plural(n, "byte", "bytes")
	}
	return strconv.FormatFloat(float64(n)/1000, 'f', 1, 64) + "\u00a0kB"
}
