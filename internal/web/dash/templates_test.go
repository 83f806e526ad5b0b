package dash_test

import (
	"testing"

	"github.com/jba/templatecheck"

	"heartbeat/internal/web/dash"
)

func TestTemplates_FitTheDataTheyRender(t *testing.T) {
	t.Parallel()
	for name, page := range dash.Templates() {
		if page.Data == nil {
			t.Errorf("page %s has no data", name)
			continue
		}
		if err := templatecheck.CheckHTML(page.Template, page.Data); err != nil {
			t.Errorf("page %s: %v", name, err)
		}
	}
}
