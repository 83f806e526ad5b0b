package dash

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"heartbeat"
	"heartbeat/internal/notify"
)

// channelsPage shows where messages go, project by project, and what became of
// them.
type channelsPage struct {
	frame
	Projects []channelSection
	// Several tells that there is more than one project, None that no project has a
	// channel.
	Several, None bool
	Deliveries    []deliveryView
}

// channelSection is the channels of one project.
type channelSection struct {
	ID, Name string
	Channels []channelView
	// Silent tells that nobody is told of its checks.
	Silent bool
	// Through is the project whose channels tell of its checks until it has its own.
	Through string
	// For names the projects of whose checks these channels tell, too.
	For string
	// New makes a channel; Open unfolds it.
	New  channelForm
	Open bool
}

// channelView is one channel and how it is doing.
type channelView struct {
	ID, Name, Kind, Target, Problem string
	// Trouble tells that messages wait because the channel does not take them, at
	// least since Since. Oldest is when the oldest of them was owed.
	Trouble       bool
	Since, Oldest stamp
	// LastSent is the last message it took; zero if none is known.
	LastSent        stamp
	Waiting, Failed int
	// Error is what the last failed attempt said.
	Error string
	// Health is "up", "down" or "new".
	Health, Word string
	// Refusal says why it did not take the test message that was sent just now.
	Refusal string
	// Made tells that people have made it, so that Form changes it, which Open
	// unfolds, and RemoveURL asks whether it is to go.
	Made, Open bool
	Form       channelForm
	RemoveURL  string
}

func (h *handler) channels(w http.ResponseWriter, r *http.Request) error {
	directory, err := h.Channels(r.Context())
	if err != nil {
		return err
	}
	page, err := h.channelsPage(r, directory, channelAnswer{})
	if err != nil {
		return err
	}
	page.Live, page.Done = true, channelDone(directory, r.URL.Query())
	return h.render(w, http.StatusOK, "channels", page)
}

// channelsPage is the page with an answer to one of its forms.
func (h *handler) channelsPage(r *http.Request, d notify.Directory, a channelAnswer) (*channelsPage, error) {
	f := h.frame(r, "Channels", "channels")
	notices, err := h.Service.Notices(r.Context(), noticesRead)
	if err != nil {
		return nil, err
	}
	f.Banners = partialBanner(d)
	page := &channelsPage{frame: f, Several: len(d.Projects) > 1, None: len(d.Channels) == 0}
	for _, p := range d.Projects {
		section := sectionOf(p, d, a)
		for _, c := range p.Channels {
			ready, _ := d.Find(c.ID)
			section.Channels = append(section.Channels, h.healthOf(ready, notices, f.clock).on(&f, p.ID, c, a))
		}
		page.Projects = append(page.Projects, section)
	}
	page.Deliveries, err = h.deliveries(r.Context(), d, notices, f)
	return page, err
}

// sectionOf is the project's section, yet without its channels.
func sectionOf(p heartbeat.Project, d notify.Directory, a channelAnswer) channelSection {
	s := channelSection{ID: string(p.ID), Name: p.Name, New: a.formOf(p.ID, heartbeat.Channel{})}
	s.Silent = len(d.Projects.Tellers(p.ID)) == 0
	first, _ := d.Projects.Find(heartbeat.DefaultProject)
	s.Open = s.Silent && p.ID == first.ID || a.wrongWith(p.ID, "") // a channel there ends all silence
	switch {
	case s.Silent:
	case len(p.Channels) == 0:
		s.Through = first.Name
	case p.ID == first.ID:
		leaning := slices.DeleteFunc(slices.Clone(d.Projects), func(p heartbeat.Project) bool { return len(p.Channels) > 0 })
		s.For = enumerate(namesOf(leaning), "and")
	}
	return s
}

// on is the channel on its card in the section of a project.
func (ch channelView) on(f *frame, project heartbeat.ProjectID, c heartbeat.Channel, a channelAnswer) channelView {
	ch.ID, ch.Name, ch.Kind = string(c.ID), calledBy(c), title(string(c.Kind))
	if a.channel == c.ID {
		ch.Refusal = a.refusal
	}
	if ch.Made = c.ID.Made(); ch.Made {
		ch.Form, ch.Open = a.formOf(project, c), a.wrongWith(project, c.ID)
		ch.RemoveURL = f.Base + "/channels/remove?" + channelQuery(project, c.ID).Encode()
	}
	return ch
}

// channelHealth tells how each channel has done, by the notices given, newest first.
func (h *handler) channelHealth(d notify.Directory, notices []heartbeat.Notice, c clock) []channelView {
	all := make([]channelView, len(d.Channels))
	for i, channel := range d.Channels {
		all[i] = h.healthOf(channel, notices, c)
		all[i].Name = channelName(d, channel.ID, "")
	}
	return all
}

// channelName is what people call a channel, also one that is gone; with its
// project, if there are several and it is not that of home.
func channelName(d notify.Directory, id heartbeat.ChannelID, home heartbeat.ProjectID) string {
	for _, p := range d.Projects {
		c, ok := p.Channel(id)
		switch {
		case !ok:
		case p.ID == home || len(d.Projects) == 1:
			return calledBy(c)
		default:
			return calledBy(c) + " (" + p.Name + ")"
		}
	}
	switch {
	case !id.Made():
		return title(string(id)) + " (not set up)"
	case d.Partial:
		return "a channel that cannot be read"
	}
	return "a channel that was removed"
}

// calledBy is the channel's name. Those of the settings are named by words of ours.
func calledBy(c heartbeat.Channel) string {
	if c.ID.Made() {
		return c.Name
	}
	return title(c.Name)
}

func (h *handler) healthOf(channel notify.Channel, notices []heartbeat.Notice, c clock) channelView {
	view := channelView{Target: channel.Target, Problem: channel.Problem}
	var sent, oldest time.Time
	for _, notice := range notices {
		for _, d := range notice.Deliveries {
			if d.Channel != channel.ID {
				continue
			}
			switch d.State {
			case heartbeat.DeliverySent:
				if d.Done.After(sent) {
					sent = d.Done
				}
			case heartbeat.DeliveryWaiting:
				view.Waiting++
				view.Trouble = view.Trouble || d.Error != "" || c.now.Sub(notice.Created) > h.patience()
				if oldest.IsZero() || notice.Created.Before(oldest) {
					oldest = notice.Created
				}
				view.say(d.Error)
			case heartbeat.DeliveryFailed:
				if c.now.Sub(d.Done) < recent {
					view.Failed++
					view.say(d.Error)
				}
			}
		}
	}
	view.LastSent, view.Oldest, view.Since = c.stamp(sent), c.stamp(oldest), c.stamp(oldest)
	if sent.After(oldest) {
		view.Since = view.LastSent
	}
	view.judge()
	return view
}

// say keeps the first error, which is the newest.
func (ch *channelView) say(err string) {
	if ch.Error == "" {
		ch.Error = err
	}
}

func (ch *channelView) judge() {
	switch {
	case ch.Problem != "":
		ch.Health, ch.Word = "down", "Cannot work as it is set up"
	case ch.Trouble:
		ch.Health, ch.Word = "down", "Does not take messages"
	case ch.Failed > 0:
		ch.Health, ch.Word = "down", "Messages were lost"
	case ch.LastSent.Zero():
		ch.Health, ch.Word = "new", "Not used yet"
	default:
		ch.Health, ch.Word = "up", "Takes messages"
	}
}

func namesOf(projects []heartbeat.Project) []string {
	names := make([]string, len(projects))
	for i, p := range projects {
		names[i] = p.Name
	}
	return names
}

// enumerate writes names as a sentence does: "A, B and C".
func enumerate(names []string, last string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " " + last + " " + names[n-1]
	}
	return strings.Join(names, "")
}
