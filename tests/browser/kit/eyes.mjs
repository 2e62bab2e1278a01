// Watches everything that goes wrong in a context without anyone looking: what the console says (a violated
// Content-Security-Policy is said there too), uncaught errors, requests that fail or go elsewhere.

const STATUS = /the server responded with a status of (\d+)/;

/** What was seen in one context. */
export class Eyes {
  #faults = [];
  #allowed = new Set();
  #expected;

  /** Watches every page of `context`, whose requests may go to these origins only. */
  constructor(context, origins) {
    context.on('page', (page) => this.#watch(page, origins));
  }

  /** From now on an answer with this status is what the walk wants to see. */
  allow(...statuses) {
    statuses.forEach((status) => this.#allowed.add(status));
  }

  /** Nothing but good answers is wanted any more. */
  allowNone() {
    this.#allowed.clear();
    this.#expected = undefined;
  }

  /** From now on a fault that this tells of is what the walk wants to see. */
  expect(pattern) {
    const seen = {};
    seen.promise = new Promise((resolve) => { seen.resolve = resolve; });
    this.#expected = { pattern, ...seen };
  }

  /** Waits until it was seen. */
  expected() {
    return this.#expected.promise;
  }

  /** Ends the walk if anything went wrong since the last time. */
  check() {
    const faults = this.#faults.splice(0);
    if (faults.length > 0) throw new Error(`seen in the browser:\n  ${faults.join('\n  ')}`);
  }

  #watch(page, origins) {
    page.on('pageerror', (error) => this.#fault(page, `uncaught: ${error.stack ?? error}`));
    page.on('console', (message) => this.#said(page, message));
    // Nothing of ours opens one: a script got in.
    page.on('dialog', (dialog) => {
      this.#fault(page, `a dialog: ${dialog.message()}`);
      dialog.dismiss().catch(() => undefined);
    });
    page.on('crash', () => this.#fault(page, 'the page crashed'));
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith('http') && !origins.includes(origin)) {
        this.#fault(page, `a request to another origin: ${request.url()}`);
      }
    });
    page.on('requestfailed', (request) => this.#failed(page, request));
    page.on('response', (response) => {
      if (response.status() >= 400 && !this.#allowed.has(response.status())) {
        this.#fault(page, `${response.status()} for ${response.request().method()} ${response.url()}`);
      }
    });
  }

  #said(page, message) {
    if (!['error', 'warning', 'assert'].includes(message.type())) return;
    // The browser reports every answer of 400 and above; those that are not wanted are faults already.
    if (STATUS.test(message.text())) return;
    this.#fault(page, `console ${message.type()}: ${message.text()}`);
  }

  #failed(page, request) {
    const error = request.failure()?.errorText;
    // Leaving a page ends its stream of events and what else it still loads.
    const isLeft = error === 'net::ERR_ABORTED';
    // A download begins as a navigation that comes to no page.
    if (!isLeft) this.#fault(page, `${error} for ${request.method()} ${request.url()}`);
  }

  #fault(page, text) {
    if (this.#expected?.pattern.test(text)) {
      this.#expected.resolve();
      return;
    }
    this.#faults.push(`${text} (on ${page.url()})`);
  }
}
