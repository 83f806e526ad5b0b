package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"heartbeat"
)

// maxImport is how long a piece of a file may be that is imported.
const maxImport = 1 << 20

var errNoBearer = fmt.Errorf("%w: an import needs a header Authorization: Bearer with the dashboard's secret", heartbeat.ErrForbidden)

// importFile takes in what heartbeat import --to URL sends. It takes the secret
// from the header alone: neither a browser nor a link can cause an import.
func (s *server) importFile(w http.ResponseWriter, r *http.Request) error {
	scheme, secret, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return errNoBearer
	}
	if err := s.cfg.Auth.Login(r, strings.TrimSpace(secret)); err != nil {
		return err
	}
	dryRun := r.URL.Query().Get("dry-run") == "true"
	report, err := s.cfg.Import(r.Context(), http.MaxBytesReader(w, r.Body, maxImport), dryRun)
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return say(w, http.StatusRequestEntityTooLarge,
			"one request takes 1 MB at most; \"heartbeat import\" sends a longer file in pieces")
	}
	if err != nil {
		return err
	}
	answer, err := json.Marshal(report)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(answer) // who has hung up sends it again
	return nil
}
