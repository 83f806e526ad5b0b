package oncalendar

import "time"

const (
	daySeconds = 24 * 60 * 60
	firstYear  = 1970
	lastYear   = 2199
	// lastDay is a day after the last year in every zone, counted from 1970.
	lastDay = (lastYear+1-firstYear)*366 + 1
)

// line is one expression. All sets have at least one member.
type line struct {
	weekdays set // Monday is 0
	years    set // counted from firstYear
	months   set
	days     set // of the month
	fromEnd  bool
	hours    set
	minutes  set
	seconds  set
	zone     *time.Location // nil: the check's
}

// next returns the first occurrence after the given instant.
func (l *line) next(after int64, zone *time.Location) (at int64, ok bool) {
	if l.zone != nil {
		zone = l.zone
	}
	c := clock{zone}
	wall := c.unseen(after)
	for {
		if wall, ok = l.seek(wall); !ok {
			return 0, false
		}
		if at, shown := c.showing(wall); shown {
			return at, true
		}
		// The loop ends even in a zone that clock does not expect.
		wall = max(wall+1, c.ahead(wall-daySeconds, wall+daySeconds))
	}
}

// seek returns the first reading of the clock, from wall on, that matches.
func (l *line) seek(wall int64) (int64, bool) {
	wall = max(wall, 0)
	today := wall / daySeconds
	date, ok := l.date(today)
	if ok && date == today {
		if t, ok := l.timeOfDay(int(wall % daySeconds)); ok {
			return date*daySeconds + t, true
		}
		date, ok = l.date(today + 1)
	}
	if !ok {
		return 0, false
	}
	t, _ := l.timeOfDay(0)
	return date*daySeconds + t, true
}

// timeOfDay returns the first time that matches, from the given second on.
func (l *line) timeOfDay(from int) (int64, bool) {
	hour, minute, second := from/3600, from/60%60, from%60
	if l.hours.has(hour) {
		if l.minutes.has(minute) {
			if s, ok := l.seconds.next(second); ok {
				return seconds(hour, minute, s), true
			}
		}
		if m, ok := l.minutes.next(minute + 1); ok {
			return seconds(hour, m, l.seconds.first()), true
		}
	}
	h, ok := l.hours.next(hour + 1)
	return seconds(h, l.minutes.first(), l.seconds.first()), ok
}

func seconds(hour, minute, second int) int64 {
	return int64(hour*3600 + minute*60 + second)
}

// date returns the first day that matches, from the given one on, as a number
// of days since 1970.
func (l *line) date(from int64) (int64, bool) {
	y, m, d := time.Unix(from*daySeconds, 0).UTC().Date()
	start := y - firstYear
	for year, ok := l.years.next(start); ok; year, ok = l.years.next(year + 1) {
		if year > start {
			m, d = time.January, 1
		}
		begin := int(m)
		for month, ok := l.months.next(begin); ok; month, ok = l.months.next(month + 1) {
			if month > begin {
				d = 1
			}
			if date, ok := l.dateIn(firstYear+year, time.Month(month), d); ok {
				return date, true
			}
		}
	}
	return 0, false
}

// dateIn returns the first day of the month that matches, from the given one on.
func (l *line) dateIn(year int, month time.Month, from int) (int64, bool) {
	before := dayNumber(year, month, 0)
	length := int(dayNumber(year, month+1, 0) - before)
	for day := from; day <= length; day++ {
		inMonth := day
		if l.fromEnd {
			inMonth = length + 1 - day
		}
		date := before + int64(day)
		if l.days.has(inMonth) && l.weekdays.has(weekday(date)) {
			return date, true
		}
	}
	return 0, false
}

func dayNumber(year int, month time.Month, day int) int64 {
	midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()
	// Midnight is a multiple of a day, so this is exact before 1970, too.
	return midnight / daySeconds
}

// weekday of a day since 1970, which began on a Thursday. Monday is 0.
func weekday(date int64) int { return int((date + 3) % 7) }
