package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"heartbeat"
	"heartbeat/internal/config"
	"heartbeat/internal/notify/notifytest"
	"heartbeat/internal/notify/webhook"
)

const (
	killRounds = 8
	killJobs   = 8
	flipEvery  = 10 // pings of a job between two of its flips
)

// TestKill_LosesNothingAcknowledged kills the server with SIGKILL again and
// again while jobs send pulses. In the end every acknowledged ping is there, the
// flips of each check follow from one another, and each flip that people must
// hear of was told, once, or more often if a kill lay between.
func TestKill_LosesNothingAcknowledged(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	t.Parallel()
	k := newKillTest(t)
	for range killRounds {
		server := k.serve()
		load, done := context.WithCancel(t.Context())
		var jobs sync.WaitGroup
		for _, j := range k.jobs {
			jobs.Go(func() { j.work(load, k.address) })
		}
		time.Sleep(time.Duration(100+rand.IntN(600)) * time.Millisecond)
		k.kill(server)
		done()
		jobs.Wait()
		k.endLeases()
		k.kills = append(k.kills, len(k.receiver.Requests()))
	}
	k.drain()
	k.verify()
}

// killTest is a server's file, its jobs, and what people were told.
type killTest struct {
	*testing.T
	path, address string
	receiver      *notifytest.Receiver
	jobs          []*job
	// kills has, for each kill, how many messages had come before it.
	kills []int
	// told has the flips that people were told of.
	told map[flipKey]bool
}

// flipKey names a flip by its check's ID and its moment in nanoseconds.
type flipKey struct {
	check string
	at    int64
}

func newKillTest(t *testing.T) *killTest {
	t.Helper()
	k := &killTest{
		T:        t,
		path:     filepath.Join(t.TempDir(), "heartbeat.db"),
		address:  freeAddress(t),
		receiver: notifytest.NewReceiver(t),
		told:     make(map[flipKey]bool),
	}
	for i := range killJobs {
		k.jobs = append(k.jobs, &job{name: fmt.Sprint("job ", i)})
	}
	return k
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// serve starts the program in a process of its own. This test's binary is the
// program too, if it is called so (see TestMain).
func (k *killTest) serve() *exec.Cmd {
	k.Helper()
	self, err := os.Executable()
	if err != nil {
		k.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Args = []string{
		"heartbeat", "serve", "--listen", k.address, "--store", "sqlite:" + k.path, "--ping-key", testKey,
		"--webhook", k.receiver.URL() + "/hook", "--allow-private-targets", "--log-level", "error",
	}
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	cmd.Stderr = k.Output()
	if err := cmd.Start(); err != nil {
		k.Fatal(err)
	}
	k.Cleanup(func() { _ = cmd.Process.Kill() })
	if err := waitFor("http://" + k.address + "/readyz"); err != nil {
		k.Fatal(err)
	}
	return cmd
}

func (k *killTest) kill(server *exec.Cmd) {
	k.Helper()
	if err := server.Process.Kill(); err != nil {
		k.Fatal(err)
	}
	_ = server.Wait() // says that it was killed
}

// endLeases does what half a minute would do: messages that were claimed for
// sending when the kill came may be sent again.
func (k *killTest) endLeases() {
	k.Helper()
	store := open(k.T, k.path)
	notices, err := store.Notices(k.Context(), farAhead(), 100_000)
	if err != nil {
		k.Fatal(err)
	}
	now := time.Now()
	var all errgroup.Group
	for _, n := range notices {
		if n.Next.After(now) {
			n.Next = now
			for i := range n.Deliveries {
				n.Deliveries[i].Next = now
			}
			all.Go(func() error { return store.SaveNotice(k.Context(), n) })
		}
	}
	if err := errors.Join(all.Wait(), store.Close()); err != nil {
		k.Fatal(err)
	}
}

// drain runs the server once more until people have been told everything.
func (k *killTest) drain() {
	k.Helper()
	cfg := settings(k.T)
	cfg.Store.Path = k.path
	cfg.Webhooks = []config.Secret{config.Secret(k.receiver.URL() + "/hook")}
	server, stop := start(k.T, cfg)
	defer stop()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		left, err := server.store.Notices(k.Context(), farAhead(), 1)
		if err != nil {
			k.Fatal(err)
		}
		if len(left) == 0 {
			return
		}
	}
	k.Error("the outbox is not empty after 20 s")
}

// farAhead is later than any attempt to deliver.
func farAhead() time.Time { return time.Now().Add(365 * 24 * time.Hour) }

func (k *killTest) verify() {
	store := open(k.T, k.path)
	k.readMessages()
	flips := 0
	for _, j := range k.jobs {
		id := heartbeat.Names{Host: "web1", Category: "test", Type: "go", Name: j.name}.ID(heartbeat.DefaultProject)
		c, err := store.Check(k.Context(), id)
		if err != nil {
			k.Fatal(err)
		}
		if c.Pings < j.acknowledged || c.Pings > j.acknowledged+j.unanswered {
			k.Errorf("%s: %d pings are stored; %d were acknowledged, %d had no answer",
				j.name, c.Pings, j.acknowledged, j.unanswered)
		}
		list, err := store.Flips(k.Context(), id, 1_000_000)
		if err != nil {
			k.Fatal(err)
		}
		flips += len(list)
		k.verifyFlips(c, list)
	}
	if flips < killRounds*killJobs/2 {
		k.Errorf("only %d flips: the load was too light to prove anything", flips)
	}
}

// verifyFlips looks at a check's flips, newest first.
func (k *killTest) verifyFlips(c heartbeat.Check, flips []heartbeat.Flip) {
	after := c.Status
	for _, f := range flips {
		if f.To != after {
			k.Errorf("%s: a flip to %s at %v is followed by %s", c.Name, f.To, f.At, after)
		}
		after = f.From
		if f.Notifies() && !k.told[flipKey{c.ID.String(), f.At.UnixNano()}] {
			k.Errorf("%s: nobody was told of the flip to %s at %v", c.Name, f.To, f.At)
		}
	}
	if after != heartbeat.StatusNew {
		k.Errorf("%s: the first flip begins at %s", c.Name, after)
	}
}

// readMessages notes which flips were told, and that none was told twice but
// for a kill between.
func (k *killTest) readMessages() {
	rounds := make(map[string][]int) // of each notice, the rounds in which it was told
	for i, r := range k.receiver.Requests() {
		var p webhook.Payload
		if err := json.Unmarshal(r.Body, &p); err != nil {
			k.Fatal(err)
		}
		round := 0
		for round < len(k.kills) && i >= k.kills[round] {
			round++
		}
		for _, e := range p.Events {
			if e.Flip != nil {
				k.told[flipKey{e.Flip.Check, e.Flip.At.UnixNano()}] = true
			}
			if slices.Contains(rounds[e.Notice], round) {
				k.Errorf("notice %s was told twice without a kill between", e.Notice)
			}
			rounds[e.Notice] = append(rounds[e.Notice], round)
		}
	}
}

// job sends pulses of one check, one after another.
type job struct {
	name                     string
	sent                     int
	acknowledged, unanswered int64
}

func (j *job) work(ctx context.Context, address string) {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for ; ctx.Err() == nil; j.sent++ {
		status := "success"
		if j.sent/flipEvery%2 == 1 {
			status = "fail"
		}
		if send(client, "http://"+address+"/heartbeat/"+testKey+"/pulse"+query(j.name, "status", status)) == nil {
			j.acknowledged++
		} else {
			j.unanswered++ // stored or not: nobody knows
		}
		time.Sleep(2 * time.Millisecond)
	}
}
