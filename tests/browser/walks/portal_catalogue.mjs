// What a customer reads before writing a receiver: the catalogue with examples, the verification code; and copies.
import assert from 'node:assert/strict';

import { looks } from '../kit/looks.mjs';
import { makeProject, openPortal } from '../kit/people.mjs';
import { api, site } from '../kit/site.mjs';
import { walk } from '../kit/walk.mjs';

const project = 'freight';
await makeProject('standard', project, { name: 'Northwind Freight' });
const type = { description: 'A shipment was booked', example: { id: 'shp_48211', weight_kg: 812.5 }, schema: { type: 'object' } };
await api(project, 'PUT', '/v1/event-types/shipment.created', type);
const { data: languages } = await api(project, 'GET', '/v1/verification-code');

await walk(async (visit) => {
  const { page, context, look, see } = visit;
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: site.base });
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await openPortal(visit, project, `shop-${look.name}`);

  await page.getByRole('link', { name: 'Event catalogue' }).click();
  await page.getByText('A shipment was booked').waitFor();
  await see();
  await page.getByRole('link', { name: 'shipment.created' }).click();
  await page.getByRole('heading', { name: 'shipment.created', level: 1 }).waitFor();
  await page.getByText('shp_48211').first().waitFor();
  await see();
  await page.getByRole('button', { name: 'Copy: Body' }).click();
  await page.getByRole('status').getByText('Copied').waitFor();
  const body = JSON.parse(await copied());
  assert.deepEqual([body.type, body.data], ['shipment.created', type.example]);

  await page.getByRole('link', { name: 'Verification code' }).click();
  assert.deepEqual(languages.map(({ language }) => language), ['node', 'python', 'php', 'go', 'rust']);
  const tabs = page.getByRole('navigation', { name: 'Language' });
  for (const { title, code } of languages) {
    await tabs.getByRole('link', { name: title }).click();
    await page.getByRole('region', { name: `Receiver in ${title}` }).waitFor();
    assert.equal(await tabs.locator('[aria-current=true]').innerText(), title);
    await page.getByRole('button', { name: `Copy: Receiver in ${title}` }).click();
    await page.getByRole('status').getByText('Copied').waitFor();
    assert.equal(await copied(), code);
  }
  await see();
}, { looks: looks('phone-light', 'desktop-dark') });
