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
//	2xx                            taken
//	408, 425, 429, 5xx             try again, not before Retry-After
//	3xx and what no standard names try again
//	any other 4xx                  never again: the service has understood and refused
//
// A redirect is tried again like every failure that is cured by settings or by
// waiting (a refused address, a broken look-up, a bad certificate): the address
// may be right again in a minute, and an alert must not be lost meanwhile.
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
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return code/100 != 4
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
