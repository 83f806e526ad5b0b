package main

import (
	"net/http"
	"time"

	"heartbeat/internal/service"
	"heartbeat/internal/web/dash"
	"heartbeat/internal/web/pinging"
)

func (s *server) handler(checks *service.Service) http.Handler {
	mux := http.NewServeMux()
	p := pinging.New(pinging.Config{Service: checks, Auth: s.auth})
	pulse := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := p.Pulse(w, r); err != nil {
			http.Error(w, err.Error(), 400)
		}
	})
	mux.Handle("/heartbeat/{key}/pulse", pulse)
	mux.Handle("/heartbeat/pulse", pulse)
	mux.Handle("/heartbeat/", dash.New(dash.Config{Service: checks, Auth: s.auth, Channels: s.channels, BasePath: s.basePath(), Zone: s.cfg.Timezone, Logger: s.logger}))
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := s.monitor.Ready(time.Now()); err != nil {
			http.Error(w, err.Error(), 503)
		}
	})
	return mux
}
