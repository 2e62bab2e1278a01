// What every page must be, whatever it shows.
import { axeSource } from './packages.mjs';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Ends the walk unless the page is sound: one heading, a title, nothing beside the screen, nothing axe-core finds. */
export async function sound(page, look) {
  const faults = [...(await frame(page, look)), ...(await axe(page))];
  if (faults.length > 0) throw new Error(`${page.url()}:\n  ${faults.join('\n  ')}`);
}

async function frame(page, look) {
  const seen = await page.evaluate((width) => {
    const wide = [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > width + 0.5)
      // What scrolls within its own box is not beside the screen.
      .filter((element) => {
        for (let box = element.parentElement; box && box !== document.body; box = box.parentElement) {
          if (getComputedStyle(box).overflowX !== 'visible') return false;
        }
        return true;
      })
      .map((element) => element.outerHTML.slice(0, 120));
    return {
      width: document.scrollingElement.scrollWidth,
      wide: wide.slice(-3),
      headings: document.querySelectorAll('h1').length,
      title: document.title,
    };
  }, look.width);
  const faults = [];
  if (seen.width > look.width) {
    faults.push(`${seen.width} wide on a screen of ${look.width}: ${seen.wide.join(' | ')}`);
  }
  if (seen.headings !== 1) faults.push(`${seen.headings} headings of the first level`);
  if (!seen.title.trim()) faults.push('no title');
  return faults;
}

/** What axe-core finds by WCAG 2.2 AA and its own good practices, in words. */
export async function axe(page) {
  const found = [];
  for (const frame of page.frames()) {
    // Evaluated by the debugger: the page's own policy stays in force and is not in the way.
    await frame.evaluate(`window.axe ?? (() => { ${axeSource} })()`);
    found.push(...(await frame.evaluate(run, TAGS)));
  }
  return found;
}

async function run(tags) {
  const options = { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'], iframes: false };
  const { violations } = await window.axe.run(document, options);
  return violations.map((rule) => {
    const [node] = rule.nodes;
    const why = node.failureSummary.replace(/\s+/g, ' ');
    const where = `${node.target.join(' ')}: ${node.html.slice(0, 160)}`;
    return `axe ${rule.impact} ${rule.id}, ${rule.nodes.length} times: ${where}: ${why}`;
  });
}
