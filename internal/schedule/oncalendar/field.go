package oncalendar

import (
	"fmt"
	"strings"
)

// shortestMonth is how far a day can be from the end of every month.
const shortestMonth = 28

// field is a part of a date or time that is made of numbers.
type field struct {
	name        string
	first, last int
	base        int  // what to subtract in the set
	downward    bool // days are counted from the month's end; steps go towards it
}

// parse reads a star or a list of terms into the set.
func (f field) parse(text string, into *set) error {
	if text == "*" {
		for n := f.first; n <= f.last; n++ {
			into.add(n - f.base)
		}
		return nil
	}
	for term := range strings.SplitSeq(text, ",") {
		if err := f.parseTerm(term, into); err != nil {
			return err
		}
	}
	return nil
}

// parseTerm reads a number or a range, perhaps with a step.
func (f field) parseTerm(term string, into *set) error {
	if strings.Contains(term, "*") {
		return fmt.Errorf("%s %q: the * stands alone; for every second one type %d/2", f.name, shorten(term), f.first)
	}
	span, pace, stepped := strings.Cut(term, "/")
	from, to, err := f.parseSpan(span)
	if err != nil {
		return err
	}
	step := 1
	if stepped {
		if step = number(pace); step < 1 {
			return fmt.Errorf("%s %q: after the / comes a step of 1 or more, such as %d/2", f.name, shorten(term), f.first)
		}
		// A lone number begins a range to the end; so does 5..5, like it or not.
		if from == to && f.downward {
			from = f.first
		} else if from == to {
			to = f.last
		}
	}
	if f.downward {
		for n := to; n >= from; n -= step {
			into.add(n - f.base)
		}
		return nil
	}
	for n := from; n <= to; n += step {
		into.add(n - f.base)
	}
	return nil
}

// parseSpan reads a number or a range.
func (f field) parseSpan(text string) (from, to int, err error) {
	low, high, ranged := strings.Cut(text, "..")
	if from, err = f.parseNumber(low); err != nil {
		return 0, 0, err
	}
	if !ranged {
		if f.downward && from > shortestMonth {
			return 0, 0, fmt.Errorf("%s %q: counted from the month's end, a number alone is at most %d", f.name, "~"+text, shortestMonth)
		}
		return from, from, nil
	}
	if to, err = f.parseNumber(high); err != nil {
		return 0, 0, err
	}
	if to < from {
		return 0, 0, fmt.Errorf("%s %q runs backwards; type the lower number first, such as %d..%d", f.name, shorten(text), to, from)
	}
	return from, to, nil
}

func (f field) parseNumber(text string) (int, error) {
	n := number(text)
	if f.base == firstYear && n >= 0 {
		n = fullYear(n)
	}
	if n < f.first || n > f.last {
		return 0, fmt.Errorf("%s %q must be *, or made of whole numbers from %d to %d, such as %[3]d,%[4]d or %[3]d..%[4]d",
			f.name, shorten(text), f.first, f.last)
	}
	return n, nil
}

// fullYear reads 69 as 2069 and 70 as 1970.
func fullYear(n int) int {
	switch {
	case n < 70:
		return 2000 + n
	case n < 100:
		return 1900 + n
	}
	return n
}

// number reads decimal digits and nothing else. Other text is -1, and a number
// that is too large for any use is just large.
func number(text string) int {
	if text == "" {
		return -1
	}
	n := 0
	for _, r := range text {
		if r < '0' || r > '9' {
			return -1
		}
		n = min(n*10+int(r-'0'), 1_000_000)
	}
	return n
}
