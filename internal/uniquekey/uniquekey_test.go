package uniquekey_test

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"heartbeat"
	"heartbeat/internal/uniquekey"
)

func TestOf_FollowsHealthchecks(t *testing.T) {
	t.Parallel()
	id, err := heartbeat.ParseCheckID("11111111-1111-4111-8111-111111111111")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := uniquekey.Of(id), "a0fd04db8396895e5a64a823e6c390e2498168e1"; got != want {
		t.Errorf("Of(%s) = %s, want %s", id, got, want)
	}
}

var form = regexp.MustCompile(`^[0-9a-f]{40}$`)

func TestOf_DependsOnTheFirstHalfOnly(t *testing.T) {
	t.Parallel()
	id := rapid.Custom(func(t *rapid.T) heartbeat.CheckID {
		return heartbeat.CheckID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes"))
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := id.Draw(t, "a"), id.Draw(t, "b")
		same := [8]byte(a[:8]) == [8]byte(b[:8])
		if got := uniquekey.Of(a) == uniquekey.Of(b); got != same {
			t.Errorf("keys of %s and %s are equal: %t, want %t", a, b, got, same)
		}
		copy(b[:8], a[:8])
		if uniquekey.Of(a) != uniquekey.Of(b) {
			t.Errorf("keys of %s and %s differ, though their first halves are equal", a, b)
		}
		if key := uniquekey.Of(a); !form.MatchString(key) {
			t.Errorf("Of(%s) = %q, want 40 lower-case hexadecimal digits", a, key)
		}
	})
}
