// Package heartbeat is the domain of a dead man's switch for jobs and services:
// they send pings to a URL, and when a ping does not come in time, or a job
// reports failure, people are told.
//
// This package is the core. It imports the standard library only, performs no
// I/O, reads no clock and keeps no globals: time is always an argument, and
// every decision is a pure function that returns what changed and why.
//
// # The words
//
// A [Check] says how often a [Ping] must come. A ping is of a [Kind]: success,
// start, fail, log or ignored. When a check changes its [Status] it makes a
// [Flip], which carries a named [Reason]. A flip that people must hear of
// becomes a [Notice] in the outbox, saved in the same write as the flip, and
// stays there until every channel has taken it or was given up on visibly.
// Blind time ([Blind]) is time in which this program could not receive pings or
// could not judge them.
//
// # A ping's way
//
// internal/web/pinging reads the URL, internal/service permits and validates,
// [Store.Ping] applies [State.Ping] and makes the result durable together with
// the notice it may owe, and only then is the request answered.
//
// # An alert's way
//
// internal/monitor remembers a lower bound of every check's deadline. When one
// passes it reads the check afresh, asks [Check.Tick], saves the flip with its
// notice in one conditional write, and the outbox sends what is owed.
//
// # The rooms
//
//	heartbeat (here)       the nouns and rules: check.go, ping.go and status.go name them,
//	                       rules.go what a ping counts as, state.go what it does, tick.go what
//	                       time does, project.go who owns checks, channel.go by what people are told,
//	                       store.go what a store must promise
//	cmd/heartbeat          wiring: one file per subcommand
//	cmd/heartbeat-lambda   wiring: one AWS Lambda function, whose role the environment names
//	client                 the public Go client
//	internal/schedule/...  specification → schedule: worktime counts working time, holiday knows
//	                       the days that do not count; cron and oncalendar read expressions;
//	                       tz loads time zones
//	internal/service       what people and jobs cause: validate, load → core → save
//	internal/monitor       what time causes: sweep, outbox, loop
//	internal/store/...     thin drivers of [Store]: memory, sqlite, dynamo; storetest is their proof
//	internal/notify/...    how a message leaves the house: slack, webhook; notifytest is their proof
//	internal/web/...       routes and errors; pinging takes pulses in, dash is what people see, hcapi what
//	                       programs do in Healthchecks' language, badge and gauge show how checks are
//	internal/mailin        pings by e-mail
//	internal/auth          keys, sessions, login links
//	internal/seal          secrets that must be read again
//	internal/slug          a name → a slug; uniquekey: an ID → what read-only keys see of it
//	internal/metrics       what Prometheus is told of the program itself
//	internal/transfer/...  an installation moves: a store ⇄ a file, a running server; awsheartbeat reads
//	                       the original's table
//	internal/runner        heartbeat run: a job under watch, its output's tail, the spool
//	internal/lambda        events of AWS Lambda → HTTP requests; lambdatest runs the real program
//	internal/deploy        heartbeat deploy: template, change set, secrets; awsenv finds credentials,
//	                       awshttp mends the SDK's requests, parameters reads secrets in functions
//	deploy                 the CloudFormation template; internal/cost says what a month of it costs
//	internal/app           joins service, monitor and web over a store, for both homes
//	internal/config        settings of the command line
//	internal/bench         commands that measure what docs/performance.md says; benchaws the functions
//
// Arrows point inwards: everything may know this package, this package knows
// nothing of ours. service and monitor never import each other, stores know
// nothing of HTTP, notifiers nothing of stores. The linter holds these arrows.
package heartbeat
