package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"heartbeat"
)

const (
	// MaxBody is how long the body of one request may be.
	MaxBody = 1 << 20
	// pieceSize is about how long a piece becomes before it is sent, and maxCheck
	// how long a single check with its history may be.
	pieceSize = 256 << 10
	maxCheck  = 900 << 10

	postTime  = time.Minute
	postTries = 6
	postPause = time.Second
	maxPause  = 30 * time.Second
)

// Target is a running server.
type Target struct {
	// URL is what [Endpoint] made.
	URL    string
	Secret string
	// DryRun lets the server say what it would store.
	DryRun bool
	// Version of this program, sent along.
	Version string
	// Waiting hears why a piece was not taken, and how long it is until the next try.
	// May be nil.
	Waiting func(err error, wait time.Duration)
}

// Endpoint is the address to post to on the server that people reach at base,
// such as "https://example.org", with or without /heartbeat or
// /heartbeat/dashboard.
func Endpoint(base string) (string, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("%q must be the address of the server, such as https://example.org/heartbeat", base)
	}
	if u.User != nil || u.RawQuery != "" {
		return "", errors.New("the address must hold no password and no ?: the secret goes into HEARTBEAT_SECRET")
	}
	path := strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/dashboard")
	if !strings.HasSuffix(path, "/heartbeat") {
		path += "/heartbeat"
	}
	return u.Scheme + "://" + u.Host + path + "/import", nil
}

// Post sends src to a running server in pieces, each of which it stores as Load
// does; a piece whose answer is lost is sent again. Keys and secrets are not
// sent: a running server has its own. Of a check whose history is longer than a
// piece, the oldest pings are left out and counted.
func Post(ctx context.Context, src Source, t Target) (Report, error) {
	p := &poster{target: t, src: src, client: &http.Client{
		Timeout:       postTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	for item, err := range src.Items {
		if err == nil {
			err = p.item(ctx, item)
		}
		if err != nil {
			return p.report, err
		}
	}
	return p.report, p.flush(ctx)
}

// poster gathers items into pieces.
type poster struct {
	target Target
	src    Source
	client *http.Client
	items  []Item
	size   int
	report Report
}

func (p *poster) item(ctx context.Context, item Item) error {
	if item.Value != nil {
		p.report.NotSent++
		return nil
	}
	size := 0
	if item.Check != nil {
		var err error
		if size, err = p.fit(item.Check); err != nil {
			return err
		}
	} else {
		size = noticeLength(*item.Notice)
	}
	if p.size+size > pieceSize {
		if err := p.flush(ctx); err != nil {
			return err
		}
	}
	p.items, p.size = append(p.items, item), p.size+size
	return nil
}

// fit leaves out what has no room in a piece, and returns about how long the
// rest is, at most.
func (p *poster) fit(c *Check) (size int, err error) {
	lean, err := json.Marshal(recordCheck(c.Check))
	if err != nil {
		return 0, err
	}
	size = len(lean) + 100
	flips := 0
	for ; flips < len(c.Flips) && size+flipLength(c.Flips[flips]) <= maxCheck; flips++ {
		size += flipLength(c.Flips[flips])
	}
	pings := 0
	for ; pings < len(c.Pings) && size+pingLength(c.Pings[pings]) <= maxCheck; pings++ {
		size += pingLength(c.Pings[pings])
	}
	p.report.LeftOut += len(c.Flips) - flips + len(c.Pings) - pings
	c.Flips, c.Pings = c.Flips[:flips], c.Pings[:pings]
	return size, nil
}

// noticeLength is about how long a notice is in a file, at most.
func noticeLength(n heartbeat.Notice) int {
	size := 500 + flipLength(n.Flip)
	for _, d := range n.Deliveries {
		size += 300 + 6*(len(d.Error)+len(d.Channel))
	}
	return size
}

// flush sends what was gathered.
func (p *poster) flush(ctx context.Context) error {
	if len(p.items) == 0 {
		return nil
	}
	var body bytes.Buffer
	e := newEncoder(&body, p.src)
	for _, item := range p.items {
		e.item(item)
	}
	if err := e.end(); err != nil {
		return err
	}
	p.items, p.size = p.items[:0], 0
	report, err := p.send(ctx, body.Bytes())
	p.report.add(report)
	return err
}

// send posts a piece until it is answered or that is of no use.
func (p *poster) send(ctx context.Context, piece []byte) (Report, error) {
	pause := postPause
	for i := 1; ; i++ {
		report, wait, err := p.try(ctx, piece)
		if err == nil || wait < 0 || i == postTries {
			return report, err
		}
		wait = min(max(pause, wait), maxPause)
		if p.target.Waiting != nil {
			p.target.Waiting(err, wait)
		}
		select {
		case <-ctx.Done():
			return report, ctx.Err()
		case <-time.After(wait):
			pause *= 2
		}
	}
}

// try posts a piece once. After an error, wait is how long to wait at least
// before the next try; negative if that is of no use.
func (p *poster) try(ctx context.Context, piece []byte) (report Report, wait time.Duration, err error) {
	address := p.target.URL
	if p.target.DryRun {
		address += "?dry-run=true"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(piece))
	if err != nil {
		return report, -1, err
	}
	req.Header.Set("Authorization", "Bearer "+p.target.Secret)
	req.Header.Set("Content-Type", "application/x-ndjson")
	req.Header.Set("User-Agent", "Heartbeat/"+p.target.Version)
	resp, err := p.client.Do(req)
	if err != nil {
		return report, 0, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 4*MaxBody))
	if err != nil {
		return report, 0, err
	}
	if resp.StatusCode != http.StatusOK {
		wait = -1
		switch resp.StatusCode {
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			after, _ := strconv.Atoi(resp.Header.Get("Retry-After")) // none is 0
			wait = time.Duration(after) * time.Second
		}
		return report, wait, p.refused(resp, answer)
	}
	if err := json.Unmarshal(answer, &report); err != nil {
		return report, -1, fmt.Errorf("%s does not answer as Heartbeat does: %w", p.target.URL, err)
	}
	return report, 0, nil
}

// refused says what an answer means, and what to do about it.
func (p *poster) refused(resp *http.Response, answer []byte) error {
	said := strings.TrimSpace(string(answer[:min(len(answer), 500)]))
	switch {
	case resp.StatusCode/100 == 3:
		return fmt.Errorf("%s leads to %s: name that address", p.target.URL, resp.Header.Get("Location"))
	case resp.StatusCode == http.StatusForbidden:
		return fmt.Errorf("%s refuses the secret: set HEARTBEAT_SECRET to the password of its dashboard (%s)", p.target.URL, said)
	case resp.StatusCode == http.StatusNotFound, resp.StatusCode == http.StatusMethodNotAllowed:
		return fmt.Errorf("%s takes no imports: is that the address of the dashboard, and is the server up to date? (%s)",
			p.target.URL, resp.Status)
	}
	return fmt.Errorf("%s answered %s: %s", p.target.URL, resp.Status, said)
}
