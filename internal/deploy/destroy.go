package deploy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// tableTime is how long a table may take to change.
const tableTime = 5 * time.Minute

// DestroyOptions say what is to go.
type DestroyOptions struct {
	// DeleteTables is the prefix of the tables, spelt out, if they are to go too,
	// with the secrets. Empty keeps both.
	DeleteTables string
	// Confirm is asked before anything is changed; nil for no question.
	Confirm Confirm
}

// Destroy removes the stack and its code. Tables and secrets stay, so that the
// next deployment goes on with them, unless they are named.
func (d *Deployer) Destroy(ctx context.Context, opts DestroyOptions) error {
	return d.env.Explain(d.destroy(ctx, opts))
}

func (d *Deployer) destroy(ctx context.Context, opts DestroyOptions) error {
	stack, err := d.find(ctx, d.stack)
	if err != nil {
		return err
	}
	if stack.state() == stateBusy {
		return stack.mayDeploy()
	}
	if opts.DeleteTables != "" && opts.DeleteTables != stack.Tables() {
		return fmt.Errorf("--delete-tables %q is not what the tables' names begin with: type --delete-tables %s if they are to go",
			opts.DeleteTables, stack.Tables())
	}
	tables, err := d.existing(ctx, tableNames(stack.Tables()))
	if err != nil {
		return err
	}
	if !stack.Exists() && (len(tables) == 0 || opts.DeleteTables == "") {
		return d.nothingThere(tables)
	}
	d.showDestruction(stack, tables, opts)
	if err := agree(ctx, opts.Confirm, "Destroy this?"); err != nil {
		return err
	}
	return d.demolish(ctx, stack, tables, opts)
}

// demolish takes away what was agreed to, the stack first: then nothing writes
// to the tables any more.
func (d *Deployer) demolish(ctx context.Context, stack Stack, tables []string, opts DestroyOptions) error {
	fmt.Fprintln(d.out)
	if stack.Exists() {
		if err := d.removeStack(ctx, stack); err != nil {
			return err
		}
	}
	if err := d.removeCode(ctx); err != nil {
		return err
	}
	if opts.DeleteTables != "" {
		// The tables last: as long as one is there, the same command can be run again.
		if err := d.removeSecrets(ctx); err != nil {
			return err
		}
		if err := d.removeTables(ctx, tables); err != nil {
			return err
		}
	}
	fmt.Fprintf(d.out, "\nStack %s is gone.\n", d.stack)
	if opts.DeleteTables == "" && len(tables) > 0 {
		fmt.Fprintf(d.out, "Tables and secrets are kept. To go on with them: heartbeat deploy%s\n"+
			"To delete them too: heartbeat destroy%[1]s --delete-tables %s\n", d.flags(), stack.Tables())
	}
	return nil
}

func (d *Deployer) nothingThere(tables []string) error {
	if len(tables) == 0 {
		return fmt.Errorf("there is no stack %s in account %s, region %s, and no tables of it: name another one with --stack or --region",
			d.stack, d.account, d.env.Region())
	}
	return fmt.Errorf("stack %s is gone already. Its tables %s are kept: --delete-tables %[1]s deletes them too",
		d.stack, strings.Join(tables, " and "))
}

func (d *Deployer) showDestruction(stack Stack, tables []string, opts DestroyOptions) {
	fmt.Fprintln(d.out)
	d.line("Account", "%s, region %s", d.account, d.env.Region())
	fmt.Fprintf(d.out, "\nGoes for ever:\n\n")
	if stack.Exists() {
		fmt.Fprintf(d.out, "  stack %s: functions, addresses, schedule, alarms, logs\n", d.stack)
	}
	fmt.Fprintf(d.out, "  the functions' code in bucket %s\n", bucketName(d.account, d.env.Region()))
	kept := opts.DeleteTables == ""
	if kept {
		fmt.Fprintf(d.out, "\nStays:\n\n")
	}
	for _, table := range tables {
		if kept {
			fmt.Fprintf(d.out, "  table %s\n", table)
		} else {
			fmt.Fprintf(d.out, "  TABLE %s WITH ALL THAT IS IN IT\n", table)
		}
	}
	fmt.Fprintf(d.out, "  the secrets below %s\n", parameterPath(d.stack))
	if stack.Exists() {
		fmt.Fprintf(d.out, "\nFrom then on no pulse is taken and nobody is told of anything.")
		fmt.Fprintf(d.out, " Its addresses do not come back: after another deploy, jobs need the new one.\n")
	}
	fmt.Fprintln(d.out)
}

// existing are those of the tables that are there.
func (d *Deployer) existing(ctx context.Context, names []string) ([]string, error) {
	var there []string
	for _, name := range names {
		_, err := d.tables.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
		if noTable(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look for table %s: %w", name, err)
		}
		there = append(there, name)
	}
	return there, nil
}

func noTable(err error) bool {
	missing := new(types.ResourceNotFoundException)
	return errors.As(err, &missing)
}

// removeTables deletes tables, which are protected from that until now.
func (d *Deployer) removeTables(ctx context.Context, names []string) error {
	for _, name := range names {
		if err := d.unprotect(ctx, name); err != nil {
			return fmt.Errorf("turn off the deletion protection of table %s: %w", name, err)
		}
		if _, err := d.tables.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name}); err != nil && !noTable(err) {
			return fmt.Errorf("delete table %s: %w", name, err)
		}
		if err := d.awaitTable(ctx, name, ""); err != nil {
			return fmt.Errorf("wait until table %s is gone: %w", name, err)
		}
		fmt.Fprintf(d.out, "  deleted table %s\n", name)
	}
	return nil
}

func (d *Deployer) unprotect(ctx context.Context, name string) error {
	_, err := d.tables.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: &name, DeletionProtectionEnabled: aws.Bool(false)})
	if err != nil {
		return err
	}
	return d.awaitTable(ctx, name, types.TableStatusActive)
}

// awaitTable waits until the table has the status; "" waits until it is gone.
func (d *Deployer) awaitTable(ctx context.Context, name string, want types.TableStatus) error {
	ctx, cancel := context.WithTimeoutCause(ctx, tableTime, fmt.Errorf("it is not done after %v", tableTime))
	defer cancel()
	for {
		out, err := d.tables.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
		switch {
		case noTable(err):
			return nil
		case err != nil:
			return err
		case out.Table.TableStatus == want:
			return nil
		}
		if err := d.wait(ctx); err != nil {
			return err
		}
	}
}
