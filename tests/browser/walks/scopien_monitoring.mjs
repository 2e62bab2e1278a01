// Scopien AI, "Monitoring": what "Webhook Logs" draws, of webhooks with a history, and live.
import assert from 'node:assert/strict';

import { openPortal } from '../kit/people.mjs';
import { walk } from '../kit/walk.mjs';
import { rows, send, toWebhooks } from '../kit/webhooks.mjs';

const project = 'scopien';
const tenant = 'larkspur-labs';
// The day stands before what was not today, as just before midnight, in place of the seconds.
const TIME = /(?:\d\d:\d\d:\d\d|\d{1,2} \w{3}, \d\d:\d\d|\d{1,2} \w{3} \d{4}, \d\d:\d\d:\d\d)/.source;

await walk(async (visit) => {
  const { page, see } = visit;
  await openPortal(visit, project, tenant);

  // ✅ with time, type, Status: 200 OK, Duration.
  await page.getByRole('link', { name: 'Production Webhook' }).click();
  await page.getByRole('heading', { name: 'Recent Deliveries' }).waitFor();
  await rows(page).first().waitFor();
  await see();
  const good = await rows(page).first().innerText();
  assert.match(good, new RegExp(`✓[^]*${TIME} – (opportunity\\.updated|lead\\.created)`));
  assert.match(good, /Status:\s*200 OK\s*Duration:\s*\d+ms/);

  // What is sent now comes to the page that is open. (Staging wants leads too.)
  const before = await rows(page).first().innerText();
  await send(project, { tenant, type: 'lead.created', data: { id: 'lead_new123' } }, 2);
  await page.waitForFunction((was) => {
    const first = document.querySelector('ul.deliveries > li');
    return first.innerText !== was && first.innerText.includes('200 OK');
  }, before);
  await see();

  // ❌ with Status: 500, Retried: n times, Next retry.
  await toWebhooks(page).click();
  await page.getByRole('link', { name: 'Case desk' }).click();
  const waiting = rows(page).filter({ hasText: 'Next retry:' }).filter({ hasText: /Retried:\s*[2-5] times/ }).first();
  await waiting.waitFor();
  await see();
  const bad = await waiting.innerText();
  assert.match(bad, new RegExp(`✗[^]*${TIME} – (case|task)\\.\\w+`));
  assert.match(bad, /Status:\s*500 Internal Server Error/);
  assert.match(bad, new RegExp(`Next retry:\\s*${TIME}`));

  // Every attempt behind it.
  await waiting.getByRole('link').first().click();
  await page.getByRole('heading', { name: 'Attempts' }).waitFor();
  await page.getByText('Attempt 3').waitFor();
  await see();
});
