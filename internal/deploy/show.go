package deploy

import (
	"fmt"
	"maps"
	"slices"
)

// example is the pulse that a first curl sends.
const example = "/pulse?host=myhost&category=backup&type=cron&name=nightly"

// showTarget says what will be deployed where.
func (d *Deployer) showTarget(stack Stack, opts Options) {
	fmt.Fprintf(d.out, "\nHeartbeat %s for AWS\n\n", opts.Version)
	d.line("Account", "%s, region %s", d.account, d.env.Region())
	d.line("As", "%s", d.identity)
	switch {
	case stack.state() == stateNone:
		d.line("Stack", "%s (new)", d.stack)
	default:
		d.line("Stack", "%s (%s; Heartbeat %s)", d.stack, stack.words(), orUnknown(stack.Settings[settingVersion]))
	}
	d.line("Code", "%.1f MB, %s", float64(len(opts.Code.Zip))/1e6, opts.Code.From)
}

func orUnknown(version string) string {
	if version == "" {
		return "unknown"
	}
	return version
}

// showPlan shows what would be changed and what it would cost.
func (d *Deployer) showPlan(stack Stack, set changeSet, values map[string]string, kept Secrets, opts Options) {
	fmt.Fprintf(d.out, "\nParameters:\n\n")
	settings := effective(stack, values)
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		note := ""
		if was, had := stack.Settings[name]; had && stack.state() == stateLive && was != settings[name] {
			note = " (was " + quoteEmpty(was) + ")"
		}
		fmt.Fprintf(d.out, "  %-15s %s%s\n", name, quoteEmpty(settings[name]), note)
	}
	d.showSecrets(kept, opts.Secrets)
	fmt.Fprintf(d.out, "\nChanges:\n\n")
	if set.none {
		fmt.Fprintln(d.out, "  none: the stack is up to date")
	} else {
		showChanges(d.out, set.changes)
	}
	fmt.Fprintln(d.out)
	opts.Load.show(d.out, settings)
	fmt.Fprintln(d.out)
}

// effective are the parameters that are in force after the deployment.
func effective(stack Stack, values map[string]string) map[string]string {
	all := make(map[string]string)
	if stack.state() == stateLive {
		maps.Copy(all, stack.Settings)
	}
	maps.Copy(all, values)
	return all
}

func quoteEmpty(s string) string {
	if s == "" {
		return `""`
	}
	return s
}

// showSecrets says what becomes of each secret, without its text.
func (d *Deployer) showSecrets(kept, asked Secrets) {
	fmt.Fprintf(d.out, "\nSecrets, in the Parameter Store below %s:\n\n", parameterPath(d.stack))
	for _, s := range []struct{ name, kept, asked, none string }{
		{nameSecret, kept.Secret, asked.Secret, "will be made"},
		{namePingKey, kept.PingKey, asked.PingKey, "will be made"},
		{nameSlackWebhook, lines(kept.SlackWebhooks), lines(asked.SlackWebhooks), "none"},
		{nameWebhook, lines(kept.Webhooks), lines(asked.Webhooks), "none"},
	} {
		fate := "stays"
		switch {
		case s.asked != "" && s.kept == "":
			fate = "will be set"
		case s.asked != "" && s.asked != s.kept:
			fate = "will be replaced"
		case s.kept == "":
			fate = s.none
		}
		fmt.Fprintf(d.out, "  %-15s %s\n", s.name, fate)
	}
	if silent(kept) && silent(asked) {
		fmt.Fprintf(d.out, "\n  Nobody will be told of late checks: there is no channel. Add --slack-webhook-file FILE.\n")
	}
}

func silent(s Secrets) bool { return len(s.SlackWebhooks)+len(s.Webhooks) == 0 }

// Outputs of the template.
const (
	outputBase      = "BaseUrl"
	outputDashboard = "DashboardUrl"
	outputDomain    = "DomainTarget"
)

// greet says how to use what was deployed.
func (d *Deployer) greet(stack Stack, secrets Secrets, login string) error {
	base, dashboard := stack.Outputs[outputBase], stack.Outputs[outputDashboard]
	if base == "" || dashboard == "" {
		return fmt.Errorf("stack %s does not say where it is (no output %s or %s): was it changed by other means?",
			d.stack, outputBase, outputDashboard)
	}
	fmt.Fprintf(d.out, "\nHeartbeat runs.\n\n")
	d.line("Dashboard", "%s", dashboard+"/dashboard")
	d.line("Log in", "%s", dashboard+"/dashboard?secret="+login)
	d.line("", "(works once, for 15 minutes)")
	d.line("Clients", "%s", base+"/"+secrets.PingKey)
	d.line("", "(the base URL for jobs; its last part is the ping key)")
	d.showDomain(stack)
	fmt.Fprintf(d.out, "\n  Send a pulse:\n\n    curl '%s'\n\n", base+"/"+secrets.PingKey+example)
	flags := d.flags()
	fmt.Fprintf(d.out, "  How it is, and a new login link:\n\n    heartbeat status%s --login\n\n", flags)
	fmt.Fprintf(d.out, "  What the functions say:\n\n    heartbeat logs%s --follow\n\n", flags)
	return nil
}

// showDomain says what the DNS record of a domain of one's own must be.
func (d *Deployer) showDomain(stack Stack) {
	if target := stack.Outputs[outputDomain]; target != "" {
		d.line("DNS", "%s must be a CNAME of %s", stack.Settings[settingDomain], target)
	}
}

// flags name stack and region for the next command.
func (d *Deployer) flags() string {
	flags := " --region " + d.env.Region()
	if d.stack != "heartbeat" {
		flags = " --stack " + d.stack + flags
	}
	return flags
}
