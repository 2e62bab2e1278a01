// A person without a mouse: whatever is used is first reached with Tab, and must be seen when it is.

/** No page has so many controls that more presses would tell anything but that there is no way. */
const FARTHEST = 200;

/** The keyboard of a page. */
export class Keys {
  #page;

  constructor(page) {
    this.#page = page;
  }

  /** Presses Tab (or, with `back`, Shift+Tab) until `target` has the focus; every stop on the way must be visible. */
  async reach(target, { back = false } = {}) {
    await target.waitFor();
    const stops = [];
    for (let press = 0; press <= FARTHEST; press += 1) {
      // Looked up each time: a part of the page that lives may have been rendered anew.
      const element = await target.elementHandle();
      const stop = await this.#page.evaluate(at, element);
      if (press > 0 || stop.there) this.#mustBeSeen(stop);
      if (stop.there) return;
      stops.push(stop.name);
      await this.press(back ? 'Shift+Tab' : 'Tab');
    }
    throw new Error(`${await target.evaluate((it) => it.outerHTML)} is not reached by Tab: ${stops.slice(0, 60).join(' → ')}`);
  }

  /** Reaches a link or button and presses Enter on it. */
  async enter(target, options) {
    await this.reach(target, options);
    await this.press('Enter');
  }

  /** Reaches a button or a box to be ticked and presses Space on it. */
  async space(target, options) {
    await this.reach(target, options);
    await this.press('Space');
  }

  /** Reaches a field and writes over what is in it. */
  async write(target, text, options) {
    await this.reach(target, options);
    await this.press('Control+A');
    await this.press('Delete');
    await this.#page.keyboard.insertText(text);
  }

  /** Reaches a list of choices and goes with the arrows to the one that is shown so. */
  async choose(target, shown, options) {
    await this.reach(target, options);
    const chosen = () => target.evaluate((list) => list.selectedOptions[0]?.label.trim() ?? '');
    await this.press('Home');
    const seen = [];
    for (let now = await chosen(); !seen.includes(now); now = await chosen()) {
      if (now === shown) return;
      seen.push(now);
      await this.press('ArrowDown');
    }
    throw new Error(`no choice ${shown} among ${seen.join(', ')}`);
  }

  async press(key) {
    await this.#page.keyboard.press(key);
  }

  #mustBeSeen(stop) {
    if (!stop.isElement) return;
    if (!stop.marked) throw new Error(`the focus is not to be seen on ${stop.name}`);
    if (!stop.shown) throw new Error(`what has the focus is off the screen or covered: ${stop.name}`);
  }
}

/** Where the focus is, whether that is `target`, and whether one sees it. */
function at(target) {
  const element = document.activeElement;
  if (!element || element === document.body) return { isElement: false, there: false, name: '(the page)' };
  const style = getComputedStyle(element);
  const isRing = (of) => of.outlineStyle !== 'none' && parseFloat(of.outlineWidth) >= 1;
  // A control that is drawn by its label is marked there.
  const label = element.closest('label') ?? element.labels?.[0];
  const marked = isRing(style) || style.boxShadow !== 'none' || (label && isRing(getComputedStyle(label)));
  const drawn = element.getClientRects().length > 0 && style.opacity !== '0' ? element : (label ?? element);
  const box = drawn.getClientRects()[0] ?? drawn.getBoundingClientRect();
  const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(box.top + Math.min(box.height, innerHeight) / 2, 0), innerHeight - 1);
  const isWithin = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const top = document.elementFromPoint(x, y);
  const shown = isWithin && !!top && (drawn.contains(top) || top.contains(drawn) || !!label?.contains(top));
  const name = `${element.localName} “${(element.innerText || element.getAttribute('aria-label') || element.name || '').trim().slice(0, 40)}”`;
  return { isElement: true, there: element === target, name, marked, shown };
}
