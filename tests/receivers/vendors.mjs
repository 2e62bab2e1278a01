// Receivers that verify with the vendors' own published libraries: node --input-type=module - CONTRACT SECRET, in the
// folder of the packages. Prints where it listens; answers 200 with the name of the event, or 401.
import { createServer } from "node:http";
import { verify } from "@octokit/webhooks-methods";
import Stripe from "stripe";

const [contract, secret] = process.argv.slice(2);
const client = new Stripe("sk_test_unused");

async function stripe(headers, body) {
  return client.webhooks.constructEvent(body, headers["stripe-signature"], secret).type;
}

async function github(headers, body) {
  const isGenuine = await verify(secret, body.toString("utf8"), headers["x-hub-signature-256"]);
  if (!isGenuine) throw new Error("not genuine");
  return headers["x-github-event"];
}

const open = { stripe, github }[contract];

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    response.end(await open(request.headers, Buffer.concat(chunks)));
  } catch (error) {
    response.writeHead(401).end(String(error));
  }
});
server.listen(0, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
