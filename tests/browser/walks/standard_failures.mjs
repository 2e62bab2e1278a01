// A webhook that was disabled by itself: why and since when, and how everything is sent again.
import assert from 'node:assert/strict';

import { makeProject, openPortal } from '../kit/people.mjs';
import { api, arrived, hostAnswers } from '../kit/site.mjs';
import { walk } from '../kit/walk.mjs';
import { badge, madeWebhook, rows, send, toWebhooks } from '../kit/webhooks.mjs';

const project = 'freight';
const HELD = 4;
await makeProject('standard', project, { name: 'Northwind Freight' });

await walk(async (visit) => {
  const { page, look, see } = visit;
  const tenant = `shop-${look.name}`;
  const host = `${look.name}.shop.example`;
  const event = (n) => ({ tenant, type: 'shipment.created', data: { n } });
  await hostAnswers(host, 410, { body: 'we have moved' });
  const id = await madeWebhook(project, tenant, { name: 'Warehouse', url: `https://${host}/in` });
  await openPortal(visit, project, tenant);
  await page.getByRole('link', { name: 'Warehouse' }).click();
  await page.getByText('Nothing was sent yet.').waitFor();
  await see();

  // The page that is open tells it when it happens.
  await page.evaluate(() => { window.isTheSamePage = true; });
  await send(project, event(0));
  await page.getByText('Disabled automatically, because its server answered 410 Gone').waitFor();
  await page.getByText(/Since \d+ \w+ \d{4}, \d\d:\d\d:\d\d nothing is sent\./).waitFor();
  assert.ok(await page.evaluate(() => window.isTheSamePage), 'it came without loading the page again');
  await see();
  await toWebhooks(page).click();
  await page.getByText('answered 410 Gone').waitFor();
  await see();

  for (let n = 1; n <= HELD; n += 1) await send(project, event(n));
  await hostAnswers(host, 200, { body: 'OK' });
  await page.getByRole('link', { name: 'Warehouse' }).click();
  await rows(page).filter({ hasText: 'held' }).first().waitFor();
  await page.getByRole('button', { name: 'Enable', exact: true }).click();
  await page.getByRole('status').getByText('Enabled.').waitFor();

  // Resend the one that failed.
  await rows(page).filter({ hasText: '410 Gone' }).getByRole('link').first().click();
  await page.getByText('we have moved').waitFor();
  await see();
  await page.getByRole('button', { name: 'Send again' }).click();
  await page.getByRole('status').getByText('It is being sent again.').waitFor();
  await page.getByText('Attempt 2').waitFor();
  await badge(page, 'delivered').waitFor();
  await see();
  assert.equal((await arrived(host, 2)).length, 2);

  // Replay what was held: first counted, then sent, while one looks on.
  await toWebhooks(page).click();
  await page.getByRole('link', { name: 'Warehouse' }).click();
  await page.getByRole('link', { name: 'Replay', exact: true }).click();
  await page.getByRole('heading', { name: 'Replay', level: 1 }).waitFor();
  await see();
  await page.getByRole('link', { name: 'Last hour' }).click();
  await page.getByText(`${HELD} deliveries would be sent again`).waitFor();
  assert.notEqual(await page.getByLabel('Since').inputValue(), '');
  await see();
  assert.equal((await arrived(host, 2)).length, 2, 'counting sends nothing');
  await page.getByLabel('How many a second').fill('3');
  await page.getByRole('button', { name: `Send ${HELD} again` }).click();
  await page.waitForURL('**/portal/replays/*');
  await badge(page, 'running').waitFor();
  await page.evaluate(() => { window.isTheSamePage = true; });
  await see();
  await badge(page, 'done').waitFor();
  await page.getByText('100 %').first().waitFor();
  assert.ok(await page.evaluate(() => window.isTheSamePage), 'its progress came without loading the page again');
  await see();
  const sent = (await arrived(host, 2 + HELD)).slice(2).map(({ body }) => JSON.parse(body).data.n);
  assert.deepEqual(sent.sort(), Array.from({ length: HELD }, (_, n) => n + 1));
  const { data } = await api(project, 'GET', `/v1/deliveries?endpoint=${id}&status=held,failed`);
  assert.deepEqual(data, []);
});
