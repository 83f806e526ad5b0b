package lambda_test

import (
	"net/http"
	"testing"

	"heartbeat/internal/lambda"
)

// at is what became of a request's address.
type at struct{ base, path string }

func ask(t *testing.T, role string, payload []byte) at {
	t.Helper()
	var got at
	f := function(&got.base, func(_ http.ResponseWriter, r *http.Request) { got.path = r.URL.Path })
	f.Place = lambda.RolePlace(role)
	if r := invoke(t, f, payload); r.Status != 200 {
		t.Fatalf("got %+v", r)
	}
	return got
}

func TestPlace_StagesArePrefixesOfLinksOnly(t *testing.T) {
	t.Parallel()
	const api = "x.execute-api.eu-central-1.amazonaws.com"
	httpAPI := func(domain, stage, path string) []byte {
		payload := with(t, event(t, "http"), path, "rawPath")
		payload = with(t, payload, stage, "requestContext", "stage")
		payload = with(t, payload, domain, "requestContext", "domainName")
		return with(t, payload, domain, "headers", "host")
	}
	rest := func(domain, whole, path string) []byte {
		payload := with(t, event(t, "rest"), path, "path")
		payload = with(t, payload, whole, "requestContext", "path")
		return with(t, payload, []string{domain}, "multiValueHeaders", "Host")
	}
	for name, c := range map[string]struct {
		event []byte
		want  at
	}{
		"default stage":            {httpAPI(api, "$default", "/heartbeat/pulse"), at{"https://" + api, "/heartbeat/pulse"}},
		"named stage":              {httpAPI(api, "prod", "/prod/heartbeat/pulse"), at{"https://" + api + "/prod", "/heartbeat/pulse"}},
		"named stage, root":        {httpAPI(api, "prod", "/prod"), at{"https://" + api + "/prod", "/"}},
		"named stage, root/":       {httpAPI(api, "prod", "/prod/"), at{"https://" + api + "/prod", "/"}},
		"a path like the stage":    {httpAPI(api, "prod", "/product"), at{"https://" + api, "/product"}},
		"a stage like our paths":   {httpAPI(api, "heartbeat", "/heartbeat/heartbeat/pulse"), at{"https://" + api + "/heartbeat", "/heartbeat/pulse"}},
		"own domain, with stage":   {httpAPI("watch.example.org", "prod", "/prod/heartbeat/pulse"), at{"https://watch.example.org", "/heartbeat/pulse"}},
		"own domain, without":      {httpAPI("watch.example.org", "prod", "/heartbeat/pulse"), at{"https://watch.example.org", "/heartbeat/pulse"}},
		"China":                    {httpAPI("x.execute-api.cn-north-1.amazonaws.com.cn", "p", "/p/x"), at{"https://x.execute-api.cn-north-1.amazonaws.com.cn/p", "/x"}},
		"HTTP API, old format":     {with(t, rest(api, "/prod/x", "/prod/x"), "1.0", "version"), at{"https://" + api + "/prod", "/x"}},
		"REST":                     {rest(api, "/prod/heartbeat/pulse", "/heartbeat/pulse"), at{"https://" + api + "/prod", "/heartbeat/pulse"}},
		"REST, root":               {rest(api, "/prod", "/"), at{"https://" + api + "/prod", "/"}},
		"REST, root/":              {rest(api, "/prod/", "/"), at{"https://" + api + "/prod", "/"}},
		"REST, own domain":         {rest("watch.example.org", "/heartbeat/pulse", "/heartbeat/pulse"), at{"https://watch.example.org", "/heartbeat/pulse"}},
		"REST, paths do not match": {rest(api, "/other", "/heartbeat/pulse"), at{"https://" + api, "/heartbeat/pulse"}},
	} {
		if got := ask(t, "web", c.event); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// behind is a request to the original's kind of gateway: a REST API with a
// resource for each function.
func behind(t *testing.T, stage, resource, path string) []byte {
	t.Helper()
	payload := with(t, event(t, "rest"), resource, "resource")
	payload = with(t, payload, path, "path")
	return with(t, payload, "/"+stage+path, "requestContext", "path")
}

func TestRolePlace_TheRoleSaysWhatAPathMeans(t *testing.T) {
	t.Parallel()
	const api = "https://rest1.execute-api.eu-central-1.amazonaws.com"
	for _, c := range []struct {
		role, stage, resource, path string
		want                        at
	}{
		{"pulse", "prod", "/heartbeat/pulse", "/heartbeat/pulse", at{api + "/prod", "/heartbeat/pulse"}},
		{"pulse", "prod", "/pulse", "/pulse", at{api + "/prod", "/heartbeat/pulse"}},
		{"pulse", "prod", "/jobs/pulse", "/jobs/pulse", at{api + "/prod", "/heartbeat/pulse"}},
		{"pulse", "prod", "/tools/heartbeat/pulse", "/tools/heartbeat/pulse", at{api + "/prod", "/heartbeat/pulse"}},
		{"pulse", "prod", "/{key}/pulse", "/k3y/pulse", at{api + "/prod", "/heartbeat/k3y/pulse"}},
		{"pulse", "prod", "/heartbeat/{key}/pulse", "/heartbeat/k3y/pulse", at{api + "/prod", "/heartbeat/k3y/pulse"}},
		{"pulse", "prod", "/heartbeat/{key}/pulse", "/heartbeat/heartbeat/pulse", at{api + "/prod", "/heartbeat/heartbeat/pulse"}},
		{"pulse", "prod", "/tools/heartbeat/{key}/pulse", "/tools/heartbeat/k3y/pulse", at{api + "/prod", "/heartbeat/k3y/pulse"}},
		{"pulse", "prod", "/{proxy+}", "/k3y/pulse", at{api + "/prod", "/heartbeat/k3y/pulse"}},
		{"pulse", "prod", "/ping/{proxy+}", "/ping/k3y/pulse", at{api + "/prod", "/ping/k3y/pulse"}},
		{"pulse", "heartbeat", "/pulse", "/pulse", at{api + "/heartbeat", "/heartbeat/pulse"}},
		{"pulse", "prod", "/{proxy+}", "/other", at{api + "/prod", "/other"}},
		{"dashboard", "prod", "/heartbeat/dashboard", "/heartbeat/dashboard", at{api + "/prod", "/heartbeat/dashboard"}},
		{"dashboard", "prod", "/tools/heartbeat/dashboard", "/tools/heartbeat/dashboard", at{api + "/prod/tools", "/heartbeat/dashboard"}},
		{"dashboard", "prod", "/heartbeat/{proxy+}", "/heartbeat/static/app.css", at{api + "/prod", "/heartbeat/static/app.css"}},
		{"dashboard", "heartbeat", "/dashboard", "/dashboard", at{api, "/heartbeat/dashboard"}},
		{"dashboard", "heartbeat", "/heartbeat/dashboard", "/heartbeat/dashboard", at{api + "/heartbeat", "/heartbeat/dashboard"}},
		{"dashboard", "prod", "/dashboard", "/dashboard", at{api + "/prod", "/heartbeat/dashboard"}},
		{"dashboard", "prod", "/{proxy+}", "//evil.example.org/heartbeat/dashboard", at{api + "/prod", "/heartbeat/dashboard"}},
		{"editGet", "prod", "/heartbeat/edit", "/heartbeat/edit", at{api + "/prod", "/heartbeat/edit"}},
		{"editPost", "prod", "/edit", "/edit", at{api + "/prod", "/heartbeat/edit"}},
		{"monitor", "prod", "/heartbeat/monitor", "/heartbeat/monitor", at{api + "/prod", "/heartbeat/monitor"}},
		{"monitor", "prod", "/monitor", "/monitor", at{api + "/prod", "/heartbeat/monitor"}},
		{"web", "prod", "/heartbeat/{proxy+}", "/heartbeat/check", at{api + "/prod", "/heartbeat/check"}},
	} {
		if got := ask(t, c.role, behind(t, c.stage, c.resource, c.path)); got != c.want {
			t.Errorf("%s at %s: got %v, want %v", c.role, c.path, got, c.want)
		}
	}
}

// Links that begin with another host's name would lead there.
func TestRolePlace_NoPrefixNamesAHost(t *testing.T) {
	t.Parallel()
	const api = "https://rest1.execute-api.eu-central-1.amazonaws.com"
	for _, path := range []string{
		"//evil.example.org/heartbeat/dashboard", `/\evil.example.org/heartbeat/dashboard`,
		"/%5Cevil.example.org/heartbeat/dashboard", "/%2fevil.example.org/heartbeat/dashboard",
	} {
		payload := with(t, event(t, "rest"), path, "path")
		payload = with(t, payload, path, "requestContext", "path") // as on a domain of one's own
		if got := ask(t, "dashboard", payload); got != (at{api, "/heartbeat/dashboard"}) {
			t.Errorf("%s: got %v", path, got)
		}
	}
}

func TestRolePlace_RoutesOfAnHTTPAPI(t *testing.T) {
	t.Parallel()
	for route, want := range map[string]string{
		"$default":              "/heartbeat/jobs/pulse",
		"ANY /jobs/pulse":       "/heartbeat/pulse",
		"GET /{key}/pulse":      "/heartbeat/jobs/pulse",
		"ANY /{proxy+}":         "/heartbeat/jobs/pulse",
		"POST /jobs/{proxy+}":   "/heartbeat/jobs/pulse",
		"ANY /jobs/pulse/extra": "/heartbeat/jobs/pulse",
	} {
		payload := with(t, with(t, event(t, "http"), "/jobs/pulse", "rawPath"), route, "routeKey")
		if got := ask(t, "pulse", payload); got.path != want {
			t.Errorf("%s: got %s, want %s", route, got.path, want)
		}
	}
}
