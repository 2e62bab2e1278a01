// The packages, which `make test-packages` installs outside the sources.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const repository = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const require = createRequire(`${repository}/target/browser/package.json`);

export const { chromium } = require('playwright-core');
/** axe-core as a script that a page evaluates. */
export const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
/** Where the picture of a page is put on which a walk ended. */
export const failures = `${repository}/target/browser/failures`;
