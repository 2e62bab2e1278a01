// A project in which every text that somebody else may write is written against us: markup that wants to run, quotes,
// text from right to left, and as long as it may be.
import { makeProject } from './people.mjs';
import { api, call, hostAnswers, site } from './site.mjs';

const MARKUP = `</td></script><script>alert(1)</script>"'><img src=x onerror=alert(2)>&amp;`;
const RIGHT_TO_LEFT = '\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627';
/** A name that turns round what follows it, in scripts that run both ways. */
const TURNED = `\u202e${RIGHT_TO_LEFT}`;

/** So many characters of it: markup, text from right to left, and a word without end. */
export function hostile(length, { turned = true } = {}) {
  return `${MARKUP}${turned ? TURNED : RIGHT_TO_LEFT}${'w'.repeat(Math.max(0, length))}`.slice(0, length);
}

export const PROJECT = 'hostile';
export const TENANT = `${'t'.repeat(60)}:@_-.${'T'.repeat(63)}`;
export const ENDPOINT = 'wanted';
export const TYPE = hostile(128, { turned: false }).replaceAll('/', '|').replaceAll('*', '+').trim();

/** Makes it, with deliveries in every state. */
export async function makeHostileProject() {
  await makeProject('standard', PROJECT, {
    name: hostile(256),
    settings: { branding: { name: hostile(256), colour: '#ffff00' }, retry: { schedule_seconds: [] }, disable: 'never' },
  });
  await call(site.root_key, 'POST', `/v1/projects/${PROJECT}/keys`, { name: hostile(256), mode: 'live', scopes: ['*'], tenant: TENANT });
  const document = { [hostile(10_000)]: hostile(10_000), [TURNED]: [[[hostile(400)]]], long: 'w'.repeat(10_000), number: 1e300 };
  await api(PROJECT, 'PUT', `/v1/event-types/${encodeURIComponent(TYPE)}`, {
    description: hostile(4_096),
    example: document,
    schema: { title: hostile(5_000), type: 'object' },
  });
  const of = `/v1/tenants/${TENANT}/endpoints`;
  const path = `/${encodeURIComponent(hostile(60))}/${'p'.repeat(1_500)}`;
  const wanted = await api(PROJECT, 'POST', of, {
    name: hostile(128),
    description: hostile(2_000),
    url: `https://broken.hostile.example${path}`,
    event_types: [TYPE],
    headers: { [`X-${'H'.repeat(200)}`]: hostile(60, { turned: false }).replace(/[^ -~]/g, '?') + 'v'.repeat(3_000) },
    filter: { data: { long: { $neq: hostile(3_000) } } },
    metadata: { [hostile(1_000)]: hostile(1_000) },
  });
  site.projects[PROJECT].endpoints[`${TENANT}/${ENDPOINT}`] = wanted.id;
  const fine = await api(PROJECT, 'POST', of, { name: hostile(128), url: `https://fine.hostile.example${path}` });
  const held = await api(PROJECT, 'POST', of, { name: hostile(128), url: 'https://held.hostile.example', enabled: false });
  await hostAnswers('broken.hostile.example', 500, { body: hostile(10_000) });

  // Without a timetable the first failure is the last.
  const send = () => api(PROJECT, 'POST', '/v1/events', {
    tenant: TENANT, type: TYPE, data: document, changes: document, attributes: { [hostile(60)]: hostile(60) },
    ordering_key: hostile(120),
  });
  await send();
  await until('failed', wanted.id);
  await until('delivered', fine.id);
  await until('held', held.id);
  // With one it waits.
  await call(site.root_key, 'PATCH', `/v1/projects/${PROJECT}`, { settings: { retry: { schedule_seconds: [3_600] }, disable: 'never',
    branding: { name: hostile(256), colour: '#ffff00' } } });
  await send();
  await until('pending', wanted.id, (delivery) => delivery.last_attempt);
  await api(PROJECT, 'POST', `${of}/${fine.id}/replay`, { types: [TYPE], status: ['delivered'], since: '2020-01-01T00:00:00Z' });
}

/** Waits until this endpoint has a delivery in that state. */
async function until(state, endpoint, is = () => true) {
  for (;;) {
    const { data } = await api(PROJECT, 'GET', `/v1/deliveries?endpoint=${endpoint}&status=${state}`);
    if (data.some(is)) return;
    await new Promise((done) => { setTimeout(done, 50); });
  }
}
