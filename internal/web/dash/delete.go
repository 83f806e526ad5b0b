package dash

import (
	"net/http"

	"heartbeat"
	"heartbeat/internal/service"
)

// deletePage asks before a check is deleted.
type deletePage struct {
	frame
	Row row
	// Pings says how many would be lost.
	Pings string
	// ByPulses tells that the job's next pulse makes the check again.
	ByPulses bool
}

func (h *handler) deleteForm(w http.ResponseWriter, r *http.Request) error {
	id, err := checkID(r)
	if err != nil {
		return err
	}
	f := h.frame(r, "Delete", "checks")
	check, err := h.Service.Look(r.Context(), f.clock.now, id)
	if err != nil {
		return err
	}
	projects, err := h.Service.Projects(r.Context())
	if err != nil {
		return err
	}
	project := f.place(projects, &check.Check)
	f.Title = "Delete " + check.Title()
	page := deletePage{frame: f, Row: rowOf(&check, &f), Pings: plural(int(check.Pings), "ping", "pings"), ByPulses: service.NamedByPulses(check.Check)}
	page.Row.Project = project
	return h.render(w, http.StatusOK, "delete", &page)
}

// remove deletes the check. "del" is what the original's form sends.
func (h *handler) remove(w http.ResponseWriter, r *http.Request, id heartbeat.CheckID) error {
	if r.PostForm.Get("delete") != "del" {
		return &heartbeat.Invalid{Field: "delete", Problem: "must be del, or left out"}
	}
	if err := h.Service.Delete(r.Context(), id); err != nil {
		return err
	}
	h.redirect(w, r, "/dashboard?done=deleted")
	return nil
}
