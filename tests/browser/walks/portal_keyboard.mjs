// A customer without a mouse: a webhook is made, tested, and what failed is sent again.
import assert from 'node:assert/strict';

import { makeProject, openPortal } from '../kit/people.mjs';
import { arrived, hostAnswers } from '../kit/site.mjs';
import { looks } from '../kit/looks.mjs';
import { walk } from '../kit/walk.mjs';
import { badge, eventBox, nameField, rows } from '../kit/webhooks.mjs';

const project = 'scopien-ai';
await makeProject('scopien', project, { name: 'Scopien AI' });

await walk(async (visit) => {
  const { page, look, keys, see } = visit;
  const host = `${look.name}.your-app.example`;
  await hostAnswers(host, 503, { body: 'out for lunch' });
  await openPortal(visit, project, `customer-${look.name}`);

  // The first stop leads past the navigation.
  await keys.enter(page.getByRole('link', { name: 'Skip to the content' }));
  await keys.enter(page.getByRole('link', { name: 'Create Webhook' }));
  await page.getByRole('heading', { name: 'Create Webhook', level: 1 }).waitFor();
  await keys.write(nameField(page), 'By keyboard');
  await keys.write(page.getByLabel('URL'), `https://${host}/in`);
  // Radio buttons are one stop; the arrows choose.
  const all = page.getByRole('radio', { name: 'All events' });
  const some = page.getByRole('radio', { name: 'Only these:' });
  await keys.reach(some);
  await keys.press('ArrowUp');
  assert.ok(await all.isChecked());
  await keys.press('ArrowDown');
  assert.ok(await some.isChecked());
  await keys.space(eventBox(page, 'lead.*'));
  assert.ok(await eventBox(page, 'lead.*').isChecked());
  await keys.enter(page.getByRole('button', { name: 'Create', exact: true }));
  await page.getByText('The webhook is ready.').waitFor();
  await see();
  await keys.enter(page.getByRole('link', { name: 'Continue' }));
  await page.getByRole('heading', { name: 'By keyboard', level: 1 }).waitFor();

  // Test it.
  await keys.enter(page.getByRole('link', { name: 'Send Test Event' }));
  await page.getByRole('heading', { name: 'Send Test Event', level: 1 }).waitFor();
  await keys.choose(page.getByLabel('Event type'), 'lead.created');
  await page.waitForFunction(() => document.getElementById('data').value.includes('john@example.com'));
  await keys.enter(page.getByRole('button', { name: 'Send Test Event' }));
  await page.getByText('out for lunch').waitFor();
  await see();

  // Send again what failed.
  await hostAnswers(host, 200, { body: 'back' });
  await keys.enter(page.getByRole('button', { name: 'Send again' }));
  await page.getByText('Attempt 2').waitFor();
  await badge(page, 'delivered').waitFor();
  assert.equal((await arrived(host, 2)).length, 2);

  // Back to the list by the way that the page shows.
  await keys.enter(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Recent deliveries' }));
  await keys.enter(rows(page).first().getByRole('link').first());
  await page.getByText('Attempt 2').waitFor();
}, { looks: looks('desktop-light', 'phone-dark') });
