package badge

import (
	"net/url"
	"strings"

	"heartbeat"
)

// Links makes the addresses of badges.
type Links struct {
	// Base is what addresses begin with, such as "https://example.org/tools",
	// without a slash at its end.
	Base   string
	Signer Signer
	IDs    IDs
}

// URLs are the addresses of one badge in all its forms. Those with a 3 have
// three states. Its JSON is that of Healthchecks' list of badges.
type URLs struct {
	SVG      string `json:"svg"`
	SVG3     string `json:"svg3"`
	JSON     string `json:"json"`
	JSON3    string `json:"json3"`
	Shields  string `json:"shields"`
	Shields3 string `json:"shields3"`
}

// Tag returns the addresses for the checks of a project that carry tag, or for
// All of them.
func (l Links) Tag(badgeKey, tag string) URLs {
	three := l.Base + "/badge/" + badgeKey + "/" + l.Signer.Sign(badgeKey, tag)
	two := three + twoStates
	if tag != All {
		three += "/" + twiceEncoded(tag)
		two += "/" + twiceEncoded(tag)
	}
	return urls(two, three)
}

// Check returns the addresses for one check.
func (l Links) Check(id heartbeat.CheckID) URLs {
	badge := l.IDs.Seal(id).String()
	return urls(l.Base+"/b/2/"+badge, l.Base+"/b/3/"+badge)
}

func urls(two, three string) URLs {
	return URLs{
		SVG: two + ".svg", SVG3: three + ".svg",
		JSON: two + ".json", JSON3: three + ".json",
		Shields: two + ".shields", Shields3: three + ".shields",
	}
}

// twiceEncoded writes a tag as Healthchecks does, so that a slash in it stays
// one through proxies that decode paths.
func twiceEncoded(tag string) string { return encoded(encoded(tag)) }

func encoded(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
