package hcapi

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"heartbeat"
	"heartbeat/internal/service"
	"heartbeat/internal/uniquekey"
)

// call is one request on its way.
type call struct {
	*Handler
	*http.Request
	w       http.ResponseWriter
	version string // "v1", "v2" or "v3"
	now     time.Time
	place   place

	// What admit finds out: whose key it is, whether it may write, and the members
	// of the body where it is looked at.
	project heartbeat.ProjectID
	write   bool
	fields  fields
	// What readChannels finds out: all projects, and by what channels people are told
	// of the key's.
	projects heartbeat.Projects
	channels []channel
}

// answer answers the call at its route.
func (c *call) answer(r *route) error {
	allowed := r.allowed()
	if !r.private {
		header := c.w.Header()
		header.Set("Access-Control-Allow-Origin", "*")
		header.Set("Access-Control-Allow-Headers", "X-Api-Key")
		header.Set("Access-Control-Allow-Methods", allowed)
		header.Set("Access-Control-Max-Age", "600")
		if c.Method == http.MethodOptions {
			c.w.WriteHeader(http.StatusNoContent)
			return nil
		}
	}
	m := r.method(c.Method)
	if m == nil {
		c.w.Header().Set("Allow", allowed)
		return &refusal{http.StatusMethodNotAllowed, "this address takes " + allowed + " only"}
	}
	if err := c.admit(m.needs); err != nil {
		return err
	}
	return m.do(c)
}

// keyLength is how many characters a key has.
const keyLength = 32

// admit finds out who calls. Where a key that may write is needed, a body is read
// first, and may hold the key if there is no header.
func (c *call) admit(needs need) error {
	if needs == noKey {
		return nil
	}
	if needs == writeKey && c.Method == http.MethodPost {
		if err := c.readBody(); err != nil {
			return err
		}
	}
	key := c.key()
	if utf8.RuneCountInString(key) != keyLength {
		return errNoKey
	}
	access, ok, err := c.cfg.Auth.API(c.Context(), key)
	switch {
	case err != nil:
		return err
	case !ok, needs == writeKey && !access.Write:
		return errWrongKey
	}
	c.project, c.write = access.Project, access.Write
	return nil
}

// key returns what the caller gives for a key.
func (c *call) key() string {
	if given, ok := c.Header["X-Api-Key"]; ok {
		return given[0]
	}
	raw := c.fields["api_key"]
	var key string
	if json.Unmarshal(raw, &key) != nil {
		return string(raw) // a key of digits may come as a number
	}
	return key
}

// maxBody is how many bytes a body may have, as in Healthchecks.
const maxBody = 2_621_440

func (c *call) readBody() error {
	body, err := io.ReadAll(http.MaxBytesReader(c.w, c.Body, maxBody))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return errLargeBody
	}
	if err != nil {
		return errBadBody
	}
	c.fields, err = parseFields(body)
	return err
}

// ofCheck makes an action of one that is about the check that the path names.
func ofCheck(do func(*call, *service.Row) error) func(*call) error {
	return func(c *call) error {
		row, err := c.row()
		if err != nil {
			return err
		}
		return do(c, &row)
	}
}

// row finds the check that the path names, as it stands now.
func (c *call) row() (service.Row, error) {
	if c.place.key != "" {
		return c.rowByKey()
	}
	row, err := c.cfg.Service.Look(c.Context(), c.now, c.place.check)
	switch {
	case errors.Is(err, heartbeat.ErrNotFound):
		return row, errNoCheck
	case err != nil:
		return row, err
	case row.Project != c.project:
		return row, errOtherProject
	}
	return row, nil
}

func (c *call) rowByKey() (service.Row, error) {
	rows, err := c.cfg.Service.ProjectChecks(c.Context(), c.now, c.project)
	if err != nil {
		return service.Row{}, err
	}
	for _, row := range rows {
		if uniquekey.Of(row.ID) == c.place.key {
			return row, nil
		}
	}
	return service.Row{}, errNoCheck
}

// json answers with v as JSON.
func (c *call) json(status int, v any) error { return writeJSON(c.w, status, v) }

func writeJSON(w http.ResponseWriter, status int, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text) // who has hung up needs no answer
	return nil
}

// text answers with a text.
func (c *call) text(status int, text string) error {
	c.w.Header().Set("Content-Type", "text/plain")
	c.w.WriteHeader(status)
	_, _ = io.WriteString(c.w, text) // who has hung up needs no answer
	return nil
}
