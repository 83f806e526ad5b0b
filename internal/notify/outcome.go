package notify

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// maxAfter bounds how long a service can ask to be left alone: an alert that
// waits longer is of no use to anybody.
const maxAfter = time.Hour

// judge sorts an answer into taken (nil), try again, and never again:
//
//	2xx                taken
//	400, 413, 415, 422 never again: this message is refused, and would be each time
//	anything else      try again, not before Retry-After
//
// All that is cured by settings or by waiting is tried again: a redirect, a
// refused address, a bad certificate, and 401, 403, 404 or 410 as well. A proxy
// answers 404 while the service behind it is restarted, and who makes a new
// webhook wants the messages that the old one did not take.
func judge(t target, res *http.Response, answer []byte) error {
	code := res.StatusCode
	if code/100 == 2 {
		return nil
	}
	f := &Failure{Status: code, Again: again(code)}
	f.Reason = fmt.Sprintf("%s answered %d", t.host(), code)
	if text := http.StatusText(code); text != "" {
		f.Reason += " " + text
	}
	switch excerpt := t.clean(string(answer)); {
	case code/100 == 3:
		f.Reason += "; redirects are not followed, set the channel's URL to the address it leads to"
	case excerpt != "":
		f.Reason += ": " + excerpt
	}
	if f.Again {
		f.After = retryAfter(res.Header.Get("Retry-After"), time.Now())
	}
	return f
}

func again(code int) bool {
	switch code {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return false
	}
	return true
}

// retryAfter reads the header of that name: seconds, or a date. 0 if it says
// nothing of use.
func retryAfter(value string, now time.Time) time.Duration {
	seconds, err := strconv.ParseUint(value, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(maxAfter/time.Second))) * time.Second
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(date.Sub(now), 0), maxAfter)
}
