package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
)

// moody is a program for sessions: a server of ping URLs that answers each
// request with the next of the given statuses and, when they are used up, with
// 200. "hang" is no answer; 429 comes with Retry-After: 1. It prints each
// request and its body.
//
//	moody ADDRESS [STATUS...]
func moody() {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	go func() {
		<-end
		os.Exit(0)
	}()
	var mu sync.Mutex
	moods := os.Args[2:]
	next := func() string {
		if len(moods) == 0 {
			return "200"
		}
		mood := moods[0]
		moods = moods[1:]
		return mood
	}
	err := http.ListenAndServe(os.Args[1], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			return
		}
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		mood := next()
		fmt.Printf("%s %s %s\n%s", mood, r.Method, r.URL.RequestURI(), body)
		mu.Unlock()
		if mood == "hang" {
			<-r.Context().Done()
			return
		}
		status, err := strconv.Atoi(mood)
		if err != nil {
			panic(err) // a mistake in the session
		}
		if status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "1")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, http.StatusText(status))
	}))
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
