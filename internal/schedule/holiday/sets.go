package holiday

import (
	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/au"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/bg"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/cz"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/ecb"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/gr"
	"github.com/rickar/cal/v2/hr"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/jp"
	"github.com/rickar/cal/v2/lt"
	"github.com/rickar/cal/v2/lv"
	"github.com/rickar/cal/v2/nc"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/si"
	"github.com/rickar/cal/v2/us"
	"github.com/rickar/cal/v2/za"
)

// known lists the sets that are as the library has them, by their code: a
// country, or country and region as in ISO 3166, in lower case.
//
// Left out are countries that move holidays by decree from year to year (ar, ru,
// ua), and cantons whose districts and communities differ.
func known() map[string][]*cal.Holiday {
	return map[string][]*cal.Holiday{
		"at": at.Holidays,
		"be": be.Holidays,
		"bg": bg.Holidays,
		"cz": cz.Holidays,
		"de": de.Holidays,
		"es": es.Holidays,
		"fr": fr.Holidays,
		"gb": gb.Holidays,
		"gr": gr.Holidays,
		"hr": hr.Holidays,
		"ie": ie.Holidays,
		"jp": jp.Holidays,
		"lt": lt.Holidays,
		"lv": lv.Holidays,
		"nc": nc.Holidays,
		"no": no.Holidays,
		"se": se.Holidays,
		"si": si.Holidays,
		"us": us.Holidays,
		"za": za.Holidays,

		"ecb": ecb.Holidays,

		"au-act": au.HolidaysACT,
		"au-nsw": au.HolidaysNSW,
		"au-nt":  au.HolidaysNT,
		"au-qld": au.HolidaysQLD,
		"au-sa":  au.HolidaysSA,
		"au-tas": au.HolidaysTAS,
		"au-vic": au.HolidaysVIC,
		"au-wa":  au.HolidaysWA,

		"ch-ai": ch.HolidaysAI,
		"ch-ar": ch.HolidaysAR,
		"ch-be": ch.HolidaysBE,
		"ch-bs": ch.HolidaysBS,
		"ch-nw": ch.HolidaysNW,
		"ch-sg": ch.HolidaysSG,
		"ch-sh": ch.HolidaysSH,
		"ch-sz": ch.HolidaysSZ,
		"ch-tg": ch.HolidaysTG,
		"ch-ur": ch.HolidaysUR,
		"ch-vs": ch.HolidaysVS,
		"ch-zh": ch.HolidaysZH,

		"de-bb": de.HolidaysBB,
		"de-be": de.HolidaysBE,
		"de-bw": de.HolidaysBW,
		"de-by": de.HolidaysBY,
		"de-hb": de.HolidaysHB,
		"de-he": de.HolidaysHE,
		"de-hh": de.HolidaysHH,
		"de-ni": de.HolidaysNI,
		"de-nw": de.HolidaysNW,
		"de-rp": de.HolidaysRP,
		"de-sh": de.HolidaysSH,
		"de-sl": de.HolidaysSL,
		"de-sn": de.HolidaysSN,
		"de-st": de.HolidaysST,
		"de-th": de.HolidaysTH,
	}
}

// aliases are what people type for a set of another name.
var aliases = map[string]string{"uk": "gb"}
