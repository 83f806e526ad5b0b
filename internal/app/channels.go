package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"

	"heartbeat"
	"heartbeat/internal/auth"
	"heartbeat/internal/notify"
	"heartbeat/internal/notify/slack"
	"heartbeat/internal/notify/webhook"
	"heartbeat/internal/seal"
)

// Targets are where messages go by the settings, and what holds for all channels.
type Targets struct {
	// Slack and Webhooks are absolute URLs.
	Slack, Webhooks []string
	// AllowPrivate permits URLs that lead into this machine or its network.
	AllowPrivate bool
	// Version of Heartbeat, sent along.
	Version string
	// Delivery hears of every attempt, with the channel's kind. May be nil.
	Delivery func(kind string, sent bool)
}

// The kinds of channels.
const (
	kindSlack   heartbeat.ChannelKind = "slack"
	kindWebhook heartbeat.ChannelKind = "webhook"
)

// maxTarget is how many bytes a channel's URL may have: all channels together must
// fit into one value of the store.
const maxTarget = 1000

// channels makes messages leave the house: by the channels that the settings give,
// and by those that people have made.
type channels struct {
	targets Targets
	client  *notify.Client
	guard   *auth.Auth
	logger  *slog.Logger
	// given are those of the settings, ready the same ones ready to be used.
	given []heartbeat.Channel
	ready []notify.Channel

	mu      sync.Mutex
	key     *seal.Key // once it was asked for
	damaged bool      // the projects could not be read when they were last asked for
}

func newChannels(t Targets, guard *auth.Auth, logger *slog.Logger) *channels {
	cs := &channels{
		targets: t, guard: guard, logger: logger,
		client: notify.NewClient(notify.ClientConfig{AllowPrivate: t.AllowPrivate, Version: t.Version}),
	}
	for i, url := range t.Slack {
		cs.give(kindSlack, i, url)
	}
	for i, url := range t.Webhooks {
		cs.give(kindWebhook, i, url)
	}
	return cs
}

// give adds a channel of the settings. Their names count up, "slack", "slack-2",
// because a name must not tell anything of the URL.
func (cs *channels) give(kind heartbeat.ChannelKind, i int, url string) {
	name := string(kind)
	if i > 0 {
		name += "-" + strconv.Itoa(i+1)
	}
	given := heartbeat.Channel{ID: heartbeat.ChannelID(name), Kind: kind, Name: name}
	ready := cs.lead(given, url)
	if ready.Problem != "" {
		cs.logger.Warn("channel will not work", "channel", ready.ID, "target", ready.Target, "problem", ready.Problem)
	}
	cs.given, cs.ready = append(cs.given, given), append(cs.ready, ready)
}

// lead makes a channel that leads to url.
func (cs *channels) lead(c heartbeat.Channel, url string) notify.Channel {
	var ready notify.Channel
	switch c.Kind {
	case kindSlack:
		ready = slack.New(slack.Config{URL: url, Client: cs.client}).Channel(c.ID)
	case kindWebhook:
		ready = webhook.New(webhook.Config{URL: url, Client: cs.client}).Channel(c.ID)
	default:
		return closed(c, fmt.Errorf("this version does not know channels of the kind %q", c.Kind))
	}
	ready.Name = c.Name
	if cs.targets.Delivery != nil {
		ready.Notifier = counted{ready.Notifier, string(c.Kind), cs.targets.Delivery}
	}
	return ready
}

// Check implements [service.Targets].
func (cs *channels) Check(kind heartbeat.ChannelKind, url string) *heartbeat.Invalid {
	problem := cs.client.CheckTarget(url)
	switch {
	case kind != kindSlack && kind != kindWebhook:
		return &heartbeat.Invalid{Field: "kind", Problem: "must be slack or webhook"}
	case url == "":
		problem = "is missing: paste the URL to which messages are to be posted"
	case len(url) > maxTarget:
		problem = fmt.Sprintf("must not be longer than %d characters", maxTarget)
	case problem == "":
		return nil
	default:
		problem = "cannot be used: " + problem
	}
	return &heartbeat.Invalid{Field: "target", Problem: problem}
}

// Seal implements [service.Targets].
func (cs *channels) Seal(ctx context.Context, id heartbeat.ChannelID, url string) ([]byte, error) {
	key, err := cs.guard.MakeSealKey(ctx)
	if err != nil {
		return nil, err
	}
	return seal.Key(key).Seal(string(id), url), nil
}

// sealKey reads the key when it is first needed.
func (cs *channels) sealKey(ctx context.Context) (seal.Key, error) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.key == nil {
		key, err := cs.guard.SealKey(ctx)
		if err != nil {
			return seal.Key{}, err
		}
		cs.key = (*seal.Key)(&key)
	}
	return *cs.key, nil
}

// open makes a channel of a project ready to be used. An error says that the store
// could not be read; whatever else is wrong is the channel's Problem.
func (cs *channels) open(ctx context.Context, c heartbeat.Channel) (notify.Channel, error) {
	if i := slices.IndexFunc(cs.ready, func(r notify.Channel) bool { return r.ID == c.ID }); i >= 0 {
		return cs.ready[i], nil
	}
	key, err := cs.sealKey(ctx)
	if err != nil && !errors.Is(err, heartbeat.ErrNotFound) && !errors.Is(err, heartbeat.ErrUnreadable) {
		return notify.Channel{}, err
	}
	var url string
	if err == nil {
		url, err = key.Open(string(c.ID), c.Sealed)
	}
	if err != nil {
		return closed(c, fmt.Errorf("its URL cannot be read: %w; type it in again", err)), nil
	}
	ready := cs.lead(c, url)
	ready.Mark = string(c.Sealed)
	return ready, nil
}

// Directory is what people can be told by now. If what people have made is damaged,
// those that the settings give still work.
func (a *App) Directory(ctx context.Context) (notify.Directory, error) {
	projects, err := a.Checks.Projects(ctx)
	d := notify.Directory{Projects: projects}
	d.Partial = errors.Is(err, heartbeat.ErrUnreadable)
	a.channels.complain(err, d.Partial)
	switch {
	case d.Partial && len(a.channels.given) > 0:
		d.Projects = heartbeat.Default().Give(a.channels.given)
	case err != nil:
		return d, err
	}
	for _, p := range d.Projects {
		for _, c := range p.Channels {
			ready, err := a.channels.open(ctx, c)
			if err != nil {
				return d, err
			}
			d.Channels = append(d.Channels, ready)
		}
	}
	return d, nil
}

// complain writes into the log once that the projects are damaged.
func (cs *channels) complain(err error, damaged bool) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if damaged && !cs.damaged {
		cs.logger.Error("projects cannot be read: messages go to the channels of the settings only", "err", err)
	}
	cs.damaged = damaged
}

// closed is a channel that cannot be used.
func closed(c heartbeat.Channel, why error) notify.Channel {
	return notify.Channel{ID: c.ID, Name: c.Name, Target: "(unknown)", Problem: why.Error(), Notifier: failing{why}}
}

// failing is a notifier that has somewhere to send to only once its cause is mended.
type failing struct{ why error }

// Notify implements [notify.Notifier].
func (f failing) Notify(context.Context, notify.Message) error {
	return &notify.Failure{Again: true, Reason: f.why.Error()}
}

// counted is a notifier whose attempts are counted under its kind.
type counted struct {
	notify.Notifier
	kind  string
	count func(kind string, sent bool)
}

// Notify implements [notify.Notifier].
func (c counted) Notify(ctx context.Context, m notify.Message) error {
	err := c.Notifier.Notify(ctx, m)
	c.count(c.kind, err == nil)
	return err
}
