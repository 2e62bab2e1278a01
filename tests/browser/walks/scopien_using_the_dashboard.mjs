// Scopien AI, "Testing Webhooks", "Using the Dashboard", step by step.
import assert from 'node:assert/strict';

import { makeProject, openPortal } from '../kit/people.mjs';
import { arrived, hostAnswers } from '../kit/site.mjs';
import { walk } from '../kit/walk.mjs';
import { badge, madeWebhook, rows, toWebhooks } from '../kit/webhooks.mjs';

const project = 'scopien-ai';
await makeProject('scopien', project, { name: 'Scopien AI' });

await walk(async (visit) => {
  const { page, look, see } = visit;
  const tenant = `customer-${look.name}`;
  const host = `${look.name}.your-app.example`;
  await hostAnswers(host, 202, { body: '{"queued": true}' });
  await madeWebhook(project, tenant, {
    name: 'Production Webhook', url: `https://${host}/webhooks/scopien`, event_types: ['opportunity.updated'],
  });
  await openPortal(visit, project, tenant);

  // 1. Go to Settings → Webhooks. 2. Select your webhook. 3. Click "Send Test Event".
  await toWebhooks(page).click();
  await page.getByRole('link', { name: 'Production Webhook' }).click();
  await page.getByRole('link', { name: 'Send Test Event' }).click();
  await page.getByRole('heading', { name: 'Send Test Event', level: 1 }).waitFor();

  // 4. Choose event type: its example comes with it.
  const payload = page.getByLabel('Payload');
  await page.getByLabel('Event type').selectOption('lead.created');
  await page.waitForFunction(() => document.getElementById('data').value.includes('john@example.com'));
  await see();

  // 5. View response.
  await page.getByRole('button', { name: 'Send Test Event' }).click();
  await page.getByRole('status').getByText('The test event was sent. This is the answer.').waitFor();
  await page.getByText('202 Accepted').first().waitFor();
  await page.getByText('queued').waitFor();
  await see();
  const [request] = await arrived(host, 1);
  const sent = JSON.parse(request.body);
  assert.deepEqual([sent.event, sent.data.email], ['lead.created', 'john@example.com']);

  // Data of one's own, and an answer that is none.
  await hostAnswers(host, 500, { body: 'database is locked' });
  await page.goBack();
  await page.getByLabel('Event type').waitFor();
  await toWebhooks(page).click();
  await page.getByRole('link', { name: 'Production Webhook' }).click();
  await page.getByRole('link', { name: 'Send Test Event' }).click();
  await payload.fill('{"id": "opp_test", "amount": 50000}');
  await page.getByRole('button', { name: 'Send Test Event' }).click();
  await page.getByText('500 Internal Server Error').first().waitFor();
  await page.getByText('database is locked').waitFor();
  await see();
  assert.deepEqual(JSON.parse((await arrived(host, 2))[1].body).data, { id: 'opp_test', amount: 50000 });

  // Tests are listed as such.
  await toWebhooks(page).click();
  await page.getByRole('link', { name: 'Production Webhook' }).click();
  await badge(rows(page).nth(1), 'test').waitFor();

  // What is no JSON is not sent.
  visit.eyes.allow(422);
  await page.getByRole('link', { name: 'Send Test Event' }).click();
  await payload.fill('{"id":');
  await page.getByRole('button', { name: 'Send Test Event' }).click();
  await page.getByRole('alert').waitFor();
  assert.equal(await payload.inputValue(), '{"id":');
  await see();
});
