//go:build release

package artefact

import _ "embed"

// embedded is the artefact that "make release" made a moment ago.
//
//go:embed bootstrap.zip
var embedded []byte
