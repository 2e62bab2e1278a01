// An operator declares a type of events with a schema and an example, changes it and archives it.
import { DIAGONAL } from '../kit/looks.mjs';
import { makeProject, signIn } from '../kit/people.mjs';
import { api, call, site } from '../kit/site.mjs';
import { walk } from '../kit/walk.mjs';

const { key } = await makeProject('standard', 'acme');
const catalogue = '/dashboard/p/acme/live/catalogue';
const SCHEMA = '{"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}';

await walk(async (visit) => {
  const { page, look, hands, eyes, see } = visit;
  const type = `order.${look.name.replace('-', '.')}`;
  await signIn(visit, catalogue);
  await see();
  await hands.enter(page.getByRole('link', { name: 'New type' }));
  await hands.write(page.getByLabel('Name', { exact: true }), type);
  await hands.write(page.getByLabel('Description'), 'Somebody ordered something');
  await hands.write(page.getByLabel('Example'), '{"id": 7,}');
  await hands.write(page.getByLabel('JSON Schema'), SCHEMA);
  eyes.allow(422);
  await hands.enter(page.getByRole('button', { name: 'Declare type' }));
  await page.locator('#example[aria-invalid]').waitFor();
  await see();
  eyes.allowNone();
  if ((await page.getByLabel('JSON Schema').inputValue()) !== SCHEMA) throw new Error('what was entered is lost');
  await hands.write(page.getByLabel('Example'), '{"id": 7, "amount": 1.50, "about": "shoes"}');
  await hands.enter(page.getByRole('button', { name: 'Declare type' }));
  await page.waitForURL((url) => url.pathname === `${catalogue}/${type}`);
  await page.getByText('Somebody ordered something').waitFor();
  await see();

  // The schema is in force.
  const refused = await fetch(`${site.base}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ tenant: 't1', type, data: { id: 'seven' } }),
  });
  if (refused.status !== 422) throw new Error(`an event that breaks the schema: ${refused.status}`);

  // Somebody else changes it while it is edited here: nothing of this is saved.
  await hands.enter(page.getByRole('link', { name: 'Edit', exact: true }));
  await page.waitForURL('**/edit');
  await see();
  await call(key, 'PUT', `/v1/event-types/${type}`, { description: 'By somebody else' });
  await hands.write(page.getByLabel('Description'), 'By me');
  eyes.allow(409);
  await hands.enter(page.getByRole('button', { name: 'Save' }));
  await page.getByRole('heading', { name: 'Changed meanwhile' }).waitFor();
  await see();
  eyes.allowNone();
  await hands.enter(page.getByRole('link', { name: 'See it as it is now' }));
  await page.getByText('By somebody else').waitFor();
  await hands.enter(page.getByRole('link', { name: 'Edit', exact: true }));
  await hands.write(page.getByLabel('Description'), 'By both of us');
  await hands.enter(page.getByRole('button', { name: 'Save' }));
  await page.getByRole('status').getByText('Saved.').waitFor();
  const kind = await api('acme', 'GET', `/v1/event-types/${type}`);
  if (kind.description !== 'By both of us') throw new Error(`saved: ${kind.description}`);

  await hands.enter(page.getByRole('link', { name: 'Edit', exact: true }));
  await hands.enter(page.locator('summary', { hasText: 'Archive' }));
  await hands.enter(page.getByRole('button', { name: 'Archive' }));
  await page.getByRole('status').getByText('Archived').waitFor();
  await see();
  if (await page.getByRole('link', { name: type }).count()) throw new Error(`${type} is still in the catalogue`);
}, { looks: DIAGONAL });
