package dash

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"heartbeat"
	"heartbeat/internal/notify"
	"heartbeat/internal/service"
)

// channelForm are the fields by which a channel is made or changed. Where messages
// go is never in them but as it was typed just now.
type channelForm struct {
	Kind, Name, Target field
	// Whole is what is wrong with no field in particular.
	Whole field
}

// channelAnswer is what came of one of the page's forms, to be said beside it.
type channelAnswer struct {
	project heartbeat.ProjectID
	channel heartbeat.ChannelID // empty for a new one
	typed   url.Values
	wrong   service.Invalids
	// refusal says why the channel did not take a test message.
	refusal string
}

// wrongWith tells whether the answer is that the form for the channel, or for a new
// one, was filled in wrongly.
func (a channelAnswer) wrongWith(project heartbeat.ProjectID, channel heartbeat.ChannelID) bool {
	return len(a.wrong) > 0 && a.project == project && a.channel == channel
}

// formOf is the form for a channel, or for a new one of the project.
func (a channelAnswer) formOf(project heartbeat.ProjectID, c heartbeat.Channel) channelForm {
	id := "-" + cmp.Or(string(c.ID), string(project))
	f := channelForm{
		Kind:   field{Name: "kind" + id, Label: "Kind", Value: "slack"},
		Name:   field{Name: "name" + id, Label: "Name", Value: c.Name},
		Target: field{Name: "target" + id, Label: "URL"},
		Whole:  field{Name: "whole" + id, Label: "The channel"},
	}
	if !a.wrongWith(project, c.ID) {
		return f
	}
	f.Kind.Value, f.Name.Value, f.Target.Value = a.typed.Get("kind"), a.typed.Get("name"), a.typed.Get("target")
	for _, invalid := range a.wrong {
		blamed := &f.Whole
		switch invalid.Field {
		case "kind":
			blamed = &f.Kind
		case "name":
			blamed = &f.Name
		case "target":
			blamed = &f.Target
		}
		blamed.Problem = invalid.Problem
	}
	return f
}

func channelQuery(project heartbeat.ProjectID, channel heartbeat.ChannelID) url.Values {
	return url.Values{"project": {string(project)}, "channel": {string(channel)}}
}

// errNoChannel says that the channel that a form is about cannot be changed here.
var errNoChannel = &gone{
	"There is no such channel.",
	"It, or its project, may have been removed meanwhile. One that the settings give is changed there. Nothing was changed.",
}

// changeChannel does what one of the page's forms asks for.
func (h *handler) changeChannel(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	form := r.PostForm
	a := channelAnswer{
		project: heartbeat.ProjectID(form.Get("project")), channel: heartbeat.ChannelID(form.Get("channel")), typed: form,
	}
	switch form.Get("action") {
	case "make":
		return h.makeChannel(w, r, a)
	case "save":
		err := h.Service.EditChannel(r.Context(), a.project, a.channel, form.Get("name"), form.Get("target"))
		return h.changedChannel(w, r, a, "saved", err)
	case "remove":
		return h.changedChannel(w, r, a, "removed", h.Service.RemoveChannel(r.Context(), a.project, a.channel))
	case "test":
		return h.testChannel(w, r, a)
	}
	return &heartbeat.Invalid{Field: "action", Problem: "must be make, save, remove or test"}
}

func (h *handler) makeChannel(w http.ResponseWriter, r *http.Request, a channelAnswer) error {
	made, err := h.Service.MakeChannel(r.Context(), h.Now(), a.project, service.NewChannel{
		Kind: heartbeat.ChannelKind(a.typed.Get("kind")), Name: a.typed.Get("name"), Target: a.typed.Get("target"),
	})
	a.channel = ""
	switch {
	case isNotFound(err):
		return errNoProject
	case err == nil:
		a.channel = made.ID
	}
	return h.changedChannel(w, r, a, "made", err)
}

// changedChannel answers a form that is done, or was filled in wrongly.
func (h *handler) changedChannel(w http.ResponseWriter, r *http.Request, a channelAnswer, done string, err error) error {
	invalids, wrong := allInvalid(err)
	switch {
	case wrong:
		a.wrong = invalids
		return h.answerChannel(w, r, a)
	case isNotFound(err):
		return errNoChannel
	case err != nil:
		return err
	}
	h.redirectChannel(w, r, done, a.channel)
	return nil
}

func (h *handler) redirectChannel(w http.ResponseWriter, r *http.Request, done string, id heartbeat.ChannelID) {
	h.redirect(w, r, "/channels?"+url.Values{"done": {done}, "channel": {string(id)}}.Encode())
}

// answerChannel shows the page with an answer that is bad news. The status is 422
// also if the channel did not take the test, not 502: proxies put pages of their
// own in the place of those that come with a 5xx.
func (h *handler) answerChannel(w http.ResponseWriter, r *http.Request, a channelAnswer) error {
	directory, err := h.Channels(r.Context())
	if err != nil {
		return err
	}
	page, err := h.channelsPage(r, directory, a)
	if err != nil {
		return err
	}
	if len(a.wrong) > 0 {
		page.Banners = append(page.Banners, banner{Tone: "bad", Title: "Nothing was saved.", Text: "Correct what is marked below and send it again."})
	}
	return h.render(w, http.StatusUnprocessableEntity, "channels", page)
}

// longestTest is how long somebody waits for a channel to take a test message.
const longestTest = 10 * time.Second

// testChannel sends a test message at once, past the outbox.
func (h *handler) testChannel(w http.ResponseWriter, r *http.Request, a channelAnswer) error {
	directory, err := h.Channels(r.Context())
	if err != nil {
		return err
	}
	channel, ok := directory.Find(a.channel)
	if !ok {
		return errNoChannel
	}
	ctx, cancel := context.WithTimeout(r.Context(), longestTest)
	defer cancel()
	err = channel.Notifier.Notify(ctx, notify.Message{Test: true, Dashboard: h.origin(r) + h.link("/dashboard")})
	switch {
	case err == nil:
		h.redirectChannel(w, r, "tested", a.channel)
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		a.refusal = "no answer within " + span(longestTest)
	default:
		a.refusal = err.Error()
	}
	return h.answerChannel(w, r, a)
}

// channelDone says what the form that led here has done.
func channelDone(d notify.Directory, v url.Values) string {
	id := heartbeat.ChannelID(v.Get("channel"))
	if _, ok := d.Find(id); !ok && v.Get("done") != "removed" {
		return ""
	}
	name := channelName(d, id, "")
	return map[string]string{
		"made":    "Added: " + name + ". Send it a test message to see whether it arrives.",
		"saved":   "Saved: " + name,
		"removed": "The channel is removed.",
		"tested":  name + " has taken the test message: look there.",
	}[v.Get("done")]
}
