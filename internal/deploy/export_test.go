package deploy

import (
	"io"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// For the tests of what is decided without AWS.
var (
	ShowChanges = func(w io.Writer, changes []Change) { showChanges(w, changes) }
	ChangeOf    = func(r *types.ResourceChange) Change { return changeOf(r) }
	Known       = known
	Readable    = readable
	BucketName  = bucketName
	Parameters  = parameters
	ShowLoad    = Load.show
)

// MayDeploy tells why this program must not deploy over the stack.
func (s Stack) MayDeploy() error { return s.mayDeploy() }
