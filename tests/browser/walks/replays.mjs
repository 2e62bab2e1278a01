// An operator replays what was held: first how much that is, then its progress as it goes; and stops another.
import assert from 'node:assert/strict';

import { DIAGONAL } from '../kit/looks.mjs';
import { makeProject, signIn } from '../kit/people.mjs';
import { api, arrived } from '../kit/site.mjs';
import { walk } from '../kit/walk.mjs';

const HELD = 6;
await makeProject('standard', 'acme');

await walk(async (visit) => {
  const { page, look, hands, see } = visit;
  const tenant = `t-${look.name}`;
  const host = `${tenant}.acme.example`;
  const of = `/v1/tenants/${tenant}/endpoints`;
  const { id } = await api('acme', 'POST', of, { name: 'Was away', url: `https://${host}/in`, enabled: false });
  for (let sent = 0; sent < HELD; sent += 1) {
    await api('acme', 'POST', '/v1/events', { tenant, type: 'order.made', data: { sent } });
  }
  const webhook = `/dashboard/p/acme/live/tenants/${tenant}/webhooks/${id}`;
  await signIn(visit, webhook);
  await hands.enter(page.getByRole('link', { name: 'Replay', exact: true }));
  await page.waitForURL('**/replay');
  await see();
  await hands.enter(page.getByRole('link', { name: 'Last 24 hours' }));
  await page.getByRole('heading', { name: `${HELD} deliveries would be sent again` }).waitFor();
  await see();
  await hands.enter(page.getByRole('button', { name: 'Enable' }));
  await page.getByRole('status').getByText('Enabled').waitFor();

  // Two a second: there is time to see it go on.
  await visit.open(`${webhook}/replay?span=24h`);
  await hands.write(page.getByLabel('How many a second'), '2');
  await hands.enter(page.getByRole('button', { name: `Send ${HELD} again` }));
  await page.waitForURL('**/replays/**');
  await page.getByRole('status').getByText('The replay has begun.').waitFor();
  await see();
  const progress = page.getByRole('progressbar');
  const seen = new Set();
  while (seen.size === 0 || !seen.has(100)) {
    seen.add(Number(await progress.getAttribute('value')));
    await page.waitForFunction((last) => document.querySelector('progress').value !== last || last === 100, Math.max(...seen));
  }
  assert.ok(seen.size >= 3, `progress was seen at ${[...seen]} percent`);
  await page.getByText('done').first().waitFor();
  await see();
  await arrived(host, HELD);

  // Everything once more, slowly, and stopped.
  await visit.open(`${webhook}/replay?asked=1&status=delivered`);
  await hands.write(page.getByLabel('How many a second'), '1');
  await hands.enter(page.getByRole('button', { name: `Send ${HELD} again` }));
  await page.waitForURL('**/replays/**');
  await hands.enter(page.locator('summary', { hasText: 'Cancel replay' }));
  await hands.enter(page.getByRole('button', { name: 'Yes, stop it' }));
  await page.getByRole('status').getByText('The replay was cancelled.').waitFor();
  await see();
  await hands.enter(page.getByRole('link', { name: 'Replays' }).first());
  await page.getByRole('table', { name: 'Replays' }).getByText('cancelled').first().waitFor();
  await see();
}, { looks: DIAGONAL });
