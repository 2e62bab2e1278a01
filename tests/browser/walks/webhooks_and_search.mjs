// An operator looks at the webhooks of all customers, at those that fail, and finds things by their ids.
import assert from 'node:assert/strict';

import { DIAGONAL } from '../kit/looks.mjs';
import { signIn } from '../kit/people.mjs';
import { api, site } from '../kit/site.mjs';
import { walk } from '../kit/walk.mjs';

const base = '/dashboard/p/northwind/live';
const endpoint = site.projects.northwind.endpoints['meridian-parts/Tracking'];
const { data: [delivery] } = await api('northwind', 'GET', '/v1/deliveries?limit=1&status=delivered');
const { data: [replay] } = await api('northwind', 'POST',
  `/v1/tenants/meridian-parts/endpoints/${endpoint}/replay`, { status: ['cancelled'], since: '2020-01-01T00:00:00Z' })
  .then(() => api('northwind', 'GET', '/v1/replays?limit=1'));

await walk(async (visit) => {
  const { page, hands, eyes, see } = visit;
  const rows = page.getByRole('table', { name: 'Webhooks of all tenants' }).getByRole('row');
  await signIn(visit, `${base}/webhooks`);
  await rows.getByRole('link', { name: 'Warehouse' }).waitFor();
  await see();
  await hands.enter(page.getByRole('link', { name: 'Failing', exact: true }));
  await page.waitForURL('**state=failing');
  await rows.getByRole('link', { name: 'Invoices to the bookkeeper' }).waitFor();
  assert.equal(await rows.getByRole('link', { name: 'Warehouse' }).count(), 0);
  await see();
  await hands.enter(page.getByRole('link', { name: 'Disabled', exact: true }));
  await page.waitForURL('**state=disabled');
  await rows.getByRole('link', { name: 'Trial' }).waitFor();
  await hands.enter(page.getByRole('link', { name: 'All', exact: true }));
  await hands.write(page.getByLabel('Tenant'), 'harbour-coffee');
  await hands.enter(page.getByRole('button', { name: 'Show' }));
  await page.waitForURL('**tenant=harbour-coffee');
  await rows.getByRole('link', { name: 'Old stock system' }).waitFor();
  assert.equal(await rows.getByRole('link', { name: 'Warehouse' }).count(), 0);

  const search = page.getByLabel('Search by id', { exact: true });
  for (const [id, place] of [
    [delivery.event, `/events/${delivery.event}`],
    [endpoint, `/tenants/meridian-parts/webhooks/${endpoint}`],
    [replay.id, `/replays/${replay.id}`],
    ['pine-and-sons', '/tenants/pine-and-sons'],
  ]) {
    await hands.write(search, id);
    await hands.press('Enter');
    await page.waitForURL(`**${base}${place}`);
  }
  eyes.allow(404);
  await hands.write(search, 'evt_of_nobody');
  await hands.press('Enter');
  await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
  await see();
}, { looks: DIAGONAL });
