// Verifies a delivery with the published Standard Webhooks package: reads one JSON object on standard input.
const { readFileSync } = require("node:fs");
const { Webhook } = require("standardwebhooks");

const given = JSON.parse(readFileSync(0, "utf8"));
const webhook = new Webhook(given.secret);
webhook.verify(given.body, given.headers);
let altered = true;
try {
  webhook.verify(given.body + " ", given.headers);
} catch {
  altered = false;
}
if (altered) {
  console.error("an altered body was verified too");
  process.exit(1);
}
console.log("verified");
