package hcapi

import "strings"

// Addresses are all methods and addresses that are answered, as the OpenAPI
// document writes them: "GET /checks/{check}".
func Addresses() []string {
	var all []string
	for _, r := range routes() {
		for _, m := range r.methods {
			path := strings.NewReplacer("<check>", "{check}", "<key>", "{check}", "<n>", "{n}").Replace(r.path)
			all = append(all, m.name+" /"+path)
		}
	}
	return all
}
