// Links to the portal that open nothing: each says what happened and what to do.
import assert from 'node:assert/strict';

import { looks } from '../kit/looks.mjs';
import { makeProject } from '../kit/people.mjs';
import { api } from '../kit/site.mjs';
import { walk } from '../kit/walk.mjs';

const project = 'freight';
const tenant = 'harbour-coffee';
await makeProject('standard', project, { name: 'Northwind Freight' });
const newLink = () => api(project, 'POST', `/v1/tenants/${tenant}/portal`);
// The server of this walk lets links expire after a few seconds.
const early = await newLink();

await walk(async (visit) => {
  const { page, context, eyes, open, see } = visit;
  const refused = async (url, title) => {
    await context.clearCookies();
    eyes.allow(410);
    const response = await page.goto(url);
    assert.equal(response.status(), 410);
    await page.getByRole('heading', { name: title, level: 1 }).waitFor();
    await page.getByText('it gives you a new link').waitFor();
    await see();
    eyes.allowNone();
    assert.deepEqual(await context.cookies(), [], 'nobody is let in');
  };

  // A link is opened once.
  const { url } = await newLink();
  await page.goto(url);
  await page.waitForURL('**/portal/webhooks');
  assert.ok(!page.url().includes('pl_'), 'the token is not in the address any more');
  await refused(url, 'This link was used before');

  // An altered one, or one of nobody.
  const other = await newLink();
  const last = other.url.at(-1);
  await refused(`${other.url.slice(0, -1)}${last === 'A' ? 'B' : 'A'}`, 'This link is not valid');
  await refused(other.url.slice(0, -5), 'This link is not valid');
  // It was not used up by that.
  await page.goto(other.url);
  await page.waitForURL('**/portal/webhooks');

  // One whose tenant is gone.
  const gone = await api(project, 'POST', '/v1/tenants/gone/portal');
  await api(project, 'DELETE', '/v1/tenants/gone');
  await refused(gone.url, 'This link is not valid');

  // An expired one.
  await passed(early.expires_at);
  await refused(early.url, 'This link has expired');

  // No link at all.
  eyes.allow(401);
  const response = await open('/portal/webhooks');
  assert.equal(response.status(), 401);
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
  await see();
}, { looks: looks('phone-light', 'desktop-dark') });

/** That moment is what is waited for, and it comes within the few seconds that links are good for. */
function passed(time) {
  const left = Date.parse(time) - Date.now() + 50;
  return new Promise((resolve) => { setTimeout(resolve, Math.max(0, left)); });
}
