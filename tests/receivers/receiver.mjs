// A receiver as a customer writes it, by what the document of its contract says of signatures.
// node receiver.mjs CONTRACT SECRET prints where it listens; it answers 200 with the names of the events, or 401.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const [contract, secret] = process.argv.slice(2);

const hmac = (key, ...parts) => {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return mac.digest();
};
const same = (given, made) => given.length === made.length && timingSafeEqual(given, made);

// ScendCore, "Verifying Signatures": the header is sha256= and the hex of the HMAC of the body.
function scendcore(headers, body) {
  const made = `sha256=${hmac(secret, body).toString("hex")}`;
  return same(Buffer.from(headers["x-scendcore-signature"] ?? ""), Buffer.from(made));
}

// Scopien, "Signature Format" and "Verification Process": sha256= is taken off, then the hex is compared.
function scopien(headers, body) {
  const given = headers["x-scopien-signature"] ?? "";
  const hex = given.startsWith("sha256=") ? given.slice("sha256=".length) : "";
  return same(Buffer.from(hex), Buffer.from(hmac(secret, body).toString("hex")));
}

// Standard Webhooks 1.0, "Verifying webhook authenticity": id, time and body are signed; any of the signatures may fit.
function standardWebhooks(headers, body) {
  const id = headers["webhook-id"];
  const time = headers["webhook-timestamp"];
  if (!(Math.abs(Date.now() / 1000 - Number(time)) <= 300)) return false;
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const made = hmac(key, `${id}.${time}.`, body);
  const given = (headers["webhook-signature"] ?? "").split(" ").filter((one) => one.startsWith("v1,"));
  return given.some((one) => same(Buffer.from(one.slice("v1,".length), "base64"), made));
}

const isGenuine = {
  scendcore,
  scopien,
  "lead-intake": standardWebhooks,
  backend: standardWebhooks,
  standard: standardWebhooks,
}[contract];

function names(body) {
  const message = JSON.parse(body);
  return (message.events ?? [message]).map((event) => event.event ?? event.type).join(" ");
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (isGenuine(request.headers, body)) {
    response.end(names(body));
  } else {
    response.writeHead(401).end("bad signature");
  }
});
server.listen(0, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
