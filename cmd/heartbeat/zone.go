package main

import (
	"os"
	"strings"
	"time"

	"heartbeat/internal/schedule"
)

// localZone is the name of this machine's time zone, such as Europe/Berlin; it is
// not ok if the machine does not tell.
func localZone() (name string, ok bool) {
	name = time.Local.String()
	if name == "Local" {
		name, _ = os.Readlink("/etc/localtime")
	}
	if _, after, found := strings.Cut(name, "/zoneinfo/"); found {
		name = after
	}
	// UTC is also what a $TZ comes to that names no zone.
	switch tz := strings.TrimPrefix(os.Getenv("TZ"), ":"); {
	case name == "", name == "UTC" && tz != "" && tz != "UTC":
		return "", false
	}
	_, err := schedule.Zone(name)
	return name, err == nil
}
