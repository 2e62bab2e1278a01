// Every page, as `pages.json` lists them: a name, who opens it, its path, its status where that is not 200. `project`,
// `tenant`, `endpoint` (by its name) and `type` say what it is about; placeholders of the path are filled with them, and
// with what is in the project: `{pending.event}`, `{pending.endpoint}` (also delivered, failed, held: the newest delivery
// in that state, of the page's tenant where it has one), `{replay}`. `shown` names the look whose picture of the page
// stands in the guide, `whole` that all of the page is on it.
import { readFileSync } from 'node:fs';

import { openPortal, signIn } from './people.mjs';
import { api, site } from './site.mjs';

const list = JSON.parse(readFileSync(new URL('../pages.json', import.meta.url), 'utf8'));
const STATES = ['pending', 'delivered', 'failed', 'held'];

/**
 * The pages with their paths filled in, by who opens them: nobody, an operator, or a customer of a project. `of` makes
 * of a page one about something else; a page of which it makes nothing is left out.
 */
export async function pagesByPerson(of = (page) => page) {
  const people = new Map();
  for (const page of list.map(of).filter((page) => page)) {
    const person = page.as === 'customer' ? `${page.project}/${page.tenant}` : page.as;
    if (!people.has(person)) people.set(person, { page, pages: [] });
    people.get(person).pages.push({ status: 200, ...page, path: await filled(page) });
  }
  return [...people.values()].map(({ page, pages }) => ({ enter: (visit) => enter(visit, page, pages), pages }));
}

/** Looks at every page of these people: each is sound and answers with its status. What is wrong is told of all at once. */
export async function seeEach(visit, people) {
  const faults = [];
  for (const { enter, pages } of people) {
    await visit.context.clearCookies();
    await enter(visit);
    for (const page of pages) {
      await visited(visit, page).catch((error) => faults.push(`${page.name}: ${error.message}`));
    }
  }
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

async function visited(visit, { path, status }) {
  if (status !== 200) visit.eyes.allow(status);
  const response = await visit.go(path);
  if (response.status() !== status) throw new Error(`${response.status()} instead of ${status}`);
  visit.eyes.allowNone();
}

async function enter(visit, page, pages) {
  if (page.as === 'customer') return openPortal(visit, page.project, page.tenant);
  if (page.as === 'operator') return signIn(visit, pages[0].path);
  return undefined;
}

async function filled(page) {
  const parts = page.path.split(/\{([^}]+)\}/);
  for (let at = 1; at < parts.length; at += 2) parts[at] = encodeURIComponent(await value(parts[at], page));
  return parts.join('');
}

async function value(placeholder, page) {
  const { project, tenant, endpoint } = page;
  if (placeholder === 'endpoint') return site.projects[project].endpoints[`${tenant}/${endpoint}`];
  if (placeholder === 'replay') return (await api(project, 'GET', '/v1/replays?limit=1')).data[0].id;
  if (page[placeholder]) return page[placeholder];
  const [state, part] = placeholder.split('.');
  if (!STATES.includes(state)) throw new Error(`no placeholder {${placeholder}}`);
  const of = tenant ? `&tenant=${tenant}` : '';
  const { data } = await api(project, 'GET', `/v1/deliveries?limit=1&status=${state}${of}`);
  if (data.length === 0) throw new Error(`${project} has no delivery that is ${state}`);
  return data[0][part];
}
