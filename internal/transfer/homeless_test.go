package transfer_test

import (
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/service"
	"heartbeat/internal/transfer"
)

// Checks of a project that does not come along are counted, so that whoever imports
// them hears of it; a store without projects takes those of the file.
func TestLoad_CountsChecksOfProjectsThatAreNotThere(t *testing.T) {
	t.Parallel()
	from := inMemory(t)
	s := service.New(service.Config{Store: from})
	shop, err := s.MakeProject(t.Context(), time.Now(), "Shop")
	ok(t, err)
	for project, name := range map[heartbeat.ProjectID]string{shop.ID: "theirs", heartbeat.DefaultProject: "ours"} {
		_, err := s.Create(t.Context(), time.Now(), project, service.Edit{Name: &name})
		ok(t, err)
	}
	keys := []string{heartbeat.KeyProjects}
	load := func(to heartbeat.Store, dryRun bool) int {
		t.Helper()
		src, err := transfer.Export(t.Context(), from, keys, time.Now())
		ok(t, err)
		report, err := transfer.Load(t.Context(), to, src, transfer.Options{Now: time.Now, Keys: keys, DryRun: dryRun})
		ok(t, err)
		return report.Homeless
	}
	for _, dryRun := range []bool{true, false} {
		if n := load(inMemory(t), dryRun); n != 0 {
			t.Errorf("dry run %t: %d are homeless in a store that takes the projects", dryRun, n)
		}
		other := inMemory(t)
		_, err := service.New(service.Config{Store: other}).MakeProject(t.Context(), time.Now(), "Other")
		ok(t, err)
		if n := load(other, dryRun); n != 1 {
			t.Errorf("dry run %t: %d are homeless beside other projects, want 1", dryRun, n)
		}
	}
}
