// The pages of the documentation that the server brings.
import { walk } from '../kit/walk.mjs';

await walk(async ({ page, open, see, keys }) => {
  await open('/docs');
  // Every route folded out: the tables and descriptions are most of the page.
  await page.evaluate(() => document.querySelectorAll('details').forEach((route) => route.setAttribute('open', '')));
  await see();

  await open('/docs');
  await keys.enter(page.getByRole('link', { name: 'Problems', exact: true }));
  await page.waitForURL('**/docs/problems');
  await see();

  await keys.enter(page.getByRole('link', { name: 'not_found' }));
  await page.waitForURL('**/docs/problems/not_found');
  await see();
});
