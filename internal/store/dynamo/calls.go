package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// call is one of the client's methods.
type call[In, Out any] func(context.Context, *In, ...func(*dynamodb.Options)) (*Out, error)

// calls are the methods of the client that a store uses. They are kept in place
// of the client, because the linker keeps all methods of a type that reflection
// could reach, which is any that a store has in a field, wherever templates are
// linked in too: the other fifty made functions a tenth larger.
type calls struct {
	BatchGetItem call[dynamodb.BatchGetItemInput, dynamodb.BatchGetItemOutput]
	DeleteItem   call[dynamodb.DeleteItemInput, dynamodb.DeleteItemOutput]
	GetItem      call[dynamodb.GetItemInput, dynamodb.GetItemOutput]
	PutItem      call[dynamodb.PutItemInput, dynamodb.PutItemOutput]
	Query        call[dynamodb.QueryInput, dynamodb.QueryOutput]
	Scan         call[dynamodb.ScanInput, dynamodb.ScanOutput]
	UpdateItem   call[dynamodb.UpdateItemInput, dynamodb.UpdateItemOutput]
}

func callsOf(c *dynamodb.Client) calls {
	return calls{
		BatchGetItem: c.BatchGetItem,
		DeleteItem:   c.DeleteItem,
		GetItem:      c.GetItem,
		PutItem:      c.PutItem,
		Query:        c.Query,
		Scan:         c.Scan,
		UpdateItem:   c.UpdateItem,
	}
}
