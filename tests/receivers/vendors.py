"""A receiver that verifies with Stripe's own published library: vendors.py stripe SECRET.

Prints where it listens; answers 200 with the name of the event, or 401.
"""

import sys

import stripe
from flask import Flask, request
from werkzeug.serving import make_server

contract, secret = sys.argv[1:]
assert contract == "stripe"
app = Flask(__name__)


@app.post("/hook")
def receive():
    try:
        event = stripe.Webhook.construct_event(request.get_data(), request.headers["Stripe-Signature"], secret)
    except stripe.SignatureVerificationError as error:
        return str(error), 401
    return event.type


server = make_server("127.0.0.1", 0, app)
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
