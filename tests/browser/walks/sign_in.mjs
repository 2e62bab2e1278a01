// An operator signs in and out, with the keyboard.
import { makeProject } from '../kit/people.mjs';
import { walk } from '../kit/walk.mjs';

await makeProject('standard', 'acme');
const deliveries = '/dashboard/p/acme/live/deliveries';

await walk(async ({ page, site, eyes, keys, open, see }) => {
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
  await page.waitForURL('**/dashboard/sign-in?**');
  await page.getByRole('status').getByText('signed out').waitFor();
  await see();

  await open(deliveries);
  await page.waitForURL('**/dashboard/sign-in?next=**');
});
