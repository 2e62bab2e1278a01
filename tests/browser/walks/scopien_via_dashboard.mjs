// Scopien AI, "Setting Up Webhooks", "Via Dashboard", step by step.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';

import { makeProject, openPortal } from '../kit/people.mjs';
import { arrived } from '../kit/site.mjs';
import { walk } from '../kit/walk.mjs';
import { create, eventBox, nameField, rows, send, toWebhooks } from '../kit/webhooks.mjs';

const project = 'scopien-ai';
await makeProject('scopien', project, { name: 'Scopien AI' });

await walk(async (visit) => {
  const { page, look, see } = visit;
  const tenant = `customer-${look.name}`;
  const host = `${look.name}.your-app.example`;
  await openPortal(visit, project, tenant);
  await page.getByRole('link', { name: 'Event catalogue' }).click();

  // 1. Go to Settings → Webhooks.
  if (look.device === 'desktop') {
    assert.match(await page.getByRole('navigation', { name: 'Pages' }).innerText(), /^\s*Settings\s+Webhooks/i);
  }
  await toWebhooks(page).click();
  await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();
  assert.equal(await page.getByRole('navigation', { name: 'Breadcrumb' }).innerText(), 'Settings');
  await see();

  // 2. Click "Create Webhook".
  await page.getByRole('link', { name: 'Create Webhook' }).click();
  await page.getByRole('heading', { name: 'Create Webhook', level: 1 }).waitFor();

  // 3. Configure.
  await nameField(page).fill('Production Webhook');
  await page.getByLabel('URL').fill(`https://${host}/webhooks/scopien`);
  await page.getByRole('radio', { name: 'Only these:' }).check();
  await eventBox(page, 'opportunity.updated').check();
  await eventBox(page, 'lead.created').check();
  assert.equal(await eventBox(page, 'case.closed').isChecked(), false);
  assert.equal(await page.getByLabel('Secret of your own').inputValue(), '', 'the secret is auto-generated');
  assert.equal(await page.getByRole('checkbox', { name: 'Enabled' }).isChecked(), true);
  await see();

  // 4. Click "Create". 5. Save the webhook secret securely.
  const secret = await create(visit);
  assert.match(secret, /^whsec_\S{20,}$/);
  await page.getByRole('heading', { name: 'Production Webhook', level: 1 }).waitFor();
  assert.ok(!(await page.content()).includes(secret), 'the secret is shown once');
  await see();

  // What was chosen arrives, signed with that secret; what was not does not.
  await send(project, { tenant, type: 'case.closed' }, 0);
  const event = await send(project, { tenant, type: 'lead.created', data: { id: 'lead_new123' } });
  const [request] = await arrived(host, 1);
  assert.equal(request.path, '/webhooks/scopien');
  assert.equal(JSON.parse(request.body).id, event);
  const hex = createHmac('sha256', secret).update(request.body).digest('hex');
  assert.equal(request.headers['x-scopien-signature'], `sha256=${hex}`);
  await rows(page).filter({ hasText: 'lead.created' }).getByText('200 OK').waitFor();
});
