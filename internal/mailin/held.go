package mailin

import (
	"io"
	"sync/atomic"
)

// holder reads a message and counts its bytes among all that are in memory. A
// sender that dawdles holds no more than it has sent.
type holder struct {
	r    io.Reader
	all  *atomic.Int64
	held int64
}

// Read implements [io.Reader].
func (h *holder) Read(b []byte) (int, error) {
	n, err := h.r.Read(b)
	h.held += int64(n)
	if h.all.Add(int64(n)) > maxHeld {
		return n, errRoom
	}
	return n, err
}

// release gives the room back.
func (h *holder) release() {
	h.all.Add(-h.held)
	h.held = 0
}
