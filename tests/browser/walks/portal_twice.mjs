// Forms that are sent twice, too late, or by nobody any more: nothing is done twice, and the page says so.
import assert from 'node:assert/strict';

import { looks } from '../kit/looks.mjs';
import { makeProject, openPortal } from '../kit/people.mjs';
import { api } from '../kit/site.mjs';
import { walk } from '../kit/walk.mjs';
import { fillIn, madeWebhook } from '../kit/webhooks.mjs';

const project = 'freight';
await makeProject('standard', project, { name: 'Northwind Freight' });

await walk(async (visit) => {
  const { page, context, look, eyes, open, see } = visit;
  const tenant = `shop-${look.name}`;
  const url = `https://${look.name}.shop.example/in`;
  const list = async () => (await api(project, 'GET', `/v1/tenants/${tenant}/endpoints`)).data;
  const saysSentBefore = async () => {
    await page.getByRole('heading', { name: 'This form was sent before' }).waitFor();
    await page.getByText('It was not done again.').waitFor();
  };
  await openPortal(visit, project, tenant);

  // A button that is pressed twice.
  await open('/portal/webhooks/new');
  await fillIn(page, { name: 'Once', url });
  const token = await page.locator('main input[name=_form]').inputValue();
  await page.getByRole('button', { name: 'Create', exact: true }).dblclick();
  await page.getByText('The webhook is ready.').waitFor();
  assert.equal((await list()).length, 1, 'a double click makes one webhook');

  // The answer loaded again, which sends the form again.
  eyes.allow(409);
  await page.reload();
  await saysSentBefore();
  await see();
  assert.equal((await list()).length, 1, 'what was done is not done again');
  await page.getByRole('link', { name: 'See what was done' }).click();
  await page.getByRole('heading', { name: 'Once', level: 1 }).waitFor();

  // Back to a form that the browser kept as it was, and sent again.
  await open('/portal/webhooks/new');
  await fillIn(page, { name: 'Once', url });
  await page.locator('main input[name=_form]').evaluate((field, kept) => { field.value = kept; }, token);
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await saysSentBefore();
  assert.equal((await list()).length, 1);

  // The same form sent twice at once, as two windows would.
  await open('/portal/webhooks/new');
  const answers = await page.evaluate(async (address) => {
    const form = document.querySelector('main form');
    form.elements.url.value = address;
    form.elements.types.value = 'all';
    const body = new URLSearchParams(new FormData(form));
    const sent = [1, 2].map(() => fetch(form.action, { method: 'POST', body }));
    return (await Promise.all(sent)).map((response) => response.status);
  }, url);
  assert.deepEqual(answers.sort(), [200, 409]);
  assert.equal((await list()).length, 2);

  // A form of something that was changed meanwhile.
  const id = await madeWebhook(project, tenant, { name: 'Stale', url });
  await open(`/portal/webhooks/${id}/edit`);
  await api(project, 'PATCH', `/v1/tenants/${tenant}/endpoints/${id}`, { description: 'by somebody else' });
  await page.getByLabel('Description').fill('by me');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('heading', { name: 'Changed meanwhile' }).waitFor();
  await page.getByText('Nothing of yours was saved.').waitFor();
  await see();
  await page.getByRole('link', { name: 'See it as it is now' }).click();
  assert.equal(await page.getByLabel('Description').inputValue(), 'by somebody else');
  eyes.allowNone();

  // What is not right is shown again, with what was entered.
  eyes.allow(422);
  await page.getByLabel('URL').fill('https://127.0.0.1/inside');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('alert').getByText('Nothing was done yet.').waitFor();
  assert.equal(await page.getByLabel('URL').inputValue(), 'https://127.0.0.1/inside');
  assert.equal(await page.getByLabel('URL').getAttribute('aria-invalid'), 'true');
  await see();
  eyes.allowNone();

  // Another site's form, even with the session's cookie: it has no token of a page of ours.
  eyes.allow(403);
  const forged = await context.request.post(new URL(`/portal/webhooks/${id}/disable`, page.url()).href, { form: { _form: 'x' } });
  assert.equal(forged.status(), 403);
  assert.equal((await list()).find((one) => one.id === id).enabled, true);
  eyes.allowNone();

  // A session that ends while a form is open.
  await open('/portal/webhooks/new');
  await fillIn(page, { name: 'Lost', url });
  await api(project, 'DELETE', `/v1/tenants/${tenant}`);
  eyes.allow(401);
  // The node keeps what it knows of a session for a moment; it may say as well that the tenant is not there.
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
  await page.getByText('Nothing was done.').waitFor();
  await see();
  const left = await api(project, 'GET', '/v1/endpoints?limit=100');
  assert.ok(left.data.every((one) => one.tenant !== tenant), 'a deleted tenant stays deleted');
}, { looks: looks('phone-dark', 'desktop-light') });
