package main

import (
	"bytes"
	"fmt"
	"io"
	"net/smtp"
	"os"
	"regexp"

	"github.com/rogpeppe/go-internal/testscript"
)

// mail sends what comes on stdin: mail ADDRESS FROM TO... It prints what a
// refusal says.
func mail() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: mail ADDRESS FROM TO...")
		os.Exit(2)
	}
	message, err := io.ReadAll(os.Stdin)
	if err == nil {
		message = bytes.ReplaceAll(message, []byte("\n"), []byte("\r\n"))
		err = smtp.SendMail(os.Args[1], nil, os.Args[2], os.Args[3:], message)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// capture sets a variable to what the regexp's first group finds in stdout.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture NAME REGEXP")
	}
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if found == nil {
		ts.Fatalf("stdout does not match %s", args[1])
	}
	ts.Setenv(args[0], found[1])
}
