"""Verifies a delivery with the published Standard Webhooks package: reads one JSON object on standard input."""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

given = json.load(sys.stdin)
webhook = Webhook(given["secret"])
webhook.verify(given["body"], given["headers"])
try:
    webhook.verify(given["body"] + " ", given["headers"])
except WebhookVerificationError:
    print("verified")
else:
    sys.exit("an altered body was verified too")
