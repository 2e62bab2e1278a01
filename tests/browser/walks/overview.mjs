// What happens in a project over an hour, a day and a week; and where nothing does.
import { DIAGONAL } from '../kit/looks.mjs';
import { makeProject, signIn } from '../kit/people.mjs';
import { walk } from '../kit/walk.mjs';

await makeProject('standard', 'quiet');
const CHARTS = ['Events', 'Deliveries by outcome', 'Latency of attempts', 'Attempts', 'Due deliveries', 'How late'];
const SPANS = [['24h', '24'], ['7d', '7'], ['1h', '1']];

await walk(async (visit) => {
  const { page, hands, see } = visit;
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
  }
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

