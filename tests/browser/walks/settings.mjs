// An operator changes a project's settings, and ends a project.
import assert from 'node:assert/strict';

import { DIAGONAL } from '../kit/looks.mjs';
import { makeProject, openPortal, signIn } from '../kit/people.mjs';
import { call, site } from '../kit/site.mjs';
import { walk } from '../kit/walk.mjs';

await walk(async (visit) => {
  const { page, context, look, hands, eyes, see } = visit;
  const id = `shop-${look.name}`;
  await makeProject('standard', id);
  const saved = async () => (await call(site.root_key, 'GET', `/v1/projects/${id}`)).settings;
  const section = (title) => page.locator('section', { has: page.getByRole('heading', { name: title, exact: true }) });
  const save = async (title) => {
    await hands.enter(section(title).getByRole('button', { name: 'Save' }));
    await page.getByRole('status').getByText('Saved.').waitFor();
    await see();
    await visit.open(settings);
  };
  const settings = `/dashboard/p/${id}/live/settings`;
  await signIn(visit, settings);
  await see();

  await hands.write(page.getByLabel('Retry timetable'), '5 s, 2 parsecs');
  eyes.allow(422);
  await hands.enter(section('Delivery').getByRole('button', { name: 'Save' }));
  await page.locator('#retry[aria-invalid]').waitFor();
  await see();
  eyes.allowNone();
  await hands.write(page.getByLabel('Retry timetable'), '5 s, 30 s, 5 min');
  await hands.enter(section('Delivery').getByRole('button', { name: 'Save' }));
  await page.getByRole('status').getByText('Saved.').waitFor();
  assert.deepEqual((await saved()).retry.schedule_seconds, [5, 30, 300]);

  await visit.open(settings);
  await hands.write(page.getByLabel('Name in the portal'), 'The <Shop>');
  await hands.write(page.getByLabel('Colour'), '#b00040');
  await hands.write(page.getByLabel('Pages that may embed the portal'), 'https://shop.example');
  await save('Customer portal');
  assert.deepEqual((await saved()).branding, { name: 'The <Shop>', colour: '#b00040' });
  assert.deepEqual((await saved()).allowed_origins, ['https://shop.example']);
  assert.deepEqual((await saved()).retry.schedule_seconds, [5, 30, 300], 'a section saves itself only');

  // Somebody else saves something meanwhile.
  await hands.write(page.getByLabel('Name', { exact: true }), 'Mine');
  await call(site.root_key, 'PATCH', `/v1/projects/${id}`, { name: 'Theirs' });
  eyes.allow(409);
  await hands.enter(section('Name').getByRole('button', { name: 'Save' }));
  await page.getByRole('heading', { name: 'Changed meanwhile' }).waitFor();
  await see();
  eyes.allowNone();

  await context.clearCookies();
  await openPortal(visit, id, 't1');
  await page.locator('.brand').getByText('The <Shop>').waitFor();
  await see();

  await context.clearCookies();
  await signIn(visit, settings);
  await hands.enter(page.locator('summary', { hasText: 'Delete project' }));
  await hands.write(page.getByLabel('Id', { exact: true }), id);
  await hands.enter(page.getByRole('button', { name: 'Delete project' }));
  await page.waitForURL((url) => url.pathname === '/dashboard/projects');
  await see();
  assert.equal(await page.getByText(id, { exact: true }).count(), 0);
}, { looks: DIAGONAL });
