// Who opens pages: an operator with a key, a customer with a link.
import { api, call, site } from './site.mjs';

/** Signs in at the dashboard on the way to a page, with the root key unless another is given. */
export async function signIn({ page, open }, to, key = site.root_key) {
  await open(to);
  await page.waitForURL('**/dashboard/sign-in?**');
  await page.getByLabel('API key or root key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => !url.pathname.endsWith('/sign-in'));
}

/** A link to the portal for a customer of a project of the sample. */
export async function portalLink(project, tenant) {
  const { url } = await api(project, 'POST', `/v1/tenants/${tenant}/portal`);
  return url;
}

/** Opens the portal as this customer. */
export async function openPortal({ page }, project, tenant) {
  await page.goto(await portalLink(project, tenant));
  await page.waitForURL('**/portal/webhooks');
}

/** Makes a project of its own for a walk that changes one; its id and a key that may do everything in it. */
export async function makeProject(contract, id, more = {}) {
  await call(site.root_key, 'POST', '/v1/projects', { id, name: id, contract, ...more });
  const made = await call(site.root_key, 'POST', `/v1/projects/${id}/keys`, { name: 'walk', mode: 'live', scopes: ['*'] });
  site.projects[id] = { key: made.key, endpoints: {} };
  return site.projects[id];
}
