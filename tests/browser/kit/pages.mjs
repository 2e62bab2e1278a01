// Every page, as `pages.json` lists them: a name, who opens it, its path. Placeholders of a path are filled with what is
// in the project that the page names: `{endpoint:tenant/name}`, `{pending.event}`, `{pending.endpoint}` (also delivered,
// failed, held: the newest delivery in that state, of the page's tenant where it has one), `{replay}`. `shown` names the
// device whose picture of the page stands in the guide.
import { readFileSync } from 'node:fs';

import { openPortal, signIn } from './people.mjs';
import { api, site } from './site.mjs';

const list = JSON.parse(readFileSync(new URL('../pages.json', import.meta.url), 'utf8'));
const STATES = ['pending', 'delivered', 'failed', 'held'];

/** The pages with their paths filled in, by who opens them: nobody, an operator, or a customer of a project. */
export async function pagesByPerson() {
  const people = new Map();
  for (const page of list) {
    const person = page.tenant ? `${page.project}/${page.tenant}` : page.as;
    if (!people.has(person)) people.set(person, { page, pages: [] });
    people.get(person).pages.push({ name: page.name, shown: page.shown, path: await filled(page) });
  }
  return [...people.values()].map(({ page, pages }) => ({ enter: (visit) => enter(visit, page, pages), pages }));
}

async function enter(visit, page, pages) {
  if (page.tenant) return openPortal(visit, page.project, page.tenant);
  if (page.as === 'operator') return signIn(visit, pages[0].path);
  return undefined;
}

async function filled({ path, project, tenant }) {
  const parts = path.split(/\{([^}]+)\}/);
  for (let at = 1; at < parts.length; at += 2) parts[at] = await value(parts[at], project, tenant);
  return parts.join('');
}

async function value(placeholder, project, tenant) {
  const [kind, name] = placeholder.split(':');
  if (kind === 'endpoint') return site.projects[project].endpoints[name];
  if (kind === 'replay') return (await api(project, 'GET', '/v1/replays?limit=1')).data[0].id;
  const [state, part] = placeholder.split('.');
  if (!STATES.includes(state)) throw new Error(`no placeholder {${placeholder}}`);
  const of = tenant ? `&tenant=${tenant}` : '';
  const { data } = await api(project, 'GET', `/v1/deliveries?limit=1&status=${state}${of}`);
  if (data.length === 0) throw new Error(`${project} has no delivery that is ${state}`);
  return data[0][part];
}
