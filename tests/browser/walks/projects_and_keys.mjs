// An operator makes a project and a key, sends an event with it, and revokes it.
import { DIAGONAL } from '../kit/looks.mjs';
import { signIn } from '../kit/people.mjs';
import { call, site } from '../kit/site.mjs';
import { walk } from '../kit/walk.mjs';

await walk(async (visit) => {
  const { page, look, hands, eyes, see } = visit;
  const id = `shop-${look.name}`;
  await signIn(visit, '/dashboard/projects');
  await see();

  await hands.enter(page.getByRole('link', { name: /^Create (project|the first project)$/ }).first());
  const idField = page.getByLabel('Id', { exact: true });
  await hands.write(idField, 'Not An Id!');
  eyes.allow(422);
  await hands.enter(page.getByRole('button', { name: 'Create project' }));
  await page.locator('#id[aria-invalid]').waitFor();
  await see();
  eyes.allowNone();
  await hands.write(page.getByLabel('Id', { exact: true }), id);
  await hands.write(page.getByLabel('Name'), 'The Shop');
  await hands.enter(page.getByRole('button', { name: 'Create project' }));
  await page.waitForURL((url) => url.pathname === `/dashboard/p/${id}/live/keys`);
  await page.getByRole('status').getByText('The project was created').waitFor();
  await page.getByText('No API keys yet').waitFor();
  await see();

  await hands.enter(page.getByRole('link', { name: 'Create the first key' }));
  eyes.allow(422);
  await hands.enter(page.getByRole('button', { name: 'Create key' }));
  await page.getByRole('alert').getByText('Nothing was done yet').waitFor();
  await see();
  eyes.allowNone();
  await hands.write(page.getByLabel('Name'), 'backend');
  await hands.space(page.getByRole('checkbox', { name: 'events:write' }));
  await hands.enter(page.getByRole('button', { name: 'Create key' }));
  await page.getByText('it is shown this once').waitFor();
  await see();
  const key = await page.getByText(/^sk_live_/).innerText();
  await call(key, 'POST', '/v1/events', { tenant: 't1', type: 'contact.created', data: { id: 1 } });

  // The page that showed it is the answer to a form: coming back to the list, it is not there.
  await hands.enter(page.getByRole('link', { name: 'All keys' }));
  await page.waitForURL(`**/${id}/live/keys`);
  await page.getByRole('rowheader').getByText('backend').waitFor();
  await see();
  if ((await page.content()).includes(key)) throw new Error('a key is shown twice');

  await hands.enter(page.locator('summary', { hasText: 'Revoke' }));
  await see();
  await hands.enter(page.getByRole('button', { name: 'Revoke' }));
  await page.getByRole('status').getByText('Revoked').waitFor();
  await see();
  const refused = await fetch(`${site.base}/v1/events`, { method: 'POST', headers: { authorization: `Bearer ${key}` } });
  if (refused.status !== 401) throw new Error(`a key that was revoked: ${refused.status}`);
}, { looks: DIAGONAL });
