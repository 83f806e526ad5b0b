package deploy

import "io"

type Load struct{ Pulses, Checks int }

func (l Load) show(io.Writer, map[string]string) {}
