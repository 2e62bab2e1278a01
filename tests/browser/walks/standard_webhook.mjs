// A webhook under the contract `standard`, from its making to its end, with everything that the contract offers.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';

import { makeProject, openPortal } from '../kit/people.mjs';
import { api, arrived } from '../kit/site.mjs';
import { walk } from '../kit/walk.mjs';
import { create, eventBox, nameField, openId, rows, send, toWebhooks } from '../kit/webhooks.mjs';

const project = 'freight';
await makeProject('standard', project, { name: 'Northwind Freight' });
for (const type of ['shipment.created', 'shipment.arrived', 'invoice.issued']) {
  await api(project, 'PUT', `/v1/event-types/${type}`, { description: `About ${type}`, example: { id: 'x_1' } });
}

await walk(async (visit) => {
  const { page, look, see } = visit;
  const tenant = `shop-${look.name}`;
  const host = `${look.name}.shop.example`;
  await openPortal(visit, project, tenant);

  // Create.
  await page.getByRole('link', { name: 'Create Webhook' }).click();
  await nameField(page).fill('Warehouse');
  await page.getByLabel('URL').fill(`https://${host}/in`);
  await page.getByLabel('Description').fill('What comes and goes');
  await page.getByRole('radio', { name: 'Only these:' }).check();
  await eventBox(page, 'shipment.*').check();
  await page.getByLabel('Other events').fill('customs.cleared\nweather.*');
  await page.getByText('Advanced', { exact: true }).click();
  await fillCondition(page);
  const header = page.getByRole('group', { name: 'Header 1' });
  await header.getByLabel('Name').fill('X-Site');
  await header.getByLabel('Value').fill('pier-4');
  await page.getByRole('checkbox', { name: 'Gather several events in one request' }).check();
  await page.getByLabel('Events in one request, at most').fill('2');
  await page.getByLabel('Longest wait for further events, in seconds').fill('60');
  await page.getByLabel('Requests per second, at most').fill('50');
  const kinds = await page.getByLabel('Signature', { exact: true }).locator('option').allInnerTexts();
  assert.deepEqual(kinds, ['Shared secret (HMAC-SHA256)', 'Key pair (Ed25519)']);
  await see();
  const secret = await create(visit);
  await see();
  const id = openId(page);
  const held = () => api(project, 'GET', `/v1/tenants/${tenant}/endpoints/${id}`);
  const { name, url, description, event_types, filter, headers, batch, rate_limit } = await held();
  assert.deepEqual({ name, url, description, event_types, filter, headers, batch, rate_limit }, {
    name: 'Warehouse',
    url: `https://${host}/in`,
    description: 'What comes and goes',
    event_types: ['shipment.*', 'customs.cleared', 'weather.*'],
    filter: { data: { weight_kg: { $gt: 100 } } },
    headers: { 'X-Site': 'pier-4' },
    batch: { max_size: 2, max_wait_seconds: 60 },
    rate_limit: { per_second: 50 },
  });

  // Two events that pass come in one request.
  const shipment = (weight_kg) => ({ tenant, type: 'shipment.created', data: { weight_kg } });
  await send(project, shipment(99), 0);
  await send(project, { tenant, type: 'invoice.issued', data: { weight_kg: 900 } }, 0);
  await send(project, shipment(812.5));
  await send(project, shipment(1240));
  const [request] = await arrived(host, 1);
  assert.deepEqual(JSON.parse(request.body).events.map((event) => event.data.weight_kg), [812.5, 1240]);
  assert.equal(request.headers['x-site'], 'pier-4');
  assertSigned(request, [secret]);
  await rows(page).nth(1).getByText('200 OK').waitFor();

  // Edit.
  await page.getByRole('link', { name: 'Edit', exact: true }).click();
  await page.getByRole('heading', { name: /^Edit/, level: 1 }).waitFor();
  await see();
  await nameField(page).fill('Warehouse at pier 4');
  await page.getByRole('checkbox', { name: 'Gather several events in one request' }).uncheck();
  await page.getByLabel('Order of events').selectOption({ label: 'all events in their order' });
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('status').getByText('Saved.').waitFor();
  await page.getByRole('heading', { name: 'Warehouse at pier 4', level: 1 }).waitFor();
  const edited = await held();
  assert.deepEqual([edited.batch ?? null, edited.ordering, edited.filter, edited.headers], [null, 'endpoint', filter, headers]);

  // Disable and enable.
  await page.getByRole('button', { name: 'Disable', exact: true }).click();
  await page.getByText('Disabled by hand.').waitFor();
  await see();
  assert.equal((await held()).enabled, false);
  await page.getByRole('button', { name: 'Enable', exact: true }).first().click();
  await page.getByRole('status').getByText('Enabled.').waitFor();
  assert.equal((await held()).enabled, true);

  // Rotate the secret: the new one is shown, this once, and signs beside the old one.
  await page.getByRole('link', { name: 'Rotate secret' }).click();
  await page.getByRole('heading', { name: /Rotate/, level: 1 }).waitFor();
  await see();
  await page.getByRole('button', { name: 'Rotate', exact: true }).click();
  await page.getByText('Requests are signed with a new secret from now on.').waitFor();
  await see();
  const rotated = (await page.getByRole('region', { name: 'Secret' }).innerText()).trim();
  assert.notEqual(rotated, secret);
  await page.getByRole('link', { name: 'Continue' }).click();
  await page.getByText('The one before, made').waitFor();
  assert.ok(!(await page.content()).includes(rotated), 'the secret is not on the page any more');
  await send(project, shipment(455));
  assertSigned((await arrived(host, 2))[1], [rotated, secret]);

  // Whoever may, looks at it again: this contract keeps it.
  await page.getByRole('button', { name: 'Reveal secret' }).click();
  await page.getByText(rotated).waitFor();
  await see();

  // Delete, after a question.
  await page.getByRole('link', { name: 'Continue' }).click();
  await page.getByText('Delete', { exact: true }).click();
  await see();
  await page.getByRole('button', { name: 'Delete this webhook' }).click();
  await page.getByRole('status').getByText('Deleted.').waitFor();
  await page.getByText('No webhooks yet').waitFor();
  await see();
  await toWebhooks(page).waitFor();
});

async function fillCondition(page) {
  const condition = page.getByRole('group', { name: 'Condition 1' });
  await condition.getByLabel('Field').fill('data.weight_kg');
  await condition.getByLabel('Comparison').selectOption({ label: 'is more than' });
  await condition.getByLabel('Value').fill('100');
}

/** Standard Webhooks 1.0: a signature by each of these secrets, the newest first. */
function assertSigned({ headers, body }, secrets) {
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const signed = secrets.map((secret) => {
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
  });
  assert.deepEqual(headers['webhook-signature'].split(' '), signed);
}
