package mailin

import (
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxConns is how many connections there are at once, and maxFromOne how many
	// of them from one address: a mail server that forwards for everybody has one.
	maxConns   = 100
	maxFromOne = 20
	// maxSession is how long a connection lasts, whatever happens on it.
	maxSession = 10 * time.Minute
	// refusal is how long telling somebody that there is no room may take.
	refusal = time.Second
)

// gate is a listener that lets only so many in, and knows who is there.
type gate struct {
	net.Listener

	mu       sync.Mutex
	conns    map[*conn]struct{}
	from     map[netip.Prefix]int
	stopping bool
}

func newGate(l net.Listener) *gate {
	return &gate{Listener: l, conns: map[*conn]struct{}{}, from: map[netip.Prefix]int{}}
}

// Accept returns the next connection that there is room for.
func (g *gate) Accept() (net.Conn, error) {
	for {
		raw, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c, problem := g.admit(raw)
		if c != nil {
			return c, nil
		}
		_ = raw.SetWriteDeadline(time.Now().Add(refusal))
		_, _ = io.WriteString(raw, "421 4.7.0 "+problem+": try again later\r\n")
		_ = raw.Close()
	}
}

// admit returns the connection under guard; nil, and why, if it must go.
func (g *gate) admit(raw net.Conn) (*conn, string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	origin := network(addrOf(raw))
	switch {
	case g.stopping:
		return nil, "Shutting down"
	case len(g.conns) >= maxConns:
		return nil, "Too many connections"
	case g.from[origin] >= maxFromOne:
		return nil, "Too many connections from your address"
	}
	c := &conn{Conn: raw, gate: g, origin: origin, end: time.Now().Add(maxSession)}
	g.conns[c] = struct{}{}
	g.from[origin]++
	return c, ""
}

func (g *gate) leave(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.conns[c]; !ok {
		return
	}
	delete(g.conns, c)
	if g.from[c.origin]--; g.from[c.origin] == 0 {
		delete(g.from, c.origin)
	}
}

// all returns the connections that there are, and lets nobody in from now on.
func (g *gate) all() []*conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stopping = true
	all := make([]*conn, 0, len(g.conns))
	for c := range g.conns {
		all = append(all, c)
	}
	return all
}

// stop ends connections: those with a message on its way once it is dealt with,
// but at end at the latest; the others now.
func (g *gate) stop(end time.Time) {
	for _, c := range g.all() {
		c.stop(end)
	}
}

// cut closes all connections.
func (g *gate) cut() {
	for _, c := range g.all() {
		_ = c.Close()
	}
}

// addrOf returns the peer's IP address; the zero Addr if it has none.
func addrOf(c net.Conn) netip.Addr {
	peer, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return peer.Addr().Unmap().WithZone("")
}

// network returns what one owner of addresses has at least: with IPv6, whoever
// has one address has 2 to the power of 64.
func network(addr netip.Addr) netip.Prefix {
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix
}

// conn is a connection that ends when it must. The protocol's server gives each
// command and each message a deadline by SetReadDeadline; conn moves it forward.
type conn struct {
	net.Conn
	gate   *gate
	origin netip.Prefix
	broken atomic.Bool // nothing can be read any more

	mu       sync.Mutex
	end      time.Time
	busy     bool // a message is on its way
	stopping bool
}

// Read implements [net.Conn].
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil {
		c.broken.Store(true)
	}
	return n, err
}

// SetReadDeadline implements [net.Conn]. A connection of which a read failed
// gets no other chance: the rest of a message must not be taken for commands.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.broken.Load(), c.stopping && !c.busy:
		t = time.Unix(1, 0)
	case t.After(c.end):
		t = c.end
	}
	return c.Conn.SetReadDeadline(t)
}

// setBusy notes whether a message is on its way.
func (c *conn) setBusy(busy bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = busy
}

func (c *conn) stop(end time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopping = true
	if end.Before(c.end) {
		c.end = end
	}
	deadline := time.Unix(1, 0)
	if c.busy {
		deadline = c.end
	}
	_ = c.Conn.SetReadDeadline(deadline) // fails if it is closed already
}

// Close implements [net.Conn].
func (c *conn) Close() error {
	c.gate.leave(c)
	return c.Conn.Close()
}
