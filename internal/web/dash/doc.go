// Package dash is what people see: the dashboard, the page of a check, the form
// that edits it, the channels, and the door in front of them.
//
// Every page is rendered on the server and works without script; app.js only
// adds life: it refreshes what is shown, filters and previews while one types,
// copies, and tells the server the viewer's time zone. Each page is a struct that holds everything
// ready to show, a template of the same name that only loops and chooses, and a
// handler that fills the one and executes the other.
//
//	dash.go       Config, routes, headers; errors become pages here
//	login.go      the door: login form, login link, logout
//	dashboard.go  the table of all checks; query.go, row.go, banner.go are its parts
//	scope.go      which project is looked at, and the links from one to the other
//	check.go      one check; why.go, history.go, timeline.go and pinging.go are
//	              its parts, and snippets/ is what people copy from it
//	create.go     the form that makes a check
//	edit.go       the form that changes one; delete.go asks before it deletes
//	form.go       the fields of both forms; preview.go says when pings would be due
//	projects.go   the projects and their keys
//	badges.go     the badges of a project and of a check
//	channels.go   where messages go, project by project; channels_forms.go makes, changes
//	              and tests channels, deliveries.go says what became of messages
//	remove.go     asks before a project or a channel is removed
//	format.go     times and durations in people's words
//	render.go     templates and the frame around each page
//	assets.go     style sheet and script, named by their content
package dash
