// Every page there is, looked at.
import { pagesByPerson } from '../kit/pages.mjs';
import { walk } from '../kit/walk.mjs';

const people = await pagesByPerson();

await walk(async (visit) => {
  for (const { enter, pages } of people) {
    await visit.context.clearCookies();
    await enter(visit);
    for (const { path } of pages) {
      const response = await visit.go(path);
      if (response.status() !== 200) throw new Error(`${path}: ${response.status()}`);
    }
  }
});
