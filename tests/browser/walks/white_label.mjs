// White label: customers see the product's name, logo and colour, and no other name anywhere.
import assert from 'node:assert/strict';

import { looks } from '../kit/looks.mjs';
import { makeProject, openPortal } from '../kit/people.mjs';
import { api } from '../kit/site.mjs';
import { walk } from '../kit/walk.mjs';
import { create, fillIn, openId, rows, send } from '../kit/webhooks.mjs';

const OURS = /postrider/i;
const project = 'white';
const logo = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwADBwIAMCbHYQAAAABJRU5ErkJggg==';
const branding = { name: 'Larkspur Cloud', logo, colour: '#7a1f5c' };
await makeProject('standard', project, { name: 'internal name', settings: { branding } });
await api(project, 'PUT', '/v1/event-types/invoice.paid', { description: 'An invoice was paid', example: { number: '2026-1' } });

await walk(async (visit) => {
  const { page, context, look, open, see, eyes } = visit;
  const tenant = `shop-${look.name}`;
  const told = [];
  // Everything that the browser is sent, whether it is shown or not.
  page.on('response', (response) => told.push(spoken(response)));
  const branded = async () => {
    await page.getByRole('link', { name: 'Larkspur Cloud' }).waitFor();
    assert.match(await page.title(), / · Larkspur Cloud$/);
    const picture = page.locator('header img.logo');
    assert.equal(await picture.getAttribute('src'), logo);
    assert.ok(await picture.evaluate((img) => img.complete && img.naturalWidth > 0), 'the logo is drawn');
    assert.ok(!/internal name/.test(await page.content()));
    await see();
  };

  await openPortal(visit, project, tenant);
  await branded();
  const create_button = page.getByRole('link', { name: 'Create Webhook' });
  const colour = await create_button.evaluate((button) => getComputedStyle(button).backgroundColor);
  if (look.scheme === 'light') assert.equal(colour, 'rgb(122, 31, 92)');
  assert.ok(isReddish(colour), `${colour} is of the product's hue`);
  await create_button.click();
  await branded();
  await fillIn(page, { name: 'Books', url: `https://${look.name}.books.example/in` });
  await create(visit);
  await send(project, { tenant, type: 'invoice.paid' });
  await rows(page).first().getByText('200 OK').waitFor();
  await branded();
  const id = openId(page);
  await rows(page).first().getByRole('link').first().click();
  await page.getByRole('heading', { name: 'Attempts' }).waitFor();
  await branded();
  const more = ['/deliveries', '/catalogue', '/catalogue/invoice.paid', '/code', `/webhooks/${id}/edit`, `/webhooks/${id}/rotate`];
  for (const path of [...more, `/webhooks/${id}/test`, `/webhooks/${id}/replay`]) {
    await open(`/portal${path}`);
    await branded();
  }

  // Pages that say what went wrong bear no name but theirs either.
  eyes.allow(404, 410);
  await open('/portal/nothing');
  await open('/portal/pl_of_nobody');

  for (const { where, text } of await Promise.all(told)) {
    assert.doesNotMatch(text, OURS, `${where} names who made it`);
  }
  for (const cookie of await context.cookies()) assert.doesNotMatch(cookie.name, OURS);
}, { looks: looks('phone-dark', 'desktop-light') });

async function spoken(response) {
  const where = response.url();
  const headers = JSON.stringify(await response.allHeaders());
  const isStream = headers.includes('text/event-stream');
  const hasBody = !isStream && response.status() < 300;
  const body = hasBody ? await response.text().catch(() => '') : '';
  return { where, text: `${where} ${headers} ${body}` };
}

/** The hue of #7a1f5c, however light or dark a scheme makes it: more red than blue, least of all green. */
function isReddish(colour) {
  const [red, green, blue] = colour.match(/\d+(\.\d+)?/g).map(Number);
  return red > blue && blue > green;
}
