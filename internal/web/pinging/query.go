package pinging

import (
	"net/url"
	"strconv"
	"strings"

	"heartbeat"
	"heartbeat/internal/service"
)

// params are the values of the parameters that a pulse may have, decoded.
type params [paramCount]string

// The places of the parameters.
const (
	paramHost = iota
	paramCategory
	paramType
	paramName
	paramThreshold
	paramGrace
	paramCron
	paramOnCalendar
	paramSaturday
	paramWorktime
	paramZone
	paramStatus
	paramExit
	paramRun
	paramCount
)

func paramIndex(key string) (int, bool) {
	switch key {
	case "host":
		return paramHost, true
	case "category":
		return paramCategory, true
	case "type":
		return paramType, true
	case "name":
		return paramName, true
	case "threshold":
		return paramThreshold, true
	case "grace":
		return paramGrace, true
	case "cron":
		return paramCron, true
	case "oncalendar":
		return paramOnCalendar, true
	case "saturday":
		return paramSaturday, true
	case "worktime":
		return paramWorktime, true
	case "tz":
		return paramZone, true
	case "status":
		return paramStatus, true
	case "exit":
		return paramExit, true
	case "rid":
		return paramRun, true
	}
	return 0, false
}

// parse reads a pulse from a query. The pulse's kind is set as far as it could
// be read, errors included.
func parse(query string) (service.Pulse, error) {
	var values params
	seen, err := values.read(query)
	if err != nil {
		return service.Pulse{}, err
	}
	pulse := service.Pulse{
		Names: heartbeat.Names{
			Host:     values[paramHost],
			Category: values[paramCategory],
			Type:     values[paramType],
			Name:     values[paramName],
		},
		Initial: service.Initial{
			Threshold:  values[paramThreshold],
			Grace:      values[paramGrace],
			Cron:       values[paramCron],
			OnCalendar: values[paramOnCalendar],
			Saturday:   values[paramSaturday],
			Worktime:   values[paramWorktime],
			Zone:       values[paramZone],
		},
	}
	if err := values.report(seen, &pulse.Ping); err != nil {
		return pulse, err
	}
	if seen.has(paramRun) {
		pulse.Ping.Run, err = parseRun(values[paramRun])
	}
	return pulse, err
}

// paramSet is a set of parameters.
type paramSet uint16

func (s paramSet) has(param int) bool { return s&(1<<param) != 0 }

// read fills in the values and returns which parameters there were.
func (v *params) read(query string) (seen paramSet, err error) {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		rawKey, rawValue, _ := strings.Cut(pair, "=")
		key, err := url.QueryUnescape(rawKey)
		if err != nil {
			continue // no parameter of ours
		}
		i, ok := paramIndex(key)
		if !ok {
			continue
		}
		if seen.has(i) {
			return seen, &heartbeat.Invalid{Field: key, Problem: "comes twice: send it once (write & inside a value as %26)"}
		}
		seen |= 1 << i
		if v[i], err = url.QueryUnescape(rawValue); err != nil {
			return seen, &heartbeat.Invalid{Field: key, Problem: "has broken percent-encoding: write a percent sign as %25"}
		}
	}
	return seen, nil
}

// report reads status and exit. An exit status says by itself whether the job
// is well; a status beside it may call a good one a failure, not a bad one a
// success.
func (v *params) report(seen paramSet, ping *heartbeat.Ping) error {
	ping.Kind = heartbeat.KindSuccess
	if seen.has(paramStatus) {
		kind, err := parseStatus(v[paramStatus])
		if err != nil {
			return err
		}
		ping.Kind = kind
	}
	if !seen.has(paramExit) {
		return nil
	}
	exit, err := parseExit(v[paramExit])
	switch {
	case err != nil:
		return err
	case ping.Kind == heartbeat.KindStart || ping.Kind == heartbeat.KindLog:
		return &heartbeat.Invalid{Field: "exit", Problem: "does not go with status=" + string(ping.Kind) + ": only the end of a run has an exit status"}
	case exit != 0 && seen.has(paramStatus) && ping.Kind == heartbeat.KindSuccess:
		return &heartbeat.Invalid{Field: "exit", Problem: "says that the job failed, but status says success: leave status out"}
	case exit != 0:
		ping.Kind = heartbeat.KindFail
	}
	ping.Exit = &exit
	return nil
}

// parseStatus refuses an empty status: it comes from an empty variable in a
// script, and taking it for success could hide a failure.
func parseStatus(s string) (heartbeat.Kind, error) {
	switch s {
	case "success":
		return heartbeat.KindSuccess, nil
	case "fail":
		return heartbeat.KindFail, nil
	case "start":
		return heartbeat.KindStart, nil
	case "log":
		return heartbeat.KindLog, nil
	}
	return "", &heartbeat.Invalid{Field: "status", Problem: "must be success, fail, start or log"}
}

func parseExit(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 8)
	if err != nil {
		return 0, &heartbeat.Invalid{Field: "exit", Problem: "must be a whole number from 0 to 255"}
	}
	return int(n), nil
}

// maxRun is enough for a UUID and for what schedulers call their runs.
const maxRun = 64

func parseRun(s string) (heartbeat.RunID, error) {
	const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:"
	if s == "" || len(s) > maxRun || strings.Trim(s, safe) != "" {
		return "", &heartbeat.Invalid{Field: "rid", Problem: "must be 1 to 64 letters, digits or any of - _ . :"}
	}
	return heartbeat.RunID(s), nil
}
