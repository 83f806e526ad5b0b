package dynamo

// For the tests of what is sent.
var (
	Expressions = expressions
	Size        = size
)
