// An operator reads who changed what, and which nodes there are.
import assert from 'node:assert/strict';

import { DIAGONAL } from '../kit/looks.mjs';
import { makeProject, signIn } from '../kit/people.mjs';
import { api, call, site } from '../kit/site.mjs';
import { walk } from '../kit/walk.mjs';

const MANY = 60;
await makeProject('standard', 'acme');
await api('acme', 'POST', '/v1/tenants/t2/endpoints', { url: 'https://hooks.t2.example/in' });
for (let made = 0; made < MANY; made += 1) {
  await api('acme', 'POST', '/v1/tenants/t1/endpoints', { url: `https://hooks.t1.example/${made}` });
}
await call(site.root_key, 'POST', '/v1/projects/acme/keys', { name: 'another', mode: 'test', scopes: ['events:write'] });

// One of them is far from UTC, which the fields take.
const [near, far] = DIAGONAL;
const LOOKS = [near, { ...far, options: { ...far.options, timezoneId: 'America/New_York' } }];

await walk(async (visit) => {
  const { page, hands, look, open, see } = visit;
  const rows = page.getByRole('table', { name: 'Audit log' }).locator('tbody tr');
  await signIn(visit, '/dashboard/p/acme/live/audit');
  await rows.first().waitFor();
  const zone = page.getByText('Times in the list are those of America/New_York.');
  assert.equal(await zone.isVisible(), look.name === far.name);
  const heights = await page.locator('.filters :is(input, select)').evaluateAll((fields) => fields.map((field) => field.clientHeight));
  assert.equal(new Set(heights).size, 1, `fields of one row are ${heights} high`);
  await see();
  await hands.enter(page.getByRole('link', { name: 'Older' }));
  await page.waitForURL('**cursor=**');
  await rows.filter({ hasText: 'project.create' }).waitFor();
  await see();

  await hands.choose(page.getByLabel('Action'), 'key.create');
  await hands.enter(page.getByRole('button', { name: 'Filter' }));
  await page.waitForURL('**action=key.create**');
  await rows.first().waitFor();
  if (await rows.filter({ hasText: 'endpoint.create' }).count()) throw new Error('an action that was not asked for');
  await hands.enter(page.locator('details.fold summary').first());
  await page.getByRole('region', { name: 'Detail' }).first().waitFor();
  await see();

  await hands.enter(page.getByRole('link', { name: 'Show all' }));
  await hands.write(page.getByLabel('Tenant'), 't2');
  await hands.enter(page.getByRole('button', { name: 'Filter' }));
  await page.waitForURL('**tenant=t2**');
  if ((await rows.count()) !== 1) throw new Error(`${await rows.count()} entries of t2`);
  await open('/dashboard/p/acme/live/audit?until=2020-01-01T00:00');
  await page.getByText('No entries match').waitFor();
  await see();

  await hands.enter(page.getByRole('link', { name: 'Nodes' }));
  await page.getByRole('table', { name: 'Nodes' }).getByText('this one').waitFor();
  await see();
}, { looks: LOOKS });
