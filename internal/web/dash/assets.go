package dash

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed static
var staticFiles embed.FS

// assets are the static files by the name under which they are served, which
// changes with their content: "app.css" as "app.3f2a91c0b7de.css".
type assets struct {
	served map[string][]byte
	named  map[string]string
}

func readAssets() assets {
	a := assets{served: map[string][]byte{}, named: map[string]string{}}
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		panic("dash: " + err.Error())
	}
	for _, entry := range entries {
		content, err := staticFiles.ReadFile("static/" + entry.Name())
		if err != nil {
			panic("dash: " + err.Error())
		}
		sum := sha256.Sum256(content)
		ext := path.Ext(entry.Name())
		name := strings.TrimSuffix(entry.Name(), ext) + "." + hex.EncodeToString(sum[:6]) + ext
		a.served[name], a.named[entry.Name()] = content, name
	}
	return a
}

// hash is what a content security policy calls an asset that stands in a page.
func (a assets) hash(name string) string {
	sum := sha256.Sum256(a.content(name))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// content is an asset by the name of its file.
func (a assets) content(name string) []byte { return a.served[a.named[name]] }

// static serves an asset for a year: a changed one has another name.
func (h *handler) static(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	content, ok := h.assets.served[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}
