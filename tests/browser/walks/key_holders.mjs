// Who signs in with a project's key finds what its scopes allow, and nothing else.
import { DIAGONAL } from '../kit/looks.mjs';
import { makeProject, signIn } from '../kit/people.mjs';
import { api, call, site } from '../kit/site.mjs';
import { walk } from '../kit/walk.mjs';

await makeProject('standard', 'acme');
const endpoint = await api('acme', 'POST', '/v1/tenants/t1/endpoints', { url: 'https://hooks.t1.example/in' });
const event = await api('acme', 'POST', '/v1/events', { tenant: 't1', type: 'contact.created', data: { id: 1 } });
const base = '/dashboard/p/acme/live';
const webhook = `${base}/tenants/t1/webhooks/${endpoint.id}`;

async function keyFor(scopes, more = {}) {
  const made = await call(site.root_key, 'POST', '/v1/projects/acme/keys', { mode: 'live', scopes, ...more });
  return made.key;
}
const reader = await keyFor(['webhooks:read']);
const sender = await keyFor(['events:write']);
const customer = await keyFor(['*'], { tenant: 't1' });

await walk(async (visit) => {
  const { page, context, eyes, open, go, see } = visit;
  const offers = async (path, names) => {
    await go(path);
    const seen = await page.locator('main a, main button, main summary').allInnerTexts();
    return names.filter((name) => seen.some((text) => text.trim().startsWith(name)));
  };
  const changes = ['Create', 'New type', 'Edit', 'Delete', 'Disable', 'Enable', 'Send', 'Replay', 'Rotate', 'Reveal',
    'Make a portal link', 'Cancel', 'Erase'];

  // One that may only look.
  await signIn(visit, base, reader);
  await page.waitForURL(`**${base}`);
  await see();
  const places = await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allInnerTexts();
  for (const none of ['API keys', 'Project settings', 'All projects', 'Nodes', 'Test']) {
    if (places.includes(none)) throw new Error(`${none} is offered to a reader`);
  }
  const pages = ['/tenants', '/tenants/t1', '/tenants/t1/webhooks', '/catalogue', '/deliveries', `/events/${event.id}`];
  for (const path of [...pages.map((page) => base + page), webhook]) {
    const offered = await offers(path, changes);
    if (offered.length > 0) throw new Error(`${path} offers a reader ${offered}`);
  }
  for (const path of [`${webhook}/edit`, `${base}/tenants/t1/webhooks/new`, `${base}/catalogue/new`, `${base}/keys`, '/dashboard/nodes',
    '/dashboard/projects', '/dashboard/p/acme/test']) {
    eyes.allow(403, 404);
    const refused = await go(path);
    if (![403, 404].includes(refused.status())) throw new Error(`${path}: ${refused.status()} for a reader`);
    eyes.allowNone();
  }

  // One that may only send, and a customer's, open no page here: it is said why, and where to go.
  await context.clearCookies();
  eyes.allow(403);
  for (const [key, why] of [[sender, 'lacks the scope webhooks:read'], [customer, 'make a link to the portal']]) {
    await open(base);
    await page.getByLabel('API key or root key').fill(key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText(why).waitFor();
    await see();
  }
}, { looks: DIAGONAL });
