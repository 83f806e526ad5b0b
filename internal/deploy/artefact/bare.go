//go:build !release

package artefact

// embedded is empty: the artefact is made when it is needed.
var embedded []byte
