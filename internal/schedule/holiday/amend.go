package holiday

import (
	"slices"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/br"
	"github.com/rickar/cal/v2/ca"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/nz"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/ro"
	"github.com/rickar/cal/v2/sk"
)

// amended are the sets in which version 2.1.13 of the library lags behind the
// law or lists days that are no days off everywhere. They were compared with
// the Python package holidays 0.109 for 2026 to 2031.
func amended() map[string][]*cal.Holiday {
	return map[string][]*cal.Holiday{
		"br": with(br.Holidays, yearly("Consciência Negra", time.November, 20, 2024)),
		// The days of the Canada Labour Code, which hold in every province for
		// employers under federal law.
		"ca": without(ca.Holidays, ca.EasterMonday, ca.CivicDay),
		// The only four that hold in every canton.
		"ch":    {ch.Neujahr, ch.Auffahrt, ch.Bundesfeiertag, ch.Weihnachtstag},
		"ch-ge": with(without(ch.HolidaysGE, ch.Fronleichnam), jeuneGenevois, yearly("Restauration de la République", time.December, 31, 0)),
		"ch-ju": with(ch.HolidaysJU, yearly("Commémoration du plébiscite", time.June, 23, 0)),
		"ch-lu": with(without(ch.HolidaysLU, ch.Josefstag), ch.Berchtoldstag, ch.Ostermontag, ch.Pfingstmontag),
		"ch-ne": with(ch.HolidaysNE, yearly("Instauration de la République", time.March, 1, 0)),
		"ch-ow": with(ch.HolidaysOW, yearly("Bruder Klaus", time.September, 25, 0)),
		"ch-ti": with(ch.HolidaysTI, yearly("Santi Pietro e Paolo", time.June, 29, 0)),
		"ch-vd": with(ch.HolidaysVD, lundiDuJeune),
		"de-mv": with(de.HolidaysMV, yearly("Frauentag", time.March, 8, 2023)),
		// Constitution Day is a half day by custom, not by law.
		"dk": without(dk.Holidays, dk.Grundlovsdag),
		"it": with(it.Holidays, yearly("San Francesco d'Assisi", time.October, 4, 2026)),
		// Liberation Day is a day off in some contracts only.
		"nl": without(nl.Holidays, nl.BevrijdingsDag),
		"nz": with(nz.Holidays, matariki),
		"pl": with(pl.Holidays, yearly("Wigilia Bożego Narodzenia", time.December, 24, 2025)),
		"ro": with(ro.Holidays, yearly("Boboteaza", time.January, 6, 2024), yearly("Sfântul Ioan Botezătorul", time.January, 7, 2024)),
		// Slovakia made working days of some holidays.
		"sk": with(without(sk.Holidays, sk.Constitution, sk.Freedom, sk.Liberation, sk.LadyOfSorrows),
			sk.Constitution.Clone(&cal.Holiday{EndYear: 2023}),
			sk.Freedom.Clone(&cal.Holiday{EndYear: 2024}),
			sk.Liberation.Clone(&cal.Holiday{Except: []int{2026}}),
			sk.LadyOfSorrows.Clone(&cal.Holiday{Except: []int{2026}})),
	}
}

func with(list []*cal.Holiday, more ...*cal.Holiday) []*cal.Holiday {
	return append(slices.Clone(list), more...)
}

func without(list []*cal.Holiday, less ...*cal.Holiday) []*cal.Holiday {
	return slices.DeleteFunc(slices.Clone(list), func(h *cal.Holiday) bool {
		return slices.Contains(less, h)
	})
}

func yearly(name string, month time.Month, day, since int) *cal.Holiday {
	return &cal.Holiday{Name: name, Month: month, Day: day, StartYear: since, Func: cal.CalcDayOfMonth}
}

var (
	// jeuneGenevois is the Thursday after the first Sunday of September.
	jeuneGenevois = &cal.Holiday{
		Name: "Jeûne genevois", Month: time.September, Weekday: time.Sunday, Offset: 1, CalcOffset: 4,
		Func: cal.CalcWeekdayOffset,
	}
	// lundiDuJeune is the Monday after the third Sunday of September.
	lundiDuJeune = &cal.Holiday{
		Name: "Lundi du Jeûne fédéral", Month: time.September, Weekday: time.Sunday, Offset: 3, CalcOffset: 1,
		Func: cal.CalcWeekdayOffset,
	}
	// matariki follows the stars; an act of 2022 lists its dates up to 2052.
	matariki = &cal.Holiday{Name: "Matariki", Func: func(_ *cal.Holiday, year int) time.Time {
		if i := year - 2022; i >= 0 && i < len(matarikiDays) {
			return time.Date(year, time.June, matarikiDays[i], 0, 0, 0, 0, time.UTC)
		}
		return time.Time{}
	}}
)

// matarikiDays are the dates from 2022 on as days of June: 40 is July 10th.
var matarikiDays = []int{
	24, 44, 28, 20, 40, 25, 44, 36, 21, 41,
	32, 24, 37, 29, 48, 40, 25, 45, 36, 49,
	41, 33, 24, 37, 29, 49, 33, 25, 45, 30, 21,
}
