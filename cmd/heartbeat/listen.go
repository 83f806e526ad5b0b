package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// port is something to listen on, as people set it.
type port struct {
	flag string
	// all and other are what could be set instead.
	all, other string
	// low says what else makes a port below 1024 possible.
	low string
}

var (
	httpPort = port{flag: "--listen", all: ":8080", other: "127.0.0.1:8081"}
	smtpPort = port{
		flag: "--smtp-listen", all: ":2525", other: "127.0.0.1:2526",
		low: ", or give the program CAP_NET_BIND_SERVICE (docs/mail.md)",
	}
)

func listen(ctx context.Context, p port, address string) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("another program listens on %s already: stop it, or choose another port, "+
			"such as %s %s", address, p.flag, p.other)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("this user may not listen on %s: choose a port from 1024 up, such as %s %s%s",
			address, p.flag, p.all, p.low)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("%s is no address of this machine: try %s %s for all of them", address, p.flag, p.all)
	case err != nil:
		return nil, fmt.Errorf("%s %s: %w", p.flag, address, err)
	}
	return listener, nil
}
