package mailin_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/service"
	"heartbeat/internal/store/storetest"
)

func TestData_WhatIsNotStoredIsToBeSentAgain(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]storetest.Fault{
		"fails": storetest.Fail(), "busy": storetest.Busy(), "lost": storetest.Lose(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faulty := storetest.Faulty(stores["memory"](t), nil)
			p := open(t, faulty, key)
			ids := []heartbeat.CheckID{p.check("", heartbeat.Rules{}), p.check("", heartbeat.Rules{}), p.check("", heartbeat.Rules{})}
			to := []string{at(ids[0]), at(service.NewID()), at(ids[1]), at(ids[2])}
			pings := 0
			faulty.Follow(func(c storetest.Call) storetest.Fault {
				if c.Method == "Ping" {
					if pings++; pings == 3 {
						return fault
					}
				}
				return storetest.Fault{}
			})
			if code, text := answer(t, p.mail(message, to...)); code != 451 || !strings.Contains(text, "again") {
				t.Errorf("got %d %s", code, text)
			}
			if p.kinds(ids[0]) != "success" || p.kinds(ids[2]) != "success" {
				t.Error("the others had to wait")
			}
			p.mustMail(message, to...)
			if p.kinds(ids[1]) == "" {
				t.Error("250, and nothing is stored")
			}
		})
	}
}

func TestRcpt_KeysThatCannotBeReadNowAreAskedForAgain(t *testing.T) {
	t.Parallel()
	faulty := storetest.Faulty(stores["memory"](t), nil)
	p := open(t, faulty, key)
	p.check("testslug", heartbeat.Rules{})
	faulty.Follow(func(c storetest.Call) storetest.Fault {
		if c.Method == "Value" {
			return storetest.Fail()
		}
		return storetest.Fault{}
	})
	if code, _ := p.rcpt(longKey + "+testslug@" + domain); code != 451 {
		t.Errorf("got %d", code)
	}
	p.mustMail(message, key+"+testslug@"+domain) // the key of the settings needs no store
}

func TestStop_WhatWasAnsweredIsStored(t *testing.T) {
	t.Parallel()
	for name, store := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, store(t), key)
			const senders = 8
			var answered [senders]atomic.Int64
			var ids [senders]heartbeat.CheckID
			var all sync.WaitGroup
			for i := range senders {
				ids[i] = p.check(fmt.Sprint("job", i), heartbeat.Rules{})
				all.Go(func() {
					for p.mail(message, at(ids[i])) == nil && answered[i].Load() < 90 {
						answered[i].Add(1)
					}
				})
			}
			for answered[0].Load() == 0 {
				time.Sleep(time.Millisecond)
			}
			p.stop()
			all.Wait()
			for i := range senders {
				n, stored := answered[i].Load(), int64(len(p.pings(ids[i])))
				if stored < n || stored > n+1 {
					t.Errorf("%d were answered, %d are stored", n, stored)
				}
			}
		})
	}
}
