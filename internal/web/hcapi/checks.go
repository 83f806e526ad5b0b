package hcapi

import (
	"net/http"

	"heartbeat"
	"heartbeat/internal/service"
)

// list answers with the project's checks that have all tags and the slug asked
// for.
func (c *call) list() error {
	rows, err := c.cfg.Service.ProjectChecks(c.Context(), c.now, c.project)
	if err != nil {
		return err
	}
	query := c.URL.Query()
	objects := []check{}
	for i := range rows {
		if !selected(&rows[i], query["tag"], last(query["slug"])) {
			continue
		}
		o, err := c.object(&rows[i])
		if err != nil {
			return err
		}
		objects = append(objects, o)
	}
	return c.json(http.StatusOK, struct {
		Checks []check `json:"checks"`
	}{objects})
}

func selected(row *service.Row, tags []string, slug string) bool {
	for _, tag := range tags {
		if !row.HasTag(tag) {
			return false
		}
	}
	return slug == "" || row.Slug == slug
}

// last returns the last of the values of a parameter; "" if there is none.
func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// create makes a check, or changes the one that the members named by unique mean.
func (c *call) create() error {
	asked, err := c.request()
	if err != nil {
		return err
	}
	var id heartbeat.CheckID
	made := true
	if match := asked.match(c.fields); match != nil {
		id, made, err = c.cfg.Service.PutCheck(c.Context(), c.now, c.project, match, asked.apply)
	} else {
		id, err = c.cfg.Service.AddCheck(c.Context(), c.now, c.project, asked.apply)
	}
	if err != nil {
		return err
	}
	status := http.StatusOK
	if made {
		status = http.StatusCreated
	}
	return c.show(status, id)
}

// show answers with a check as it stands now.
func (c *call) show(status int, id heartbeat.CheckID) error {
	row, err := c.cfg.Service.Look(c.Context(), c.now, id)
	if err != nil {
		return err
	}
	return c.showRow(status, &row)
}

func (c *call) showRow(status int, row *service.Row) error {
	o, err := c.object(row)
	if err != nil {
		return err
	}
	return c.json(status, o)
}

func (c *call) read(row *service.Row) error { return c.showRow(http.StatusOK, row) }

func (c *call) update(row *service.Row) error {
	asked, err := c.request()
	if err != nil {
		return err
	}
	if err := c.cfg.Service.ChangeCheck(c.Context(), row.ID, asked.apply); err != nil {
		return err
	}
	return c.show(http.StatusOK, row.ID)
}

// remove deletes a check, and answers with it as it was; by then it has no
// channels any more.
func (c *call) remove(row *service.Row) error {
	o, err := c.object(row)
	if err != nil {
		return err
	}
	if err := c.cfg.Service.Delete(c.Context(), row.ID); err != nil {
		return err
	}
	o.Channels = ""
	return c.json(http.StatusOK, o)
}

func (c *call) pause(row *service.Row) error {
	if err := c.cfg.Service.Pause(c.Context(), c.now, row.ID); err != nil {
		return err
	}
	return c.show(http.StatusOK, row.ID)
}

func (c *call) resume(row *service.Row) error {
	if row.Status != heartbeat.StatusPaused {
		return c.text(http.StatusConflict, "check is not paused") // Healthchecks says it in plain text
	}
	if err := c.cfg.Service.Resume(c.Context(), c.now, row.ID); err != nil {
		return err
	}
	return c.show(http.StatusOK, row.ID)
}
