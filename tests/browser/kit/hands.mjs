// A person with a finger or a mouse; does what `Keys` does without them.

/** The hands of a page. */
export class Hands {
  #page;

  constructor(page) {
    this.#page = page;
  }

  /** Follows a link or presses a button. */
  async enter(target) {
    await target.click();
  }

  /** Presses a button or ticks a box. */
  async space(target) {
    await target.click();
  }

  /** Writes over what is in a field. */
  async write(target, text) {
    await target.fill(text);
  }

  /** Takes the choice of a list that is shown so. */
  async choose(target, shown) {
    await target.selectOption({ label: shown });
  }

  async press(key) {
    await this.#page.keyboard.press(key);
  }
}
