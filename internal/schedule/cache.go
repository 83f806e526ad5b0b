package schedule

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule/worktime"
)

// What was computed once is kept: it is immutable, so who computed it and when
// cannot be seen from outside.
var (
	compiled  = cache{most: 1 << 14, specs: make(map[heartbeat.Spec]*working)}
	calendars = calendarCache{most: 1 << 12, byText: make(map[heartbeat.Spec]*worktime.Calendar)}
	zones     = zoneCache{byName: make(map[string]*worktime.Zone)}
)

// cache keeps schedules by what was asked for, which may not be canonical.
type cache struct {
	most  int
	mu    sync.RWMutex
	specs map[heartbeat.Spec]*working
}

func (c *cache) find(spec heartbeat.Spec) *working {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.specs[spec]
}

// add keeps w, unless its schedule is already there, and returns the one kept.
func (c *cache) add(asked heartbeat.Spec, w *working) *working {
	c.mu.Lock()
	defer c.mu.Unlock()
	if kept, ok := c.specs[w.spec]; ok {
		w = kept
	}
	for _, spec := range []heartbeat.Spec{w.spec, asked} {
		makeRoom(c.specs, c.most)
		c.specs[spec] = w
	}
	return w
}

// makeRoom drops entries, whichever come first, so that one more fits.
func makeRoom[K comparable, V any](m map[K]V, most int) {
	for key := range m {
		if len(m) < most {
			return
		}
		delete(m, key)
	}
}

// calendarCache keeps calendars by their spec without the period: checks that
// differ only in it share one.
type calendarCache struct {
	most   int
	mu     sync.Mutex
	byText map[heartbeat.Spec]*worktime.Calendar
}

func (c *calendarCache) get(w *working) *worktime.Calendar {
	key := w.spec
	key.Period = 0
	c.mu.Lock()
	defer c.mu.Unlock()
	if kept, ok := c.byText[key]; ok {
		return kept
	}
	made := worktime.New(worktime.Config{Week: w.week, Zone: w.zone, Holidays: w.holidays.Days()})
	makeRoom(c.byText, c.most)
	c.byText[key] = made
	return made
}

// zoneCache keeps zones by name. There are as many as the tz database has.
type zoneCache struct {
	mu     sync.Mutex
	byName map[string]*worktime.Zone
}

func (c *zoneCache) load(name string) (*worktime.Zone, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if z, ok := c.byName[name]; ok {
		return z, nil
	}
	loc, err := loadLocation(name)
	if err != nil {
		return nil, err
	}
	z := worktime.NewZone(loc)
	c.byName[name] = z
	return z, nil
}

// loadLocation finds a zone of the tz database. The machine's own zone ("Local")
// is refused: a check must mean the same on every machine. So are the database's
// copies with leap seconds.
func loadLocation(name string) (*time.Location, error) {
	errUnknown := fmt.Errorf("must be an IANA time zone such as Europe/Berlin or UTC, not %q", shorten(name))
	if len(name) > 64 || strings.EqualFold(name, "local") ||
		strings.HasPrefix(name, "right/") || strings.HasPrefix(name, "posix") {
		return nil, errUnknown
	}
	loc, err := time.LoadLocation(name)
	if err == nil {
		return loc, nil
	}
	for _, guess := range []string{strings.ToUpper(name), titled(name)} {
		if _, err := time.LoadLocation(guess); err == nil {
			return nil, fmt.Errorf("%w; did you mean %s?", errUnknown, guess)
		}
	}
	return nil, errUnknown
}

// titled writes europe/berlin as Europe/Berlin.
func titled(s string) string {
	up := true
	return strings.Map(func(r rune) rune {
		if up && r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		up = r == '/' || r == '_' || r == '-'
		return r
	}, strings.ToLower(s))
}

func shorten(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
