package deploy

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// Secrets are the words that a deployment keeps in the Parameter Store. In what
// is asked for, an empty one stays as it is.
type Secrets struct {
	// Secret opens the dashboard, PingKey stands in the URL of every pulse. Both are
	// made at the first deployment.
	Secret, PingKey string
	// SlackWebhooks and Webhooks are URLs that messages are posted to.
	SlackWebhooks, Webhooks []string
}

// ReadSecrets returns what the Parameter Store keeps of a stack.
func (d *Deployer) ReadSecrets(ctx context.Context) (Secrets, error) {
	kept := make(map[string]string)
	path := parameterPath(d.stack)
	pages := ssm.NewGetParametersByPathPaginator(d.parameters, &ssm.GetParametersByPathInput{Path: &path, WithDecryption: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return Secrets{}, d.env.Explain(fmt.Errorf("read the secrets below %s: %w", path, err))
		}
		for _, p := range page.Parameters {
			kept[strings.TrimPrefix(aws.ToString(p.Name), path+"/")] = aws.ToString(p.Value)
		}
	}
	return Secrets{
		Secret: kept[nameSecret], PingKey: kept[namePingKey],
		SlackWebhooks: strings.Fields(kept[nameSlackWebhook]), Webhooks: strings.Fields(kept[nameWebhook]),
	}, nil
}

// writeSecrets stores what differs from kept and returns what then is in force.
// A secret or ping key that nobody has named is a new word.
func (d *Deployer) writeSecrets(ctx context.Context, kept, asked Secrets, newWord func() string) (Secrets, error) {
	now := Secrets{
		Secret:        cmp.Or(asked.Secret, kept.Secret, newWord()),
		PingKey:       cmp.Or(asked.PingKey, kept.PingKey, newWord()),
		SlackWebhooks: orList(asked.SlackWebhooks, kept.SlackWebhooks),
		Webhooks:      orList(asked.Webhooks, kept.Webhooks),
	}
	for _, p := range []struct{ name, value, kept string }{
		{nameSecret, now.Secret, kept.Secret},
		{namePingKey, now.PingKey, kept.PingKey},
		{nameSlackWebhook, lines(now.SlackWebhooks), lines(kept.SlackWebhooks)},
		{nameWebhook, lines(now.Webhooks), lines(kept.Webhooks)},
	} {
		if p.value == p.kept {
			continue
		}
		if err := d.writeSecret(ctx, p.name, p.value); err != nil {
			return now, err
		}
	}
	return now, nil
}

func (d *Deployer) writeSecret(ctx context.Context, name, value string) error {
	full := parameterPath(d.stack) + "/" + name
	_, err := d.parameters.PutParameter(ctx, &ssm.PutParameterInput{
		Name: &full, Value: &value, Type: types.ParameterTypeSecureString, Overwrite: aws.Bool(true),
		Tier: types.ParameterTierStandard, Description: aws.String("Heartbeat"),
	})
	if err != nil {
		return fmt.Errorf("store the secret %s: %w", full, err)
	}
	_, err = d.parameters.AddTagsToResource(ctx, &ssm.AddTagsToResourceInput{
		ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: &full,
		Tags: []types.Tag{{Key: aws.String(tagKey), Value: &d.stack}},
	})
	if err != nil {
		return fmt.Errorf("tag the secret %s: %w", full, err)
	}
	return nil
}

// removeSecrets deletes all secrets of the stack.
func (d *Deployer) removeSecrets(ctx context.Context) error {
	var names []string
	for _, name := range []string{nameSecret, namePingKey, nameSlackWebhook, nameWebhook} {
		names = append(names, parameterPath(d.stack)+"/"+name)
	}
	if _, err := d.parameters.DeleteParameters(ctx, &ssm.DeleteParametersInput{Names: names}); err != nil {
		return fmt.Errorf("delete the secrets below %s: %w", parameterPath(d.stack), err)
	}
	return nil
}

func lines(urls []string) string { return strings.Join(urls, "\n") }

func orList(asked, kept []string) []string {
	if len(asked) > 0 {
		return asked
	}
	return kept
}
