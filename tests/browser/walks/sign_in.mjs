// An operator signs in and out, with the keyboard; and comes back after a session was lost.
import { DIAGONAL } from '../kit/looks.mjs';
import { makeProject } from '../kit/people.mjs';
import { walk } from '../kit/walk.mjs';

await makeProject('standard', 'acme');
const deliveries = '/dashboard/p/acme/live/deliveries';
const newType = '/dashboard/p/acme/live/catalogue/new';

await walk(async ({ page, context, site, eyes, keys, open, see }) => {
  const field = page.getByLabel('API key or root key');
  const button = page.getByRole('button', { name: 'Sign in' });

  // A page that needs a session sends to the door, which remembers where one wanted to go.
  await open(deliveries);
  await page.waitForURL('**/dashboard/sign-in?next=**');
  await see();

  eyes.allow(401);
  await keys.write(field, 'sk_live_not_a_key_at_all');
  await keys.press('Enter');
  await page.locator('#key[aria-invalid]').waitFor();
  await see();
  eyes.allowNone();

  await keys.write(field, site.root_key);
  await keys.enter(button);
  await page.waitForURL(`**${deliveries}`);
  await see();

  await keys.enter(page.getByRole('button', { name: 'Sign out' }));
  await page.waitForURL((url) => url.pathname === '/dashboard/sign-in');
  await page.getByRole('status').getByText('signed out').waitFor();
  await see();

  await open(deliveries);
  await page.waitForURL('**/dashboard/sign-in?next=**');
  await keys.write(field, site.root_key);
  await keys.press('Enter');
  await page.waitForURL(`**${deliveries}`);

  // A session that is gone when a form is sent: nothing is done, and after signing in one is back on the form's page.
  await open(newType);
  await keys.write(page.getByLabel('Name', { exact: true }), 'never.made');
  await context.clearCookies();
  eyes.allow(401);
  await keys.enter(page.getByRole('button', { name: 'Declare type' }));
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
  await see();
  eyes.allowNone();
  await keys.enter(page.getByRole('link', { name: 'Sign in' }));
  await keys.write(field, site.root_key);
  await keys.press('Enter');
  await page.waitForURL(`**${newType}`);
  await open('/dashboard/p/acme/live/catalogue');
  await page.getByRole('heading', { level: 1, name: 'Event catalogue' }).waitFor();
  if (await page.getByText('never.made').count()) throw new Error('a form without a session was done');
}, { looks: DIAGONAL });
