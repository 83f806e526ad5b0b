package hcapi

import (
	_ "embed" // for the document
	"net/http"

	"heartbeat/internal/web/badge"
)

// badges answers with the addresses of the badges of the project and its tags.
func (c *call) badges() error {
	links, err := c.cfg.Badges(c.Context())
	if err != nil {
		return err
	}
	rows, err := c.cfg.Service.ProjectChecks(c.Context(), c.now, c.project)
	if err != nil {
		return err
	}
	key := string(c.project)
	urls := map[string]badge.URLs{badge.All: links.Tag(key, badge.All)}
	for _, row := range rows {
		for _, tag := range row.TagList() {
			urls[tag] = links.Tag(key, tag)
		}
	}
	return c.json(http.StatusOK, struct {
		Badges map[string]badge.URLs `json:"badges"`
	}{urls})
}

// status answers if the store can be read.
func (c *call) status() error {
	if _, err := c.cfg.Service.Projects(c.Context()); err != nil {
		return err
	}
	return c.text(http.StatusOK, "OK")
}

// metrics is refused to everybody: there is no key for it.
func (c *call) metrics() error { return errNoMetrics }

// document is the API in the form of OpenAPI 3.1.
//
//go:embed openapi.json
var document []byte

func (c *call) openAPI() error {
	c.w.Header().Set("Content-Type", "application/json")
	_, _ = c.w.Write(document) // who has hung up needs no answer
	return nil
}
