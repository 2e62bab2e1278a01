⟦signed⟧
// Receives the webhooks of ⟨sender⟩: checks that each is genuine, answers at once, takes each event once.
// Node.js 18 or later, nothing to install. Save it as receiver.mjs and run:
//   WEBHOOK_SECRET='…' PORT=3000 node receiver.mjs
⟦/⟧
⟦!signed⟧
// Receives the webhooks of ⟨sender⟩, which are NOT SIGNED: nothing in a request proves who sent it. So
// - keep the URL secret and let it end in a long random token (openssl rand -hex 32);
// - allow only the sender's addresses, in your firewall or proxy;
// - before you act on what matters, ask the sender's API whether it is true.
// Node.js 18 or later, nothing to install. Save it as receiver.mjs and run:
//   WEBHOOK_TOKEN='…' PORT=3000 node receiver.mjs
⟦/⟧
import { ⟨imports⟩ } from "node:crypto";
import { createServer } from "node:http";

⟦signed⟧
// The webhook's secret. During a rotation the one before may stand beside it.
const secrets = [process.env.WEBHOOK_SECRET, process.env.WEBHOOK_SECRET_BEFORE].filter(Boolean);
if (secrets.length === 0) throw new Error("WEBHOOK_SECRET is not set");
⟦both⟧
const isPublic = (secret) => secret.startsWith(⟨public⟩);
⟦/⟧
⟦utf8⟧
const utf8Keys = ⟨hmac secrets⟩;
⟦/⟧
⟦base64⟧
// The key is the base64 after the prefix.
const base64Keys = ⟨hmac secrets⟩.map((secret) => {
  const key = Buffer.from(secret.slice(⟨prefix⟩.length), "base64");
  if (!secret.startsWith(⟨prefix⟩) || key.length < 24) throw new Error(⟨wrong secret⟩);
  return key;
});
⟦/⟧
⟦ed25519⟧
// A webhook that signs with ed25519 has a public key in place of a secret.
const ed25519Keys = ⟨public keys⟩.map((secret) => {
  const x = Buffer.from(secret.slice(⟨public⟩.length), "base64").toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
});
⟦/⟧
⟦/⟧
⟦!signed⟧
const token = process.env.WEBHOOK_TOKEN ?? "";
if (token.length < 32) throw new Error("WEBHOOK_TOKEN needs 32 characters or more");

// Hashes are of one length, so the time that comparing them takes tells nothing of the token.
const hash = (text) => createHash("sha256").update(text).digest();
function knowsToken(url) {
  const path = url.split("?")[0];
  return timingSafeEqual(hash(path.slice(path.lastIndexOf("/") + 1)), hash(token));
}
⟦/⟧

const LONGEST_BODY = 32 * 1024 * 1024;

⟦time⟧
// An older request may have been recorded by somebody and sent again.
const TOLERANCE_SECONDS = ⟨tolerance⟩;
const isRecent = (timestamp) => Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE_SECONDS;

⟦/⟧
⟦hmac⟧
function hmacFits(keys, content, signature) {
  return keys.some((key) => timingSafeEqual(createHmac("sha256", key).update(content).digest(), signature));
}

⟦/⟧
⟦ed25519⟧
function ed25519Fits(keys, content, signature) {
  return keys.some((key) => verify(null, content, key, signature));
}

⟦/⟧
⟨checks⟩

// This is where your work begins. The request is answered meanwhile: take the time you need.
async function handle(type, event) {
  console.log(type, JSON.stringify(event));
}

function queue(type, event) {
  setImmediate(() => handle(type, event).catch(console.error));
}

⟦once⟧
// An event may come again: after a retry, or when somebody sends it anew. A table of your database with the id as its
// key is the better memory: it outlives the process.
const seen = new Set();
function isNew(id) {
  if (seen.has(id)) return false;
  seen.add(id);
  if (seen.size > 10_000) seen.delete(seen.values().next().value);
  return true;
}

⟦/⟧
⟦!once⟧
// An event may come again, after a retry or when somebody sends it anew, and has nothing to be known by: doing the work
// twice must do no harm.
⟦/⟧
⟦!batch⟧
function take(headers, body) {
  const event = JSON.parse(body);
  ⟨once request⟩
  ⟨once event⟩
  queue(⟨type⟩, event);
}
⟦/⟧
⟦batch⟧
// One event, or several in one request.
function take(headers, body) {
  const message = JSON.parse(body);
  ⟨once request⟩
  for (const event of ⟨list⟩) {
    ⟨once event⟩
    queue(⟨type⟩, event);
  }
}
⟦/⟧

async function read(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LONGEST_BODY) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function answer(request) {
  ⟦!signed⟧
  if (!knowsToken(request.url)) return 404;
  ⟦/⟧
  if (request.method !== "POST") return 405;
  const body = await read(request);
  if (body === null) return 413;
  ⟦signed⟧
  if (!isGenuine(request.headers, body)) return 401;
  ⟦/⟧
  try {
    take(request.headers, body);
  } catch {
    return 400;
  }
  return ⟨taken⟩;
}

const server = createServer(async (request, response) => {
  const status = await answer(request).catch(() => 400);
  response.writeHead(status).end();
});
server.listen(Number(process.env.PORT ?? 3000), () => console.log(`listening on port ${server.address().port}`));
