// A walk: a script that does what a person does, once with each look, in one browser.
import { mkdirSync } from 'node:fs';
import { basename } from 'node:path';

import { Eyes } from './eyes.mjs';
import { Hands } from './hands.mjs';
import { Keys } from './keys.mjs';
import { LOOKS } from './looks.mjs';
import { chromium, failures } from './packages.mjs';
import { site } from './site.mjs';
import { sound } from './sound.mjs';

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
];
/** The longest that a page is waited for, in milliseconds. Nothing takes as long unless it is broken. */
const PATIENCE = 30_000;

/** Starts the browser. */
export async function open() {
  return chromium.launch({ executablePath: site.chromium, args: FLAGS });
}

/**
 * Runs `body` with each of `looks`, and ends this program with 1 where something is not as it must be.
 * It gets `page`, `context`, `look`, `eyes`, `keys`, `open(path)`, `see()`, which checks what is shown,
 * and `go(path)`, which does both. `hands` are the keyboard on a desktop and a finger on a phone: what is done with them
 * is shown to work with either.
 */
export async function walk(body, { looks = LOOKS } = {}) {
  const browser = await open();
  let failed = false;
  for (const look of looks) {
    const began = performance.now();
    failed = !(await once(browser, look, body)) || failed;
    console.log(`${failed ? 'ended' : 'walked'} ${look.name} in ${Math.round(performance.now() - began)} ms`);
    if (failed) break;
  }
  await browser.close();
  process.exit(failed ? 1 : 0);
}

async function once(browser, look, body) {
  const context = await browser.newContext(look.options);
  context.setDefaultTimeout(PATIENCE);
  const eyes = new Eyes(context, [site.base, ...(site.origins ?? [])]);
  const page = await context.newPage();
  const visit = visitOf(page, context, look, eyes);
  try {
    await body(visit);
    eyes.check();
    return true;
  } catch (error) {
    console.error(`${look.name}, on ${page.url()}: ${error.stack ?? error}`);
    await keepPicture(page, look);
    return false;
  } finally {
    await context.close();
  }
}

function visitOf(page, context, look, eyes) {
  const keys = new Keys(page);
  const hands = look.device === 'phone' ? new Hands(page) : keys;
  const visit = { page, context, look, eyes, keys, hands, site };
  /** Checks the page that is shown. */
  visit.see = async () => {
    await sound(page, look);
    eyes.check();
  };
  /** Opens a path. */
  visit.open = (path) => page.goto(new URL(path, site.base).href);
  /** Opens a path and checks what it shows. */
  visit.go = async (path) => {
    const response = await visit.open(path);
    await visit.see();
    return response;
  };
  return visit;
}

async function keepPicture(page, look) {
  mkdirSync(failures, { recursive: true });
  const path = `${failures}/${basename(process.argv[1], '.mjs')}-${look.name}.png`;
  try {
    await page.screenshot({ path });
    console.error(`see ${path}`);
  } catch {
    // A page that is gone has no picture.
  }
}
