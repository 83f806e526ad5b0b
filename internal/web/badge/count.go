package badge

import (
	"cmp"
	"slices"

	"heartbeat"
)

// OfCheck returns what the badge of a check says that shows as shown. One without
// names is called by its slug, and never by its ID: who knows that can ping it.
func OfCheck(c *heartbeat.Check, shown heartbeat.Status) View {
	v := View{Label: cmp.Or(c.Names.String(), c.Slug, "check")}
	v.Add(shown)
	return v
}

// Tags are the badges of the tags of a project, and of All its checks.
type Tags map[string]View

// Add counts one more check, by its status as shown.
func (t Tags) Add(l heartbeat.Labels, shown heartbeat.Status) {
	tags := append(l.TagList(), All)
	slices.Sort(tags)
	for _, tag := range slices.Compact(tags) {
		v := t[tag]
		if v.Label = tag; tag == All {
			v.Label = "checks"
		}
		v.Add(shown)
		t[tag] = v
	}
}
