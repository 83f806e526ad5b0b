package badge

import (
	"math"
	"unicode"
)

// textWidth returns how wide s is, in pixels of the badge, as Verdana draws it
// at fontSize. The picture has its text fitted to this width, so that other
// fonts, and characters whose width is a guess, stay inside their segment too.
func textWidth(s string) int {
	units, joined := 0, false
	for _, r := range s {
		if !joined {
			units += advance(r)
		}
		joined = r == zeroWidthJoiner // what is joined is drawn into the one before
	}
	return int(math.Ceil(float64(units) * fontSize / unitsPerEm))
}

const (
	unitsPerEm      = 1000
	zeroWidthJoiner = '\u200d'
)

// ascii holds Verdana's advance widths from the space to the tilde, in units.
var ascii = [...]int{
	352, 394, 459, 818, 636, 1076, 727, 269, 454, 454, 636, 818, 364, 454, 364, 454, // space to /
	636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 454, 454, 818, 818, 818, 545, // 0 to ?
	1000, 684, 686, 698, 771, 632, 575, 775, 751, 421, 455, 693, 557, 843, 748, 787, // @ to O
	603, 787, 695, 684, 616, 732, 684, 989, 685, 615, 685, 454, 454, 454, 818, 636, // P to _
	636, 601, 623, 521, 623, 596, 352, 623, 633, 274, 344, 592, 274, 973, 633, 607, // ` to o
	623, 623, 427, 521, 394, 633, 592, 818, 592, 592, 525, 635, 454, 635, 818, // p to ~
}

// advance returns the width of one character in units.
func advance(r rune) int {
	switch {
	case ' ' <= r && r <= '~':
		return ascii[r-' ']
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf), 0x1f3fb <= r && r <= 0x1f3ff:
		return 0 // drawn over its neighbour: accents, variation selectors, skin tones
	case 0x1f1e6 <= r && r <= 0x1f1ff:
		return 640 // half a flag
	case r >= 0x1f000 && r <= 0x1faff:
		return 1280 // pictures
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul),
		0x3000 <= r && r <= 0x303f, 0xff01 <= r && r <= 0xff60:
		return unitsPerEm
	}
	return 636 // as a digit: the middle of most alphabets
}
