package lambda

import "strings"

// place splits the path that the client sent into what the gateway put before it
// and what was meant for us. Both are still encoded.
func (e *event) place() (prefix, path string) {
	switch {
	case e.isALB():
		return "", e.Path
	case e.isV2():
		return e.cutStage(e.RawPath)
	case e.Version != "": // an HTTP API that was told to speak like a REST API
		return e.cutStage(e.Path)
	}
	// A REST API tells both the whole path and ours.
	prefix, ok := strings.CutSuffix(strings.TrimRight(e.Context.Path, "/"), strings.TrimRight(e.Path, "/"))
	if !ok {
		prefix = ""
	}
	return prefix, e.Path
}

// cutStage takes the name of an HTTP API's stage off. On the API's own domain it
// belongs to the address; on a custom one the gateway has put it there.
func (e *event) cutStage(path string) (prefix, rest string) {
	stage := e.Context.Stage
	if stage == "" || stage == "$default" {
		return "", path
	}
	rest, ok := strings.CutPrefix(path, "/"+stage)
	switch {
	case !ok || rest != "" && rest[0] != '/':
		return "", path
	case rest == "":
		rest = "/"
	}
	if domain := e.Context.Domain; strings.HasSuffix(domain, ".amazonaws.com") || strings.HasSuffix(domain, ".amazonaws.com.cn") {
		return "/" + stage, rest
	}
	return "", rest
}

// Place moves a request: it gets the prefix that the gateway puts before paths,
// the path, and the path of the gateway's resource if that is known, and returns
// the prefix of links and the path that the handler knows. All are still encoded.
type Place func(prefix, path, resource string) (string, string)

// RolePlace is for the functions that do one thing, each behind a gateway that
// decides by its own paths what goes where: pulse, dashboard, editGet, editPost
// and monitor. It is nil for every other role.
//
// Links of pages are right wherever the gateway's resources lie below one that is
// called heartbeat, as the original's do.
func RolePlace(role string) Place {
	switch role {
	case "pulse":
		return placePulse
	case "dashboard", "monitor":
		return placePage(role)
	case "editGet", "editPost":
		return placePage("edit")
	}
	return nil
}

// placePulse takes whatever ends in /pulse, with the segment before it as the
// ping key, unless that is heartbeat or a part of the gateway's own path.
func placePulse(prefix, path, resource string) (string, string) {
	folder, ok := strings.CutSuffix(path, "/pulse")
	if strings.HasPrefix(path, "/ping/") { // a slug may be called pulse
		return prefix, path
	}
	if !ok || strings.HasPrefix(path, "/heartbeat/") && strings.Count(path, "/") <= 3 {
		return prefix, path
	}
	key := lastSegment(folder)
	fixed, ok := strings.CutSuffix(resource, "/pulse")
	if key == "" || key == "heartbeat" || ok && !strings.HasPrefix(lastSegment(fixed), "{") {
		return prefix, "/heartbeat/pulse"
	}
	return prefix, "/heartbeat/" + key + "/pulse"
}

func lastSegment(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// placePage takes everything for one page, but leaves alone what lies below
// heartbeat/: a gateway may send more to the page's function, such as its style.
func placePage(name string) Place {
	return func(prefix, path, _ string) (string, string) {
		whole := prefix + path
		i := strings.LastIndex(whole, "/heartbeat/")
		if i < 0 || !safePrefix(whole[:i]) {
			return prefix, "/heartbeat/" + name
		}
		return whole[:i], whole[i:]
	}
}

// safePrefix tells whether links may begin with what a client has sent. A doubled
// slash, also with one of them written backwards or encoded, would make the name
// of a host of it.
func safePrefix(prefix string) bool {
	const plain = "/-._~abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	return strings.Trim(prefix, plain) == "" && !strings.Contains(prefix, "//")
}
