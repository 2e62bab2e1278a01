// Every page about a project whose customers write everything against us: no script of theirs runs, nothing overflows.
import { ENDPOINT, makeHostileProject, PROJECT, TENANT, TYPE } from '../kit/hostile.mjs';
import { DIAGONAL } from '../kit/looks.mjs';
import { pagesByPerson, seeEach } from '../kit/pages.mjs';
import { walk } from '../kit/walk.mjs';

await makeHostileProject();
const people = await pagesByPerson(
  (page) => page.project && { ...page, project: PROJECT, tenant: page.tenant && TENANT, endpoint: ENDPOINT, type: TYPE },
);

await walk((visit) => seeEach(visit, people), { looks: DIAGONAL });
