package runner

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"heartbeat/client"
)

const (
	suffixReport = ".json"
	suffixPart   = ".part"
	// stamp makes names that sort by time.
	stamp = "20060102T150405.000000000Z"
)

// entry is a report on disk. A field may be added; none may change its meaning.
type entry struct {
	// Server and Key say where the report may be sent. Key is a random salt and a
	// short sum of the ping key, enough to know the key again and too little to
	// tell it.
	Server string `json:"server"`
	Key    string `json:"key,omitempty"`

	UUID     string `json:"uuid,omitempty"`
	Slug     string `json:"slug,omitempty"`
	Create   bool   `json:"create,omitempty"`
	Host     string `json:"host,omitempty"`
	Category string `json:"category,omitempty"`
	Type     string `json:"type,omitempty"`
	Name     string `json:"name,omitempty"`

	Every      float64 `json:"every_seconds,omitempty"`
	Cron       string  `json:"cron,omitempty"`
	OnCalendar string  `json:"oncalendar,omitempty"`
	Grace      float64 `json:"grace_seconds,omitempty"`
	Worktime   string  `json:"worktime,omitempty"`
	Zone       string  `json:"tz,omitempty"`

	Kind      string    `json:"kind,omitempty"`
	Exit      *int      `json:"exit,omitempty"`
	Run       string    `json:"rid,omitempty"`
	Body      []byte    `json:"body,omitempty"`
	Ended     time.Time `json:"ended"`
	LateAfter float64   `json:"late_after_seconds"`
	// Superseded: there is a newer report of the check.
	Superseded bool `json:"superseded,omitempty"`

	file string
}

func (s *Spool) entry(r Report) entry {
	c := r.Check
	e := entry{
		Server: s.cfg.BaseURL,
		UUID:   c.UUID, Slug: c.Slug, Create: c.Create,
		Host: c.Host, Category: c.Category, Type: c.Type, Name: c.Name,
		Every: c.Every.Seconds(), Cron: c.Cron, OnCalendar: c.OnCalendar, Grace: c.Grace.Seconds(),
		Worktime: c.Worktime, Zone: c.Zone,
		Kind: string(r.Ping.Kind), Exit: r.Ping.Exit, Run: r.Ping.Run, Body: r.Ping.Body,
		Ended: r.Ended.UTC(), LateAfter: r.LateAfter.Seconds(),
	}
	if c.UUID == "" {
		e.Key = fingerprint(randomHex(8), s.cfg.PingKey)
	}
	return e
}

// saltLength is that of a salt in hexadecimal.
const saltLength = 16

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

func fingerprint(salt, key string) string {
	sum := sha256.Sum256([]byte(salt + key))
	return salt + hex.EncodeToString(sum[:4])
}

// owns tells whether an entry is for the spool's server and key.
func (s *Spool) owns(e entry) bool {
	if e.Server != s.cfg.BaseURL {
		return false
	}
	return e.UUID != "" || len(e.Key) > saltLength && fingerprint(e.Key[:saltLength], s.cfg.PingKey) == e.Key
}

func (e entry) check() client.Check {
	return client.Check{
		UUID: e.UUID, Slug: e.Slug, Create: e.Create,
		Host: e.Host, Category: e.Category, Type: e.Type, Name: e.Name,
		Settings: client.Settings{
			Every: seconds(e.Every), Cron: e.Cron, OnCalendar: e.OnCalendar, Grace: seconds(e.Grace),
			Worktime: e.Worktime, Zone: e.Zone,
		},
	}
}

func (e entry) identity() client.Check { return identity(e.check()) }

// identity is what tells a check from others, without its settings.
func identity(c client.Check) client.Check {
	c.UUID = strings.ToLower(c.UUID)
	c.Create, c.Settings = false, client.Settings{}
	return c
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// ping is what is sent now; see Spool.Flush.
func (e entry) ping(now time.Time) client.Ping {
	p := client.Ping{
		Kind: client.Kind(e.Kind), Exit: e.Exit,
		Details: client.Details{Run: e.Run, Body: e.Body},
	}
	// A clock that was set back leaves no way to know how late it is.
	late := now.Sub(e.Ended)
	inTime := late >= -time.Minute && late <= seconds(e.LateAfter)
	if inTime && !e.Superseded {
		return p
	}
	note := fmt.Sprintf("heartbeat: reported late: this run ended at %s, %s; the monitor could not be reached then\n",
		e.Ended.Format(time.RFC3339), e.verdict())
	p.Body = append([]byte(note), lastBytes(e.Body, MaxTail-len(note))...)
	if e.Superseded || !e.failed() {
		p.Kind, p.Exit = client.KindLog, nil
	}
	return p
}

func (e entry) failed() bool {
	return e.Kind == string(client.KindFail) || e.Exit != nil && *e.Exit != 0
}

func (e entry) verdict() string {
	if e.Exit != nil {
		return fmt.Sprintf("exit status %d", *e.Exit)
	}
	return "as a " + cmp.Or(e.Kind, string(client.KindSuccess))
}

func (e entry) name() string {
	return e.Ended.UTC().Format(stamp) + "-" + randomHex(4) + suffixReport
}

// write replaces the file as a whole or not at all, and is on disk when it
// returns. Only the owner may read the file.
func (e entry) write(file string) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(file), "*"+suffixPart) // mode 0600
	if err != nil {
		return err
	}
	_, err = part.Write(data)
	err = errors.Join(err, part.Sync(), part.Close())
	if err == nil {
		err = os.Rename(part.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part.Name()))
	}
	return nil
}

// errNoReport is in the error of a file that nothing can be made of.
var errNoReport = errors.New("no report")

func readEntry(file string) (entry, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return entry{}, err
	}
	e := entry{file: file}
	if err := json.Unmarshal(data, &e); err != nil || e.Ended.IsZero() || e.check().Validate() != nil {
		return entry{}, fmt.Errorf("%s: %w", file, errNoReport)
	}
	return e, nil
}
