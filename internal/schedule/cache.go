package schedule

import (
	"sync"

	"heartbeat"
	"heartbeat/internal/schedule/tz"
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

// calendarCache keeps calendars by what of a spec makes them: checks that differ
// only in the rest share one.
type calendarCache struct {
	most   int
	mu     sync.Mutex
	byText map[heartbeat.Spec]*worktime.Calendar
}

func (c *calendarCache) get(w *working) *worktime.Calendar {
	key := heartbeat.Spec{Worktime: w.spec.Worktime, Zone: w.spec.Zone, Holidays: w.spec.Holidays}
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
	loc, err := tz.Load(name)
	if err != nil {
		return nil, err
	}
	z := worktime.NewZone(loc)
	c.byName[name] = z
	return z, nil
}
