// Command heartbeat is a dead man's switch for jobs and services. This package
// is wiring only: one file per subcommand, and server.go, which joins the parts.
//
// Exit status: 0 all went well, 1 something failed, 2 the command line or a
// setting is wrong; that of heartbeat run is its command's.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // a bare container has no time zone database

	"github.com/alecthomas/kong"

	"heartbeat/internal/config"
)

func main() {
	ending := []os.Signal{syscall.SIGTERM}
	if !signal.Ignored(os.Interrupt) { // as a shell's background jobs ignore it
		ending = append(ending, os.Interrupt)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ending...)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// cli is the command line.
type cli struct {
	Serve       serveCmd       `cmd:"" help:"Run the server: take pulses, show the dashboard, tell people."`
	Run         runCmd         `cmd:"" help:"Run a command and report its start, its end and the end of its output."`
	Ping        pingCmd        `cmd:"" help:"Send one ping; for scripts."`
	Next        nextCmd        `cmd:"" help:"Show when a pulse is due and how the time was counted; needs no server."`
	Deploy      deployCmd      `cmd:"" help:"Run Heartbeat in your AWS account: create or upgrade the deployment."`
	Status      statusCmd      `cmd:"" help:"Show how a deployment to AWS is."`
	Logs        logsCmd        `cmd:"" help:"Show what a deployment to AWS has logged."`
	Destroy     destroyCmd     `cmd:"" help:"Remove a deployment from AWS; tables stay unless they are named."`
	Backup      backupCmd      `cmd:"" help:"Copy the database to a file, while the server runs or not."`
	Export      exportCmd      `cmd:"" help:"Write everything to a file that \"heartbeat import\" reads."`
	Import      importCmd      `cmd:"" help:"Bring an installation here: from a file, or from AWS Heartbeat's table."`
	Healthcheck healthcheckCmd `cmd:"" help:"Ask a running server whether it is ready; for containers."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
}

const about = `A dead man's switch for jobs and services: they send pulses, and when one does not come in time, people are told.

  heartbeat serve                       run the server here, with its database beside it
  heartbeat serve --help                all settings
  heartbeat run --name db1/backup/cron/nightly --every 24h -- /usr/local/bin/backup
                                        run a job and report how it went
  heartbeat next --every 24h --worktime mon-fri --tz Europe/Berlin
                                        show how a deadline is counted
  heartbeat backup heartbeat-backup.db  copy the database
  heartbeat deploy --region eu-central-1
                                        run Heartbeat in your AWS account`

// usageError is a command line or setting that cannot be obeyed.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// streams are where a command writes: stdout is for what it was asked for,
// stderr for the rest.
type streams struct{ stdout, stderr io.Writer }

// run does what the command line asks for, and returns the exit status.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	exit := -1
	parser, err := kong.New(&cli{},
		kong.Name("heartbeat"),
		kong.Description(about),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exit = code }),
		kong.Resolvers(config.NewEnvironment(environ)),
		kong.ValueFormatter(config.HelpWithVariable),
		kong.ExplicitGroups(config.Groups()),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoAppDescFormat: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.BindTo(stdout, (*io.Writer)(nil)),
		kong.Bind(streams{stdout, stderr}),
	)
	if err != nil {
		return complain(stderr, err, nil)
	}
	if len(args) == 0 {
		_, _ = parser.Parse([]string{"--help"})
		return 2
	}
	if args[0] == "--version" { // as most programs have it
		args = append([]string{"version"}, args[1:]...)
	}
	command, err := parser.Parse(args)
	if exit >= 0 { // help was asked for and given
		return exit
	}
	if err != nil {
		return complain(stderr, usageError{err}, command)
	}
	return complain(stderr, command.Run(), command)
}

// complain says what went wrong, if anything did, and returns the exit status.
func complain(stderr io.Writer, err error, command *kong.Context) int {
	if err == nil {
		return 0
	}
	if status := exitStatus(0); errors.As(err, &status) {
		return int(status)
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(stderr, "heartbeat: %s\n", strings.TrimRight(line, "\n"))
	}
	var usage usageError
	if !errors.As(err, &usage) {
		return 1
	}
	if variable := new(config.VariableError); !errors.As(err, &variable) {
		fmt.Fprintf(stderr, "heartbeat: run %q to see what can be typed\n", helpCommand(err, command))
	}
	return 2
}

// helpCommand is the command whose help shows what could have been typed.
func helpCommand(err error, command *kong.Context) string {
	if parse := new(kong.ParseError); errors.As(err, &parse) {
		command = parse.Context
	}
	if command == nil || command.Command() == "" {
		return "heartbeat --help"
	}
	return "heartbeat " + strings.Fields(command.Command())[0] + " --help"
}
