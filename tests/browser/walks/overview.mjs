// What happens in a project over an hour, a day and a week; and where nothing does.
import assert from 'node:assert/strict';

import { DIAGONAL } from '../kit/looks.mjs';
import { makeProject, signIn } from '../kit/people.mjs';
import { sound } from '../kit/sound.mjs';
import { walk } from '../kit/walk.mjs';

await makeProject('standard', 'quiet');
const CHARTS = ['Events', 'Deliveries by outcome', 'Latency of attempts', 'Attempts', 'Due deliveries', 'How late'];
const SPANS = [['24h', '24'], ['7d', '7'], ['1h', '1']];

/** From a small phone to a desk's wide screen. */
const WIDTHS = [320, 390, 768, 880, 1024, 1920];

await walk(async (visit) => {
  const { page, hands, look, see } = visit;
  await signIn(visit, '/dashboard/p/northwind/live');
  const counted = (name) => page.locator('.figures .panel', { hasText: name }).first().locator('.value').innerText();
  const events = [];
  for (const [span, digit] of SPANS) {
    await hands.enter(page.locator('.title .tabs a', { hasText: new RegExp(`${digit}\\b`) }).first());
    await page.waitForURL(`**?span=${span}`);
    for (const chart of CHARTS) {
      await page.getByRole('heading', { name: chart, exact: true }).waitFor();
    }
    await page.locator('.chart rect.accent').first().waitFor();
    await page.locator('.chart polyline').first().waitFor();
    events.push(Number((await counted('Events')).replaceAll(',', '')));
    await see();
    for (const width of WIDTHS) await fits(page, look, width);
    await page.setViewportSize(look.options.viewport);
  }
  assert.ok(await page.locator('header .project').isVisible(), 'which project is open is seen');
  assert.equal(await page.title(), 'Overview · Northwind Freight · Postrider');
  const [day, week, hour] = events;
  if (!(hour > 0 && day >= hour && week >= day)) throw new Error(`events of an hour, a day, a week: ${[hour, day, week]}`);

  // The numbers behind a chart are there as a table.
  await hands.enter(page.locator('.numbers summary').first());
  await page.locator('.numbers table').first().waitFor();
  await see();

  // What fails is named, and is one step away.
  const failing = page.getByRole('table', { name: 'Webhooks whose last attempt failed' });
  await hands.enter(failing.getByRole('link', { name: 'Invoices to the bookkeeper' }));
  await page.getByRole('heading', { level: 1, name: 'Invoices to the bookkeeper' }).waitFor();
  await see();

  await visit.go('/dashboard/p/quiet/live');
  await page.getByText('Nothing was sent in this time').waitFor();
  await page.getByText('No events in this time.').first().waitFor();
}, { looks: DIAGONAL });


/** Nothing is beside a screen that is so wide, no name is torn, no label runs into the next, and head and body align. */
async function fits(page, look, width) {
  await page.setViewportSize({ width, height: 900 });
  await sound(page, { ...look, width });
  const seen = await page.evaluate(() => {
    const box = (element) => element.getBoundingClientRect();
    const torn = [...document.querySelectorAll('.list tbody th')].filter((cell) => box(cell).width < 120);
    const gaps = [...document.querySelectorAll('.chart > svg')].flatMap((chart) => {
      const labels = [...chart.querySelectorAll('text[text-anchor=middle]')].map(box).filter(({ width }) => width > 0);
      return labels.slice(1).map((label, at) => label.left - labels[at].right);
    });
    const [brand, places] = ['.brand', '.side li a'].map((part) => box(document.querySelector(part)).left);
    return { torn: torn.length, gap: Math.min(...gaps), apart: Math.abs(brand - places) };
  });
  assert.equal(seen.torn, 0, `names are torn at ${width}`);
  assert.ok(seen.gap >= 4, `labels are ${seen.gap} apart at ${width}`);
  if (width > 860) assert.ok(seen.apart <= 20, `head and body are ${seen.apart} apart at ${width}`);
}
