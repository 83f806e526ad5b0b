package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"heartbeat/internal/deploy/artefact"
)

// upload puts the artefact into the account's bucket, unless it is there. Every
// call says whose the bucket must be: its name can be guessed, and whoever else
// had it could exchange the code.
func (d *Deployer) upload(ctx context.Context, code artefact.Artefact) error {
	bucket, key := bucketName(d.account, d.env.Region()), codeKey(d.stack, code.Sum())
	if err := d.ensureBucket(ctx, bucket); err != nil {
		return err
	}
	_, err := d.objects.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key, ExpectedBucketOwner: &d.account})
	if err == nil {
		return nil
	}
	if status(err) != http.StatusNotFound {
		return fmt.Errorf("look for the code in bucket %s: %w", bucket, err)
	}
	_, err = d.objects.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, ExpectedBucketOwner: &d.account,
		Body: bytes.NewReader(code.Zip), ContentType: aws.String("application/zip"),
	})
	if err != nil {
		return fmt.Errorf("upload the code to bucket %s: %w", bucket, err)
	}
	return nil
}

// ensureBucket makes the bucket if it is missing. One that could not be protected
// does not stay.
func (d *Deployer) ensureBucket(ctx context.Context, bucket string) error {
	_, err := d.objects.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket, ExpectedBucketOwner: &d.account})
	switch {
	case err == nil:
		return nil
	case status(err) == http.StatusForbidden:
		return fmt.Errorf("bucket %s is not this account's, or this deployer may not read it: %w", bucket, err)
	case status(err) != http.StatusNotFound:
		return fmt.Errorf("look for bucket %s: %w", bucket, err)
	}
	in := &s3.CreateBucketInput{Bucket: &bucket}
	if region := d.env.Region(); region != "us-east-1" { // which must not be named
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(region)}
	}
	if _, err := d.objects.CreateBucket(ctx, in); err != nil {
		return fmt.Errorf("make bucket %s: %w", bucket, err)
	}
	if err := d.protectBucket(ctx, bucket); err != nil {
		// Nothing is in it yet. Without it the next try begins here again.
		_, undo := d.objects.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &bucket, ExpectedBucketOwner: &d.account})
		return fmt.Errorf("set up bucket %s: %w", bucket, errors.Join(err, undo))
	}
	return nil
}

// protectBucket closes the bucket to the public, encrypts it and says whose it is.
func (d *Deployer) protectBucket(ctx context.Context, bucket string) error {
	_, err := d.objects.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
		Bucket: &bucket, ExpectedBucketOwner: &d.account,
		PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true),
			IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
		},
	})
	if err != nil {
		return err
	}
	_, err = d.objects.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{
		Bucket: &bucket, ExpectedBucketOwner: &d.account,
		ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{
			ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAes256},
		}}},
	})
	if err != nil {
		return err
	}
	_, err = d.objects.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{
		Bucket: &bucket, ExpectedBucketOwner: &d.account,
		Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("application"), Value: aws.String("heartbeat")}}},
	})
	return err
}

// removeCode deletes the stack's code, and the bucket if no other stack has some
// in it.
func (d *Deployer) removeCode(ctx context.Context) error {
	bucket := bucketName(d.account, d.env.Region())
	pages := s3.NewListObjectsV2Paginator(d.objects, &s3.ListObjectsV2Input{
		Bucket: &bucket, Prefix: aws.String(codeFolder(d.stack)), ExpectedBucketOwner: &d.account,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if status(err) == http.StatusNotFound {
			return nil
		}
		if err != nil {
			return fmt.Errorf("list the code in bucket %s: %w", bucket, err)
		}
		for _, object := range page.Contents {
			_, err := d.objects.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: object.Key, ExpectedBucketOwner: &d.account})
			if err != nil {
				return fmt.Errorf("delete the code in bucket %s: %w", bucket, err)
			}
		}
	}
	_, err := d.objects.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &bucket, ExpectedBucketOwner: &d.account})
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "BucketNotEmpty" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("delete bucket %s: %w", bucket, err)
	}
	return nil
}

// status is the HTTP status of a call's error, 0 if it had none: S3 answers some
// calls without a body to read a code from.
func status(err error) int {
	if answer := new(awshttp.ResponseError); errors.As(err, &answer) {
		return answer.HTTPStatusCode()
	}
	return 0
}
