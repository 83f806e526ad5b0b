// Package awsheartbeat reads the table of the original, AWS Heartbeat, and makes
// checks of its pulses. The table is only read.
//
//	awsheartbeat.go  the table, page by page → transfer.Source
//	pulse.go         an item → a check, or what is wrong with it
//	quarantine.go    what is wrong is kept as it is, for people to decide
package awsheartbeat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	transport "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"heartbeat"
	"heartbeat/internal/awshttp"
	"heartbeat/internal/transfer"
)

const (
	// pageTime is how long reading one page of at most 1 MB may take, and pageTries
	// how often it is asked for.
	pageTime  = 20 * time.Second
	pageTries = 8
)

// Config says what to read.
type Config struct {
	// AWS is how to speak to the account.
	AWS aws.Config
	// Endpoint is where an emulator of DynamoDB listens; empty for what AWS says.
	Endpoint string
	// Table is the original's table.
	Table string
	// Zone is the IANA zone of the checks. The original counted in UTC.
	Zone string
	// Now tells the time.
	Now func() time.Time
	// Quarantine is given every item that no check can be made of; an error ends
	// the import.
	Quarantine func(Quarantined) error
}

// Counted is what was in the table.
type Counted struct {
	// Items is how many there were, Quarantined how many of them are wrong.
	Items, Quarantined int
	// Down are those that were late for longer than [TellWithin].
	Down []heartbeat.Names
	// Late are those that were late for less: they will be told.
	Late []heartbeat.Names
}

// Source reads the table while its items are read. Counted is complete when they
// were all read.
func Source(ctx context.Context, cfg Config) (transfer.Source, *Counted) {
	counted := new(Counted)
	begun := cfg.Now().Round(0).UTC()
	return transfer.Source{
		Time: begun,
		// What was sent to the original from here on is not known here.
		Watch: &heartbeat.Watch{Mark: begun},
		Items: func(yield func(transfer.Item, error) bool) {
			for item, err := range scan(ctx, cfg) {
				if err != nil {
					yield(transfer.Item{}, err)
					return
				}
				counted.Items++
				check, err := counted.take(cfg, item)
				if err != nil || check != nil {
					if !yield(transfer.Item{Check: check}, err) || err != nil {
						return
					}
				}
			}
		},
	}, counted
}

// take makes a check of an item; nil for one that is quarantined.
func (c *Counted) take(cfg Config, item map[string]types.AttributeValue) (*transfer.Check, error) {
	pulse, problems := read(item, cfg.Now())
	var made made
	if problems == nil {
		made, problems = pulse.check(cfg.Zone, cfg.Now())
	}
	if problems != nil {
		c.Quarantined++
		return nil, cfg.Quarantine(Quarantined{ID: pulse.id, Problems: problems, Item: plainItem(item)})
	}
	switch {
	case made.check.Status == heartbeat.StatusDown:
		c.Down = append(c.Down, made.check.Names)
	case made.late:
		c.Late = append(c.Late, made.check.Names)
	}
	return made.check, nil
}

// scan reads all items of the table.
func scan(ctx context.Context, cfg Config) func(func(map[string]types.AttributeValue, error) bool) {
	client := dynamodb.NewFromConfig(cfg.AWS, func(o *dynamodb.Options) {
		o.HTTPClient = awshttp.OwnBody{Next: transport.NewBuildableClient().WithTimeout(pageTime)}
		o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) { r.MaxAttempts = pageTries })
		if cfg.Endpoint != "" {
			o.BaseEndpoint = aws.String(cfg.Endpoint)
			o.Credentials = aws.CredentialsProviderFunc(anyKeys)
		}
	})
	return func(yield func(map[string]types.AttributeValue, error) bool) {
		pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{
			TableName: &cfg.Table, ConsistentRead: aws.Bool(true),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(nil, explain(cfg, err))
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// anyKeys are credentials for an emulator, which takes any.
func anyKeys(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "none", SecretAccessKey: "none", Source: "emulator"}, nil
}

func explain(cfg Config, err error) error {
	if missing := new(types.ResourceNotFoundException); errors.As(err, &missing) {
		return fmt.Errorf("there is no table %s in region %s: name it with --table, and its region with --region",
			cfg.Table, cfg.AWS.Region)
	}
	return fmt.Errorf("read table %s: %w", cfg.Table, err)
}
