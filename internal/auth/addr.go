package auth

import (
	"net/http"
	"net/netip"
	"strings"
)

func loopback() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

// Addr returns the address that the request comes from: the peer's, or, if the
// peer is a trusted proxy, the last one in X-Forwarded-For that is not. What
// stands before that can be made up by anybody. The zero Addr if there is none,
// as on a Unix socket.
func (a *Auth) Addr(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := peer.Addr().Unmap()
	forwarded, ok := r.Header["X-Forwarded-For"]
	if !ok || !a.trusted(addr) {
		return addr
	}
	for i := len(forwarded) - 1; i >= 0; i-- {
		for rest := forwarded[i]; rest != ""; {
			var part string
			rest, part = cutLast(rest)
			hop, ok := parseHop(part)
			if !ok {
				return addr
			}
			if addr = hop; !a.trusted(addr) {
				return addr
			}
		}
	}
	return addr
}

// Scheme returns http or https: how the request left its sender, as far as that
// is known. X-Forwarded-Proto is believed if the peer is a trusted proxy.
func (a *Auth) Scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	if !strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		return "http"
	}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err != nil || !a.trusted(peer.Addr().Unmap()) {
		return "http"
	}
	return "https"
}

func (a *Auth) trusted(addr netip.Addr) bool {
	for _, prefix := range a.proxies {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

func cutLast(list string) (before, last string) {
	if i := strings.LastIndexByte(list, ','); i >= 0 {
		return list[:i], list[i+1:]
	}
	return "", list
}

// parseHop reads one entry: an address, some proxies add the port.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr.Unmap().WithZone(""), true
	}
	if addrPort, err := netip.ParseAddrPort(s); err == nil {
		return addrPort.Addr().Unmap().WithZone(""), true
	}
	return netip.Addr{}, false
}
