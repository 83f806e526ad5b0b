package hcapi

import (
	"errors"
	"net/http"

	"heartbeat"
	"heartbeat/internal/service"
)

// refusal is an answer to a request that cannot be done as it came.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

// The texts of 400 and 401 are Healthchecks' own; programs may look at them.
var (
	errNoVersion    = &refusal{http.StatusNotFound, "there is no such version of the API: addresses begin with /api/v1/, /api/v2/ or /api/v3/"}
	errNoAddress    = &refusal{http.StatusNotFound, "there is nothing at this address: /api/v3/openapi.json lists those that there are"}
	errNoCheck      = &refusal{http.StatusNotFound, "there is no such check"}
	errNoPing       = &refusal{http.StatusNotFound, "there is no such ping among the last 100, or it has no body"}
	errOtherProject = &refusal{http.StatusForbidden, "the check belongs to another project than the key"}
	errNoMetrics    = &refusal{http.StatusForbidden, "there is no metrics key; see /metrics, and /projects/<project>/metrics/ with a read-only key"}
	errNoKey        = &refusal{http.StatusUnauthorized, "missing api key"}
	errWrongKey     = &refusal{http.StatusUnauthorized, "wrong api key"}
	errBadBody      = &refusal{http.StatusBadRequest, "could not parse request body"}
	errLargeBody    = &refusal{http.StatusBadRequest, "the body is longer than 2621440 bytes"}
)

// invalid says which member of a body is wrong.
func invalid(text string) *refusal {
	return &refusal{http.StatusBadRequest, "json validation error: " + text}
}

// refusalOf is the one place that makes refusals of errors; nil if the fault is
// ours.
func refusalOf(err error) *refusal {
	var refused *refusal
	var wrong *heartbeat.Invalid
	var several service.Invalids
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &wrong):
		return invalid(nameOf(wrong.Field) + " " + wrong.Problem)
	case errors.As(err, &several):
		return invalid(several.Error())
	case errors.Is(err, heartbeat.ErrNotFound): // it went between look-up and change
		return errNoCheck
	}
	return nil
}

// nameOf is what the API calls a field of ours.
func nameOf(field string) string {
	if field == "threshold" {
		return "timeout"
	}
	return field
}

// fail answers with err if it is a refusal, and returns it if it is not.
func fail(w http.ResponseWriter, err error) error {
	if err == nil {
		return nil
	}
	refused := refusalOf(err)
	if refused == nil {
		return err
	}
	return Refuse(w, refused.status, refused.text)
}

// Refuse answers as the API does to what it does not do.
func Refuse(w http.ResponseWriter, status int, text string) error {
	return writeJSON(w, status, struct {
		Error string `json:"error"`
	}{text})
}
