// An operator looks for a delivery by everything it can be found by, reads it, sends it again and cancels it.
import { DIAGONAL } from '../kit/looks.mjs';
import { makeProject, signIn } from '../kit/people.mjs';
import { api, arrived, hostAnswers, site } from '../kit/site.mjs';
import { walk } from '../kit/walk.mjs';

const ROWS = 50;
const MANY = 55;
const { key } = await makeProject('standard', 'acme');
const fine = await api('acme', 'POST', '/v1/tenants/t1/endpoints', { name: 'Fine', url: 'https://fine.acme.example/in' });
await api('acme', 'POST', '/v1/tenants/t2/endpoints', { name: 'Broken', url: 'https://broken.acme.example/in' });
await hostAnswers('broken.acme.example', 500, { body: 'no <b>database</b> today' });

// Written by hand: how its members and numbers are written is what is to be seen.
const DATA = '{"zebra": 1.50, "alpha": [2, {"y": true, "x": null}], "middle": {"b": 1e2, "a": "</script>"}}';
async function send(tenant, type) {
  const body = `{"tenant": "${tenant}", "type": "${type}", "data": ${DATA}}`;
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const answer = await fetch(`${site.base}/v1/events`, { method: 'POST', headers, body });
  if (answer.status !== 202) throw new Error(await answer.text());
  return answer.json();
}
for (let sent = 0; sent < MANY; sent += 1) await send('t1', sent % 5 === 0 ? 'order.paid' : 'order.made');
const broken = await send('t2', 'order.made');
await arrived('fine.acme.example', MANY);
await arrived('broken.acme.example', 1);

await walk(async (visit) => {
  const { page, hands, eyes, open, see } = visit;
  const list = '/dashboard/p/acme/live/deliveries';
  const rows = page.locator('.deliveries > li');
  const shows = async (count) => {
    await page.waitForFunction((count) => document.querySelectorAll('.deliveries > li').length === count, count);
  };
  const narrow = async (enter) => {
    const filters = page.locator('details.narrow');
    if (!(await filters.evaluate((it) => it.open))) await hands.enter(filters.locator('summary'));
    await enter();
    const left = page.url();
    await hands.enter(page.getByRole('button', { name: 'Show' }));
    await page.waitForURL((url) => url.href !== left);
  };

  await signIn(visit, list);
  await shows(ROWS);
  await see();
  const newest = await rows.first().innerText();
  await hands.enter(page.getByRole('link', { name: 'Older' }));
  await page.waitForURL('**cursor=**');
  if ((await rows.first().innerText()) === newest) throw new Error('the older page begins like the newest');
  await see();
  await hands.enter(page.getByRole('link', { name: 'Newest' }));
  await shows(ROWS);

  await narrow(() => hands.write(page.getByLabel('Tenant'), 't2'));
  await rows.filter({ hasText: 'Broken' }).first().waitFor();
  if (await rows.filter({ hasText: 'Fine' }).count()) throw new Error('a delivery of another tenant is listed');
  await see();
  await hands.enter(page.getByRole('link', { name: 'Clear all' }));
  await narrow(() => hands.write(page.getByLabel('Event type'), 'order.paid'));
  await page.waitForURL('**type=order.paid**');
  if (await rows.filter({ hasText: 'order.made' }).count()) throw new Error('a delivery of another type is listed');
  await narrow(() => hands.write(page.getByLabel('Webhook'), fine.id));
  await shows(MANY / 5);
  await see();
  await open(list);
  await narrow(async () => {
    await hands.space(page.getByRole('checkbox', { name: 'pending' }));
    await hands.space(page.getByRole('checkbox', { name: 'delivered' }));
  });
  await page.waitForURL('**status=pending&status=delivered**');
  await shows(ROWS);
  await hands.enter(page.getByRole('link', { name: 'Pending', exact: true }));
  await page.waitForURL('**status=pending');
  await rows.first().getByText('Next retry:').waitFor();
  await see();
  await hands.enter(page.getByRole('link', { name: 'All', exact: true }));
  await hands.enter(page.getByRole('link', { name: 'Last hour' }));
  await page.waitForURL('**last=1h');
  await shows(ROWS);
  await open(`${list}?until=2020-01-01T00:00`);
  await page.getByText('No deliveries match').waitFor();
  await see();
  eyes.allow(422);
  await open(`${list}?since=2026-02-01T00:00&until=2026-01-01T00:00`);
  await page.getByText('This must be later').waitFor();
  await see();
  eyes.allowNone();

  // One that failed: what was answered is shown as text.
  await open(`/dashboard/p/acme/live/events/${broken.id}`);
  await see();
  const names = await page.getByRole('region', { name: 'Data' }).locator('.name').allInnerTexts();
  const expected = ['"zebra"', '"alpha"', '"y"', '"x"', '"middle"', '"b"', '"a"'];
  if (names.join() !== expected.join()) throw new Error(`the members of the data: ${names}`);
  await page.getByRole('region', { name: 'Data' }).getByText('1.50', { exact: true }).waitFor();
  await page.getByRole('region', { name: 'Data' }).getByText('1e2', { exact: true }).waitFor();
  await hands.enter(page.locator('.deliveries .what > a').first());
  await page.waitForURL('**/deliveries/**');
  await page.locator('.attempts').getByText('no <b>database</b> today').last().waitFor();
  await see();

  // One that arrived is sent again.
  const again = await send('t1', 'order.made');
  await delivered(again.id, 1);
  await open(`/dashboard/p/acme/live/events/${again.id}/deliveries/${fine.id}`);
  await hands.enter(page.getByRole('button', { name: 'Send again' }));
  await page.getByRole('status').getByText('It is being sent again.').waitFor();
  await page.locator('.attempts').getByText('Attempt 2').waitFor();
  await page.getByRole('button', { name: 'Send again' }).waitFor();
  await see();

  // One that waits for its next attempt is cancelled, and its event erased.
  const unwanted = await send('t2', 'order.made');
  await open(`/dashboard/p/acme/live/events/${unwanted.id}`);
  await hands.enter(page.locator('.deliveries .what > a').first());
  await page.waitForURL('**/deliveries/**');
  await hands.enter(page.locator('summary', { hasText: 'Cancel' }));
  await hands.enter(page.getByRole('button', { name: 'Yes, do not send it' }));
  await page.getByRole('status').getByText('Cancelled').waitFor();
  await see();
  // What was done is said once.
  await page.reload();
  await page.getByRole('heading', { level: 1 }).waitFor();
  if (await page.getByRole('status').getByText('Cancelled').count()) throw new Error('a notice comes back');
  await open(`/dashboard/p/acme/live/events/${unwanted.id}`);
  await hands.enter(page.locator('summary', { hasText: 'Erase what this event says' }));
  await hands.enter(page.getByRole('button', { name: 'Erase it' }));
  await page.getByText('What this event said was erased.').waitFor();
  await see();
}, { looks: DIAGONAL });

/** Waits until a delivery has arrived after so many attempts. */
async function delivered(event, attempts) {
  const path = `/v1/events/${event}/deliveries/${fine.id}`;
  for (;;) {
    const delivery = await api('acme', 'GET', path).catch(() => undefined);
    if (delivery?.status === 'delivered' && delivery.attempts.length >= attempts) return;
    await new Promise((done) => { setTimeout(done, 50); });
  }
}
