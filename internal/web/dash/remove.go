package dash

import (
	"net/http"
	"slices"

	"heartbeat"
)

// removePage asks before a project or a channel is removed.
type removePage struct {
	frame
	Name string
	// Back is the page that it is removed from, which the form is sent to.
	Back, BackURL string
	// Warning is what the viewer must not miss, Says what else goes with it.
	Warning string
	Says    []string
	// Project and Channel say what is meant; Channel is empty for a project.
	Project, Channel string
	Button           string
}

func (h *handler) removeChannelForm(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	project, id := heartbeat.ProjectID(query.Get("project")), heartbeat.ChannelID(query.Get("channel"))
	directory, err := h.Channels(r.Context())
	if err != nil {
		return err
	}
	p, _ := directory.Projects.Find(project)
	c, ok := p.Channel(id)
	if !ok || !id.Made() {
		return errNoChannel
	}
	only, err := h.Service.OnlyTold(r.Context(), id)
	if err != nil {
		return err
	}
	notices, err := h.Service.Notices(r.Context(), noticesRead)
	if err != nil {
		return err
	}
	page := removePage{frame: h.frame(r, "Remove "+c.Name, "channels"), Name: c.Name, Button: "Remove it"}
	page.Back, page.BackURL, page.Project, page.Channel = "Channels", page.Base+"/channels", string(project), string(id)
	ready, _ := directory.Find(id)
	page.explain(directory.Projects, p, h.healthOf(ready, notices, page.clock), only)
	return h.render(w, http.StatusOK, "remove", &page)
}

// explain says what it means that the page's channel of p is removed, which only so
// many checks tell and no other.
func (page *removePage) explain(all heartbeat.Projects, p heartbeat.Project, ch channelView, only int) {
	page.Says = []string{"Nothing is sent to " + ch.Target + " any more. To have it back, its URL must be typed in again."}
	say := func(text string) { page.Says = append(page.Says, text) }
	without, _ := p.RemoveChannel(heartbeat.ChannelID(page.Channel)) // it was found there
	after, _ := all.Put(without)                                     // which is among all, under its own name
	waiting := "They go to the channels that remain"
	switch left := after.Tellers(p.ID); {
	case len(left) == 0:
		newly := slices.DeleteFunc(silent(after), func(p heartbeat.Project) bool { return len(all.Tellers(p.ID)) == 0 })
		whose := ""
		if len(all) > 1 {
			whose = " of " + enumerate(namesOf(newly), "or")
		}
		page.Warning = "No other channel is left: nobody is told from then on when a check" + whose + " goes down."
		only, waiting = 0, "They are lost with it"
	case len(p.Channels) == 1:
		first, _ := all.Find(heartbeat.DefaultProject)
		say("It is the only channel of " + p.Name + ": from then on those of " + first.Name + " tell of its checks, until it has its own again.")
	}
	if only > 0 {
		say(plural(only, "check tells", "checks tell") + " this channel and no other: from then on all that remain are told.")
	}
	if ch.Waiting > 0 {
		say(plural(ch.Waiting, "message waits", "messages wait") + " for it. " + waiting + ", unless others were told.")
	}
}

// silent are the projects of whose checks nobody is told.
func silent(all heartbeat.Projects) []heartbeat.Project {
	var found []heartbeat.Project
	for _, p := range all {
		if len(all.Tellers(p.ID)) == 0 {
			found = append(found, p)
		}
	}
	return found
}
