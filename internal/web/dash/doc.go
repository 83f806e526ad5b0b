// Package dash is what people see: the dashboard, the page of a check, the form
// that edits it, the channels, and the door in front of them.
//
// Every page is rendered on the server and works without script; app.js only
// adds life: it refreshes what is shown, filters while one types, and tells the
// server the viewer's time zone. Each page is a struct that holds everything
// ready to show, a template of the same name that only loops and chooses, and a
// handler that fills the one and executes the other.
//
//	dash.go       Config, routes, headers; errors become pages here
//	login.go      the door: login form, login link, logout
//	dashboard.go  the table of all checks; query.go, row.go, banner.go are its parts
//	check.go      one check; why.go, history.go and timeline.go are its parts
//	edit.go       the form that changes a check; delete.go asks before it deletes
//	channels.go   where messages go, and what became of them
//	format.go     times and durations in people's words
//	render.go     templates and the frame around each page
//	assets.go     style sheet and script, named by their content
package dash
