package pinging

import (
	"net/url"
	"strings"

	"heartbeat"
	"heartbeat/internal/service"
)

// address is what the path of a ping URL says.
type address struct {
	// id names the check, or, if key is not empty, key and slug do.
	id        heartbeat.CheckID
	key, slug string
	report
}

// report is what the end of a ping URL says of the job.
type report struct {
	kind heartbeat.Kind
	// exit counts if hasExit. Numbers that no exit status can be are tooLarge.
	exit    int
	hasExit bool
}

// tooLarge is more than any exit status.
const tooLarge = 256

// parseAddress reads what follows /ping/. It is false for what is no ping URL.
func parseAddress(path string) (address, bool) {
	first, rest, more := strings.Cut(path, "/")
	if id, err := heartbeat.ParseCheckID(first); err == nil {
		if rest == "" { // with or without a slash at the end
			return address{id: id, report: report{kind: heartbeat.KindSuccess}}, true
		}
		if said, ok := parseReport(rest); ok {
			return address{id: id, report: said}, true
		}
	}
	slug, last, reports := strings.Cut(rest, "/")
	if !more || !isWord(first) || !isWord(slug) {
		return address{}, false
	}
	to := address{key: first, slug: slug, report: report{kind: heartbeat.KindSuccess}}
	if !reports {
		return to, true
	}
	var ok bool
	to.report, ok = parseReport(last)
	return to, ok
}

func parseReport(s string) (report, bool) {
	switch s {
	case "start":
		return report{kind: heartbeat.KindStart}, true
	case "fail":
		return report{kind: heartbeat.KindFail}, true
	case "log":
		return report{kind: heartbeat.KindLog}, true
	}
	exit, ok := parseStatusNumber(s)
	said := report{kind: heartbeat.KindSuccess, exit: exit, hasExit: true}
	if exit != 0 {
		said.kind = heartbeat.KindFail
	}
	return said, ok
}

// parseStatusNumber reads one or more decimal digits.
func parseStatusNumber(s string) (n int, ok bool) {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = min(10*n+int(c-'0'), tooLarge)
	}
	return n, s != ""
}

// isWord tells whether s can be a ping key or a slug.
func isWord(s string) bool { return s != "" && heartbeat.KeyChars(s) }

// malformed is an address that cannot be read, in Healthchecks' words.
type malformed struct{ text string }

func (e *malformed) Error() string { return e.text }

// Unwrap makes it one of those errors that are the sender's to mend.
func (e *malformed) Unwrap() error { return &heartbeat.Invalid{Field: "address", Problem: e.text} }

var (
	errBadURL error = &malformed{"invalid url format"}
	errBadRun error = &malformed{"invalid uuid format"}
)

// options are what the query of a ping URL says.
type options struct {
	run heartbeat.RunID
	// initial counts if create is set.
	create  bool
	initial service.Initial
}

// parseOptions reads a query as Healthchecks does: of a parameter that comes
// twice the last one counts, and broken percent-encoding is taken as it is.
func parseOptions(query string) (o options, err error) {
	var run string
	var hasRun bool
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		key, value, _ := strings.Cut(pair, "=")
		switch decode(key) {
		case "rid":
			run, hasRun = decode(value), true
		case "create":
			o.create = decode(value) == "1"
		case "threshold":
			o.initial.Threshold = decode(value)
		case "grace":
			o.initial.Grace = decode(value)
		case "cron":
			o.initial.Cron = decode(value)
		case "oncalendar":
			o.initial.OnCalendar = decode(value)
		case "worktime":
			o.initial.Worktime = decode(value)
		case "tz":
			o.initial.Zone = decode(value)
		}
	}
	if hasRun {
		run = strings.ToLower(run)
		if _, err := heartbeat.ParseCheckID(run); err != nil {
			return o, errBadRun
		}
		o.run = heartbeat.RunID(run)
	}
	return o, nil
}

func decode(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}
