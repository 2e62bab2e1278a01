// The portal in an iframe of the product's own pages: where the project allows their origin, and nowhere else.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';

import { looks } from '../kit/looks.mjs';
import { makeProject, portalLink } from '../kit/people.mjs';
import { api, arrived, site } from '../kit/site.mjs';
import { walk } from '../kit/walk.mjs';
import { eventBox, nameField, send } from '../kit/webhooks.mjs';

// The product's page: another site than the server's, for that is 127.0.0.1 by its address.
const PRODUCT = `<!doctype html><html lang="en"><head><title>Product</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>body { margin: 0 } iframe { display: block; width: 100%; height: 95vh; border: 0 } h1 { margin: 0; font-size: 1rem }</style></head>
<body><main><h1>Product</h1><iframe title="Webhooks"></iframe></main></body></html>`;
const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(PRODUCT));
server.listen(0, 'localhost');
await once(server, 'listening');
const product = `http://localhost:${server.address().port}`;
site.origins = [product];

const project = 'freight';
await makeProject('standard', project, { name: 'Northwind Freight', settings: { allowed_origins: [product] } });
await api(project, 'PUT', '/v1/event-types/shipment.created', { description: 'A shipment was booked' });
await makeProject('standard', 'closed', { name: 'Closed' });

await walk(async (visit) => {
  const { page, context, look, eyes, see } = visit;
  const tenant = `shop-${look.name}`;
  const host = `${look.name}.shop.example`;
  const embed = async (url) => {
    await page.goto(product);
    await page.locator('iframe').evaluate((frame, address) => { frame.src = address; }, url);
    return page.frameLocator('iframe');
  };

  // Allowed: everything works as in a window of its own.
  const url = await portalLink(project, tenant);
  const portal = await embed(url);
  await portal.getByRole('link', { name: 'Create Webhook' }).click();
  const [cookie] = await context.cookies();
  assert.deepEqual([cookie.sameSite, cookie.secure, cookie.httpOnly, !!cookie.partitionKey], ['None', true, true, true]);
  await nameField(portal).fill('Embedded');
  await portal.getByLabel('URL').fill(`https://${host}/in`);
  await portal.getByRole('radio', { name: 'Only these:' }).check();
  await eventBox(portal, 'shipment.created').check();
  await see();
  await portal.getByRole('button', { name: 'Create', exact: true }).click();
  await portal.getByText('The webhook is ready.').waitFor();
  await portal.getByRole('link', { name: 'Continue' }).click();
  await portal.getByText('Nothing was sent yet.').waitFor();
  // Live there too.
  await send(project, { tenant, type: 'shipment.created' });
  await arrived(host, 1);
  await portal.locator('ul.deliveries > li').getByText('200 OK').waitFor();
  await see();

  // What went wrong is said in the frame as well: a link that was used, a session that is not there.
  eyes.allow(410, 401);
  await (await embed(url)).getByRole('heading', { name: 'This link was used before' }).waitFor();
  await see();
  await context.clearCookies();
  await (await embed(`${site.base}/portal/webhooks`)).getByRole('heading', { name: 'Your session has ended' }).waitFor();
  eyes.allowNone();

  // Not allowed: the browser shows nothing of it.
  eyes.expect(/frame-ancestors 'none'|ERR_BLOCKED_BY_RESPONSE/);
  await embed(await portalLink('closed', tenant));
  await eyes.expected();
  assert.ok(!page.frames().some((frame) => frame.url().startsWith(site.base)), 'nothing of the portal is shown');
}, { looks: looks('phone-dark', 'desktop-light') });
