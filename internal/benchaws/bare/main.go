// Command bare does to DynamoDB what a pulse does, one UpdateItem and one PutItem,
// and nothing else: what pulses are compared with. It reads no settings of the
// request, permits everybody, and does not notice a lost answer.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type bare struct {
	client     *dynamodb.Client
	state, log string
}

func main() {
	tables := os.Getenv("HEARTBEAT_TABLES")
	lambda.Start(bare{
		state: tables + "-state", log: tables + "-log",
		client: dynamodb.New(dynamodb.Options{
			Region: os.Getenv("AWS_REGION"), BaseEndpoint: aws.String(os.Getenv("HEARTBEAT_DYNAMODB_ENDPOINT")),
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{
					AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
					SessionToken: os.Getenv("AWS_SESSION_TOKEN"),
				}, nil
			}),
		}),
	})
}

// Invoke implements [lambda.Handler].
func (b bare) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var event struct {
		Query string `json:"rawQueryString"`
	}
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(event.Query))
	id := &types.AttributeValueMemberS{Value: hex.EncodeToString(sum[:])}
	now := &types.AttributeValueMemberN{Value: strconv.FormatInt(time.Now().UnixNano(), 10)}
	_, err := b.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &b.state, Key: map[string]types.AttributeValue{"_id": id},
		UpdateExpression:         aws.String("SET #lp = :lp ADD #n :one"),
		ConditionExpression:      aws.String("attribute_not_exists(#lp) OR #lp < :lp"),
		ExpressionAttributeNames: map[string]string{"#lp": "lp", "#n": "n"},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":lp": now, ":one": &types.AttributeValueMemberN{Value: "1"},
		},
		ReturnValues: types.ReturnValueAllOld,
	})
	if err != nil {
		return nil, err
	}
	_, err = b.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &b.log, Item: map[string]types.AttributeValue{
			"id": id, "at": now, "k": &types.AttributeValueMemberS{Value: "success"},
			"me": &types.AttributeValueMemberS{Value: "GET"}, "ad": &types.AttributeValueMemberS{Value: "203.0.113.7"},
		},
	})
	return []byte(`{"statusCode":200,"body":"OK"}`), err
}
