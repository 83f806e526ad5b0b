package badge_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"heartbeat"
	"heartbeat/internal/web/badge"
)

func TestSign_FollowsHealthchecks(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{
		"*": "UuaVz9ti", "a": "v-pGExMT", "www": "0pKhy54L", "db@dc1": "UqSOWOZZ",
	} {
		if got := links.Signer.Sign(badgeKey, tag); got != want {
			t.Errorf("Sign(%q) = %s, want %s", tag, got, want)
		}
	}
}

func TestSignature_OnlyItsFirstEightCharactersCount(t *testing.T) {
	t.Parallel()
	h := site(check{tags: "a", shown: heartbeat.StatusGrace})
	// A check that is late tells three states (late) from two (up).
	for signature, want := range map[string]string{
		"v-pGExMT": "late", "v-pGExMT-2": "up", "v-pGExMTxx": "late", "v-pGExMTxxx": "late",
		"v-pGExMT-3": "late", "v-pGExMT-22": "late", "v-pGExMTx-2": "late",
	} {
		w := get(h, "/badge/"+badgeKey+"/"+signature+"/a.json")
		if !strings.Contains(w.Body.String(), `"status":"`+want+`"`) {
			t.Errorf("%s: got %d %s, want %s", signature, w.Code, w.Body, want)
		}
	}
}

func TestSignerWithoutSecretSignsNobodyIn(t *testing.T) {
	t.Parallel()
	h := routes(badge.New(badge.Config{IDs: ids}), func(err error) { t.Error(err) })
	if w := get(h, (badge.Links{IDs: ids}).Tag(badgeKey, "a").SVG); w.Code != 404 {
		t.Errorf("got %d, want 404: everybody could have made this signature", w.Code)
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	l := links
	l.Base = "https://example.org/tools"
	prefix := "https://example.org/tools/badge/" + badgeKey
	want := badge.URLs{
		SVG: prefix + "/v-pGExMT-2/a.svg", SVG3: prefix + "/v-pGExMT/a.svg",
		JSON: prefix + "/v-pGExMT-2/a.json", JSON3: prefix + "/v-pGExMT/a.json",
		Shields: prefix + "/v-pGExMT-2/a.shields", Shields3: prefix + "/v-pGExMT/a.shields",
	}
	if diff := cmp.Diff(want, l.Tag(badgeKey, "a")); diff != "" {
		t.Errorf("tag (-want +got):\n%s", diff)
	}
	if got, want := l.Tag(badgeKey, badge.All).SVG, prefix+"/UuaVz9ti-2.svg"; got != want {
		t.Errorf("all: got %s, want %s", got, want)
	}
	if got, want := l.Check(checkID).SVG3, "https://example.org/tools/b/3/"+ids.Seal(checkID).String()+".svg"; got != want {
		t.Errorf("check: got %s, want %s", got, want)
	}
}

func TestIDs_OpenWhatTheySealed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) [16]byte {
			return [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, name))
		}
		id, key := heartbeat.CheckID(draw("id")), draw("key")
		ids := badge.NewIDs(key)
		sealed := ids.Seal(id)
		if got := ids.Open(sealed); got != id {
			t.Errorf("opened %s, sealed %s", got, id)
		}
		if sealed == id {
			t.Errorf("%s is sealed as itself", id)
		}
		// A badge must not show even half of the ID, nor what two checks have in common.
		if [8]byte(sealed[:8]) == [8]byte(id[:8]) || [8]byte(sealed[8:]) == [8]byte(id[8:]) {
			t.Errorf("%s is half readable in %s", id, sealed)
		}
		near := id
		near[15] ^= 1
		if other := ids.Seal(near); [8]byte(other[:8]) == [8]byte(sealed[:8]) {
			t.Errorf("%s and %s look alike: %s, %s", id, near, sealed, other)
		}
		key[0] ^= 1
		if other := badge.NewIDs(key).Seal(id); other == sealed {
			t.Errorf("%s is sealed alike under two keys", id)
		}
	})
}

func TestIDs_StayTheSameBetweenVersions(t *testing.T) {
	t.Parallel()
	// FIPS 197, appendix B.
	key := [16]byte{0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c}
	id := heartbeat.CheckID{0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30, 0x8d, 0x31, 0x31, 0x98, 0xa2, 0xe0, 0x37, 0x07, 0x34}
	if got, want := badge.NewIDs(key).Seal(id).String(), "3925841d-02dc-09fb-dc11-8597196a0b32"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
