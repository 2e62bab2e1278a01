"""A receiver as a customer writes it with Flask, by what the document of its contract says of signatures.

receiver.py CONTRACT SECRET prints where it listens; it answers 200 with the names of the events, or 401.
"""

import base64
import hashlib
import hmac
import json
import sys
import time

from flask import Flask, request
from werkzeug.serving import make_server

contract, secret = sys.argv[1:]
app = Flask(__name__)


def made_over(key, content):
    return hmac.new(key, content, hashlib.sha256)


def scendcore(headers, body):
    """ScendCore, "Verifying Signatures": the header is sha256= and the hex of the HMAC of the body."""
    made = "sha256=" + made_over(secret.encode(), body).hexdigest()
    return hmac.compare_digest(headers.get("X-ScendCore-Signature", ""), made)


def scopien(headers, body):
    """Scopien, "Signature Format" and "Verification Process": sha256= is taken off, then the hex is compared."""
    scheme, _, given = headers.get("X-Scopien-Signature", "").partition("=")
    return scheme == "sha256" and hmac.compare_digest(given, made_over(secret.encode(), body).hexdigest())


def standard_webhooks(headers, body):
    """Standard Webhooks 1.0: id, time and body are signed; any of the signatures may fit."""
    message, at = headers.get("Webhook-Id", ""), headers.get("Webhook-Timestamp", "")
    if not at.isdigit() or abs(time.time() - int(at)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = base64.b64encode(made_over(key, f"{message}.{at}.".encode() + body).digest()).decode()
    given = headers.get("Webhook-Signature", "").split(" ")
    return any(hmac.compare_digest(one, "v1," + made) for one in given)


is_genuine = {
    "scendcore": scendcore,
    "scopien": scopien,
    "lead-intake": standard_webhooks,
    "backend": standard_webhooks,
    "standard": standard_webhooks,
}[contract]


@app.post("/hook")
def receive():
    body = request.get_data()
    if not is_genuine(request.headers, body):
        return "bad signature", 401
    message = json.loads(body)
    events = message.get("events", [message])
    return " ".join(event.get("event") or event["type"] for event in events)


server = make_server("127.0.0.1", 0, app)
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
