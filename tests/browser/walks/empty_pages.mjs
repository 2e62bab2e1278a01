// Every page of a project in which nothing happened yet.
import { DIAGONAL } from '../kit/looks.mjs';
import { pagesByPerson, seeEach } from '../kit/pages.mjs';
import { makeProject } from '../kit/people.mjs';
import { walk } from '../kit/walk.mjs';

for (const contract of ['standard', 'scopien', 'call-center']) await makeProject(contract, `empty-${contract}`);
const CONTRACTS = { northwind: 'standard', scopien: 'scopien', ringdesk: 'call-center' };
// What a page is about is not there yet; what the contract says is.
const NEEDED = /\{(endpoint|replay|type|\w+\.\w+)\}/;

const people = await pagesByPerson((page) => {
  if (!page.project) return page.as === 'operator' && page;
  const isOfTenant = page.as === 'operator' && page.path.endsWith('/{tenant}');
  if (NEEDED.test(page.path) || isOfTenant) return undefined;
  return { ...page, project: `empty-${CONTRACTS[page.project]}`, tenant: page.tenant && 'nobody' };
});

await walk((visit) => seeEach(visit, people), { looks: DIAGONAL });
