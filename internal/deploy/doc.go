// Package deploy puts Heartbeat into an AWS account and keeps it there: one
// CloudFormation stack, the bucket that its code comes from, and four secrets in
// the Parameter Store of Systems Manager.
//
// Nothing is changed before it was shown and agreed to: a change set is made of
// the embedded template and of the settings, its changes are listed, and only
// then come bucket, secrets and execution. A change set that is not executed is
// deleted again, and with it the stack that CloudFormation begins for it.
//
// A setting that is not given keeps its value from the deployment before, so
// that an upgrade is the same command without any flag.
package deploy
