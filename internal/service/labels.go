package service

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"heartbeat"
)

// NamedByPulses tells whether pulses find the check by its four names, so that
// they cannot change.
func NamedByPulses(c heartbeat.Check) bool {
	return c.Names.ID(cmp.Or(c.Project, heartbeat.DefaultProject)) == c.ID
}

// label changes the check's name and labels, and returns what is wrong.
func (e Edit) label(c *heartbeat.Check) Invalids {
	var bad Invalids
	naming := nameProblem
	if NamedByPulses(*c) {
		naming = func(string) string { return "is how pulses find the check, and cannot change" }
	}
	for _, f := range [...]struct {
		field     string
		to, typed *string
		tidy      func(string) string
		problem   func(string) string
	}{
		{"name", &c.Name, e.Name, strings.TrimSpace, naming},
		{"slug", &c.Slug, e.Slug, strings.TrimSpace, slugProblem},
		{"tags", &c.Tags, e.Tags, singleBlanks, tagsProblem},
		{"desc", &c.Desc, e.Desc, tidyLines, descProblem},
		{"channels", &c.Channels, e.Channels, strings.TrimSpace, channelsProblem},
	} {
		if f.typed == nil || *f.typed == *f.to || f.tidy(*f.typed) == *f.to {
			continue
		}
		*f.to = f.tidy(*f.typed)
		if problem := f.problem(*f.to); problem != "" {
			bad = append(bad, &heartbeat.Invalid{Field: f.field, Problem: problem})
		}
	}
	return bad
}

// ruleProblems returns what is wrong with rules.
func ruleProblems(r heartbeat.Rules) Invalids {
	var bad Invalids
	for _, f := range [...]struct {
		field string
		words string
	}{
		{"failure_words", r.FailureWords}, {"success_words", r.SuccessWords}, {"start_words", r.StartWords},
	} {
		problem := lineProblem(f.words)
		if utf8.RuneCountInString(f.words) > heartbeat.MaxWords {
			problem = fmt.Sprintf("must not be longer than %d characters", heartbeat.MaxWords)
		}
		if problem != "" {
			bad = append(bad, &heartbeat.Invalid{Field: f.field, Problem: problem})
		}
	}
	return bad
}

func nameProblem(name string) string {
	switch {
	case name == "":
		return "is missing: give the check one"
	case utf8.RuneCountInString(name) > heartbeat.MaxName:
		return fmt.Sprintf("must not be longer than %d characters", heartbeat.MaxName)
	}
	return lineProblem(name)
}

func channelsProblem(channels string) string {
	if channels != "" && slices.Contains(strings.Split(channels, ","), "") {
		return "must name one at least: tick a channel, or choose that nobody is told"
	}
	return lineProblem(channels)
}

func slugProblem(slug string) string {
	var invalid *heartbeat.Invalid
	if slug != "" && errors.As(ValidSlug(slug), &invalid) {
		return invalid.Problem
	}
	return ""
}

func tagsProblem(tags string) string {
	if len(tags) > heartbeat.MaxTags {
		return fmt.Sprintf("must not be longer than %d bytes together", heartbeat.MaxTags)
	}
	return lineProblem(tags)
}

func descProblem(desc string) string {
	if len(desc) > heartbeat.MaxDesc {
		return "must not be longer than 10,000 bytes"
	}
	return lineProblem(strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		return r
	}, desc))
}

func lineProblem(s string) string {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "must be text without control characters"
	}
	return ""
}

func singleBlanks(s string) string { return strings.Join(strings.Fields(s), " ") }

// tidyLines ends lines as we do, not as forms do.
func tidyLines(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
}
