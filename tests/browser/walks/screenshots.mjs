// A picture of every page with every look.
import { mkdirSync, rmSync } from 'node:fs';

import { repository } from '../kit/packages.mjs';
import { pagesByPerson } from '../kit/pages.mjs';
import { walk } from '../kit/walk.mjs';

const all = `${repository}/target/screenshots`;
const best = `${repository}/docs/images`;
rmSync(all, { recursive: true, force: true });
mkdirSync(all, { recursive: true });
mkdirSync(best, { recursive: true });

const people = await pagesByPerson();

await walk(async (visit) => {
  const { page, look, context, eyes } = visit;
  for (const { enter, pages } of people) {
    await context.clearCookies();
    await enter(visit);
    for (const { name, path, status, shown, whole } of pages) {
      if (status !== 200) eyes.allow(status);
      await visit.open(path);
      eyes.allowNone();
      await page.screenshot({ path: `${all}/${name}-${look.name}.png`, fullPage: true });
      if (shown !== look.name) continue;
      // What stands in the guide is what one screen shows, unless what matters is further down.
      await page.screenshot({ path: `${best}/${name}.png`, fullPage: whole === true });
    }
  }
});
