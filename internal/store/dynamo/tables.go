package dynamo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// tablesTime is how long it may take until new tables can be used.
const tablesTime = 2 * time.Minute

// CreateTables makes the tables that are missing, paid by request. It is for
// tests and for trying things out: what is deployed also has backups and is
// protected from deletion.
func CreateTables(ctx context.Context, cfg Config) error {
	client := newClient(cfg)
	state := &dynamodb.CreateTableInput{
		TableName:            aws.String(cfg.Prefix + stateSuffix),
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String(keyCheck), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String(keyCheck), KeyType: types.KeyTypeHash}},
	}
	log := &dynamodb.CreateTableInput{
		TableName: aws.String(cfg.Prefix + logSuffix),
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(keyRow), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String(keyAt), AttributeType: types.ScalarAttributeTypeN},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(keyRow), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String(keyAt), KeyType: types.KeyTypeRange},
		},
	}
	for _, in := range []*dynamodb.CreateTableInput{state, log} {
		in.BillingMode = types.BillingModePayPerRequest
		if err := createTable(ctx, client, in); err != nil {
			return fmt.Errorf("dynamo: create table %s: %w", *in.TableName, err)
		}
	}
	return expire(ctx, client, *log.TableName)
}

func createTable(ctx context.Context, client *dynamodb.Client, in *dynamodb.CreateTableInput) error {
	_, err := client.CreateTable(ctx, in)
	if exists := new(types.ResourceInUseException); err != nil && !errors.As(err, &exists) {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, tablesTime)
	defer cancel()
	for i := 0; ; i++ {
		out, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: in.TableName})
		if err != nil {
			return err
		}
		if out.Table.TableStatus == types.TableStatusActive {
			return nil
		}
		if err := pause(ctx, i); err != nil {
			return err
		}
	}
}

// expire turns the log's time to live on, where that is known.
func expire(ctx context.Context, client *dynamodb.Client, table string) error {
	_, err := client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: &table,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String(attrExpires), Enabled: aws.Bool(true),
		},
	})
	var api smithy.APIError
	if errors.As(err, &api) {
		unknown := api.ErrorCode() == "UnknownOperationException" // to some emulators
		if unknown || strings.Contains(api.ErrorMessage(), "already enabled") {
			return nil
		}
	}
	return err
}
