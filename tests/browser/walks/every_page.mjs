// Every page there is, looked at.
import { pagesByPerson, seeEach } from '../kit/pages.mjs';
import { walk } from '../kit/walk.mjs';

const people = await pagesByPerson();

await walk((visit) => seeEach(visit, people));
