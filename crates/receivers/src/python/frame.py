⟦signed⟧
# Receives the webhooks of ⟨sender⟩: checks that each is genuine, answers at once, takes each event once.
# Python 3.9 or later, nothing to install. Save it as receiver.py and run:
#   WEBHOOK_SECRET='…' PORT=3000 python3 receiver.py
⟦ed25519⟧
# For a webhook that signs with ed25519 (its secret begins with ⟨public prefix⟩): pip install cryptography
⟦/⟧
⟦/⟧
⟦!signed⟧
# Receives the webhooks of ⟨sender⟩, which are NOT SIGNED: nothing in a request proves who sent it. So
# - keep the URL secret and let it end in a long random token (openssl rand -hex 32);
# - allow only the sender's addresses, in your firewall or proxy;
# - before you act on what matters, ask the sender's API whether it is true.
# Python 3.9 or later, nothing to install. Save it as receiver.py and run:
#   WEBHOOK_TOKEN='…' PORT=3000 python3 receiver.py
⟦/⟧
⟨imports⟩

⟦signed⟧
# The webhook's secret. During a rotation the one before may stand beside it.
SECRETS = [os.environ[name] for name in ("WEBHOOK_SECRET", "WEBHOOK_SECRET_BEFORE") if os.environ.get(name)]
if not SECRETS:
    sys.exit("WEBHOOK_SECRET is not set")
⟦utf8⟧
UTF8_KEYS = [secret.encode() for secret in ⟨hmac secrets⟩]
⟦/⟧
⟦base64⟧


def base64_key(secret):
    key = base64.b64decode(secret.removeprefix(⟨prefix⟩))
    if not secret.startswith(⟨prefix⟩) or len(key) < 24:
        sys.exit(⟨wrong secret⟩)
    return key


BASE64_KEYS = [base64_key(secret) for secret in ⟨hmac secrets⟩]
⟦/⟧
⟦ed25519⟧
# A webhook that signs with ed25519 has a public key in place of a secret.
PUBLIC_KEYS = [base64.b64decode(secret.removeprefix(⟨public⟩)) for secret in SECRETS if secret.startswith(⟨public⟩)]
⟦/⟧
⟦/⟧
⟦!signed⟧
TOKEN = os.environ.get("WEBHOOK_TOKEN", "")
if len(TOKEN) < 32:
    sys.exit("WEBHOOK_TOKEN needs 32 characters or more")
⟦/⟧

LONGEST_BODY = 32 * 1024 * 1024

⟦time⟧
# An older request may have been recorded by somebody and sent again.
TOLERANCE_SECONDS = ⟨tolerance⟩


def is_recent(timestamp):
    is_number = re.fullmatch(r"[0-9]{1,15}", timestamp)
    return bool(is_number) and abs(time.time() - int(timestamp)) <= TOLERANCE_SECONDS
⟦/⟧
⟦hmac⟧


def hmac_fits(keys, content, signature):
    return any(hmac.compare_digest(hmac.digest(key, content, "sha256"), signature) for key in keys)
⟦/⟧
⟦ed25519⟧


def ed25519_fits(keys, content, signature):
    if not keys:
        return False
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    for key in keys:
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, content)
            return True
        except InvalidSignature:
            pass
    return False
⟦/⟧
⟦signed⟧


⟨checks⟩
⟦/⟧


# This is where your work begins. The request is answered meanwhile: take the time you need.
def handle(kind, event):
    print(kind, json.dumps(event), flush=True)


work = queue.Queue(maxsize=1000)


def work_on():
    while True:
        kind, event = work.get()
        try:
            handle(kind, event)
        except Exception:
            traceback.print_exc()


⟦once⟧
# An event may come again: after a retry, or when somebody sends it anew. A table of your database with the id as its
# key is the better memory: it outlives the process.
seen = OrderedDict()
seen_lock = threading.Lock()


def is_new(event_id):
    with seen_lock:
        if event_id in seen:
            return False
        seen[event_id] = True
        if len(seen) > 10_000:
            seen.popitem(last=False)
        return True
⟦/⟧
⟦!once⟧
# An event may come again, after a retry or when somebody sends it anew, and has nothing to be known by: doing the work
# twice must do no harm.
⟦/⟧


⟦!batch⟧
def take(headers, body):
    event = json.loads(body)
    ⟨once request⟩
    ⟨once event⟩
    work.put((⟨type⟩, event))
⟦/⟧
⟦batch⟧
# One event, or several in one request.
def take(headers, body):
    message = json.loads(body)
    ⟨once request⟩
    for event in ⟨list⟩:
        ⟨once event⟩
        work.put((⟨type⟩, event))
⟦/⟧


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(self.answer())
        self.end_headers()

    def answer(self):
        ⟦!signed⟧
        token = self.path.split("?")[0].rpartition("/")[2]
        if not hmac.compare_digest(token.encode(), TOKEN.encode()):
            return 404
        ⟦/⟧
        size = self.headers.get("content-length", "")
        if not size.isdecimal():
            return 411
        if int(size) > LONGEST_BODY:
            return 413
        body = self.rfile.read(int(size))
        ⟦signed⟧
        if not is_genuine(self.headers, body):
            return 401
        ⟦/⟧
        try:
            take(self.headers, body)
        except (ValueError, TypeError, AttributeError):
            return 400
        return ⟨taken⟩

    def log_message(self, *details):
        pass


threading.Thread(target=work_on, daemon=True).start()
server = ThreadingHTTPServer(("", int(os.environ.get("PORT", "3000"))), Receiver)
print(f"listening on port {server.server_port}", flush=True)
server.serve_forever()
