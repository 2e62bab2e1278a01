// Call center, "How webhooks work": a webhook is created in the UI with the target URL, the events and contact lists.
import assert from 'node:assert/strict';

import { makeProject, openPortal } from '../kit/people.mjs';
import { arrived } from '../kit/site.mjs';
import { walk } from '../kit/walk.mjs';
import { create, eventBox, rows, send } from '../kit/webhooks.mjs';

const project = 'calls';
await makeProject('call-center', project, { name: 'Ringdesk' });

await walk(async (visit) => {
  const { page, look, see } = visit;
  const tenant = `clinic-${look.name}`;
  const host = `${look.name}.clinic.example`;
  await openPortal(visit, project, tenant);
  await page.getByRole('link', { name: 'Create Webhook' }).click();

  await page.getByLabel('URL').fill(`https://${host}/a-private-unguessable-path`);
  await page.getByRole('radio', { name: 'Only these:' }).check();
  await eventBox(page, 'Call Ended').check();
  await eventBox(page, 'Contact Created').check();
  await page.getByLabel('Contact lists').fill('VIP customers\nCallbacks');
  await see();
  assert.equal(await page.getByLabel('Secret of your own').count(), 0, 'requests are not signed, so there is no secret');

  assert.equal(await create(visit), undefined);
  await page.getByText('Contact lists: VIP customers, Callbacks').waitFor();
  await page.getByText('Requests to this webhook are not signed').waitFor();

  // Events of these lists arrive; of another list, of none, or of another type they do not.
  const of = (type, lists, data) => ({ tenant, type, data, attributes: lists && { contact_lists: lists } });
  await send(project, of('Call Ended', ['Newsletter'], { call_id: 'call_1' }), 0);
  await send(project, of('Call Ended', undefined, { call_id: 'call_2' }), 0);
  await send(project, of('Message Received', ['Callbacks'], { message_id: 'msg_1' }), 0);
  const event = await send(project, of('Call Ended', ['Newsletter', 'Callbacks'], { call_id: 'call_3' }));
  const [request] = await arrived(host, 1);
  assert.equal(JSON.parse(request.body).id, event);
  assert.equal(JSON.parse(request.body).event, 'Call Ended');
  await rows(page).filter({ hasText: 'Call Ended' }).getByText('200 OK').waitFor();
  assert.equal(await rows(page).count(), 1);
  await see();
});
