// What a customer does again and again in the portal.
import assert from 'node:assert/strict';

import { api } from './site.mjs';

/** The navigation's link to the list, below "Settings". */
export function toWebhooks(page) {
  return page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Webhooks', exact: true });
}

/** The webhook's name; names of headers are others. */
export function nameField(page) {
  return page.getByRole('textbox', { name: 'Name optional' });
}

/** The box of an event type in the picker. */
export function eventBox(page, type) {
  const name = new RegExp(`^${type.replace(/[.*]/g, '\\$&')}(?![\\w.*])`);
  return page.getByRole('checkbox', { name });
}

/** Fills in what every webhook has, from the page "Create Webhook": only these types, or without any all. */
export async function fillIn(page, { name, url, types = [] }) {
  await nameField(page).fill(name);
  await page.getByLabel('URL').fill(url);
  await page.getByRole('radio', { name: types.length > 0 ? 'Only these:' : 'All events' }).check();
  for (const type of types) await eventBox(page, type).check();
}

/** Presses "Create"; where a secret is shown then, it is given back, and the webhook's page is gone to. */
export async function create({ page, see }) {
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByText(/The webhook is ready\.|^Created\.$/).waitFor();
  await see();
  const shown = page.getByRole('region', { name: 'Secret' });
  const secret = (await shown.count()) > 0 ? (await shown.innerText()).trim() : undefined;
  if (secret !== undefined) await isSeenWhole(shown);
  if (secret !== undefined) await page.getByRole('link', { name: 'Continue' }).click();
  await page.waitForURL(/\/portal\/webhooks\/(?!new)[^/]+$/);
  return secret;
}

/** All of the secret is on the screen at once, and its button beside it. */
async function isSeenWhole(shown) {
  const { beyond, covered } = await shown.evaluate((text) => {
    const [own, button] = [text, text.parentElement.querySelector('.copy')].map((part) => part.getBoundingClientRect());
    const isApart = button.left >= own.right || button.bottom <= own.top;
    return { beyond: text.scrollWidth - text.clientWidth, covered: !isApart };
  });
  assert.deepEqual({ beyond, covered }, { beyond: 0, covered: false }, 'the secret is seen to its end');
}

/** The id of the webhook whose page is open. */
export function openId(page) {
  return new URL(page.url()).pathname.split('/')[3];
}

/** Makes a webhook by the API; its id. */
export async function madeWebhook(project, tenant, body) {
  const made = await api(project, 'POST', `/v1/tenants/${tenant}/endpoints`, body);
  return made.id;
}

/** Sends an event of that type; its id. It must have so many deliveries. */
export async function send(project, event, deliveries = 1) {
  const accepted = await api(project, 'POST', '/v1/events', { data: {}, ...event });
  assert.equal(accepted.deliveries, deliveries, JSON.stringify(event));
  return accepted.id;
}

/** The rows of "Recent Deliveries" and of the list of deliveries. */
export function rows(page) {
  return page.locator('ul.deliveries > li');
}

/** The badges that say this. */
export function badge(within, word) {
  return within.locator('.badge').filter({ hasText: new RegExp(`(^|\\s)${word}$`) });
}
