package oncalendar

import "math/bits"

// set holds numbers from 0 to 255.
type set [4]uint64

func (s *set) add(n int) { s[n/64] |= 1 << (n % 64) }

func (s *set) has(n int) bool { return s[n/64]>>(n%64)&1 == 1 }

// next returns the least member that is n or more.
func (s *set) next(n int) (int, bool) {
	for i := n / 64; i < len(s); i++ {
		word := s[i]
		if i == n/64 {
			word &= ^uint64(0) << (n % 64)
		}
		if word != 0 {
			return i*64 + bits.TrailingZeros64(word), true
		}
	}
	return 0, false
}

// first returns the least member, 0 if there is none.
func (s *set) first() int {
	n, _ := s.next(0)
	return n
}
