// An operator finds a customer, makes a link to its portal and looks at it; and erases a customer.
import { DIAGONAL } from '../kit/looks.mjs';
import { makeProject, signIn } from '../kit/people.mjs';
import { api } from '../kit/site.mjs';
import { walk } from '../kit/walk.mjs';

await makeProject('standard', 'acme');
for (const tenant of ['t1', 't2@example.com']) {
  await api('acme', 'POST', `/v1/tenants/${tenant}/endpoints`, { name: 'Of the customer', url: 'https://hooks.t1.example/in' });
}

await walk(async (visit) => {
  const { page, context, look, hands, eyes, see } = visit;
  const gone = `gone-${look.name}`;
  await api('acme', 'POST', `/v1/tenants/${gone}/endpoints`, { url: 'https://hooks.gone.example/in' });

  await signIn(visit, '/dashboard/p/acme/live/tenants');
  await page.getByRole('link', { name: 't2@example.com' }).waitFor();
  await see();
  await hands.write(page.getByRole('textbox', { name: 'Tenant' }), 'no tenant');
  await hands.enter(page.getByRole('button', { name: 'Open' }));
  await page.getByText("cannot be a tenant's id").waitFor();
  await see();
  await hands.write(page.getByRole('textbox', { name: 'Tenant' }), 't2@example.com');
  await hands.press('Enter');
  await page.getByRole('heading', { level: 1, name: 't2@example.com' }).waitFor();
  await see();

  await hands.enter(page.getByRole('button', { name: 'Make a portal link' }));
  await page.getByText('shown once and opens once').waitFor();
  await see();
  const url = await page.getByText(/\/portal\/pl_/).innerText();
  const [portal] = await Promise.all([
    context.waitForEvent('page'),
    hands.enter(page.getByRole('link', { name: 'Open portal link' })),
  ]);
  await portal.waitForURL('**/portal/webhooks');
  await portal.getByRole('link', { name: 'Of the customer' }).waitFor();
  await portal.close();

  // Once means once.
  eyes.allow(410);
  await visit.open(new URL(url).pathname);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await see();
  eyes.allowNone();

  await visit.open(`/dashboard/p/acme/live/tenants/${gone}`);
  await hands.enter(page.locator('summary', { hasText: 'Delete tenant' }));
  await hands.write(page.getByLabel('Id', { exact: true }), 't1');
  eyes.allow(422);
  await hands.enter(page.getByRole('button', { name: 'Delete tenant' }));
  await page.getByText('This is not the id. Nothing was deleted.').waitFor();
  await see();
  eyes.allowNone();
  await hands.write(page.getByLabel('Id', { exact: true }), gone);
  await hands.enter(page.getByRole('button', { name: 'Delete tenant' }));
  await page.getByRole('status').getByText('Deleted.').waitFor();
  await see();
  if (await page.getByRole('link', { name: gone }).count()) throw new Error(`${gone} is still listed`);
}, { looks: DIAGONAL });
