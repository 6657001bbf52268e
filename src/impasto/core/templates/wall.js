// A wall of cards, one page at a time, that is walked with the arrow keys. It knows nothing of what
// its cards show: `draw` makes a card for an item, `paint` brings one up to date.

export function make(tag, about = {}, ...inside) {
  const node = Object.assign(document.createElement(tag), about);
  node.append(...inside.filter((each) => each !== null));
  return node;
}

export class Wall {
  constructor(root, { draw, paint, selected, turned, seen, aPage = 48 }) {
    Object.assign(this, { root, draw, paint, selected, turned, aPage });
    this.items = [];
    this.at = 0;
    this.watch = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) seen(this.itemOf(entry.target));
    }, { threshold: 0.5 });
    root.addEventListener("focusin", (event) => this.pointed(event));
    root.addEventListener("pointerdown", (event) => this.pointed(event));
  }

  get current() { return this.items[this.at]; }
  get first() { return Math.floor(this.at / this.aPage) * this.aPage; }
  get last() { return Math.min(this.first + this.aPage, this.items.length); }

  itemOf(card) { return this.items[this.first + [...this.root.children].indexOf(card)]; }

  // Other items; the current one stays so if it is among them.
  show(items) {
    this.at = Math.max(0, items.indexOf(this.current));
    this.items = items;
    this.lay();
  }

  lay() {
    this.watch.disconnect();
    this.root.replaceChildren(...this.items.slice(this.first, this.last).map((item, place) => {
      const card = this.draw(item);
      card.setAttribute("aria-posinset", this.first + place + 1);
      card.setAttribute("aria-setsize", this.items.length);
      this.watch.observe(card);
      return card;
    }));
    this.root.setAttribute("aria-busy", "false");
    this.mark();
    this.turned();
  }

  repaint() { [...this.root.children].forEach((card, place) => this.paint(card, this.items[this.first + place])); }

  mark() {
    [...this.root.children].forEach((card, place) => {
      const here = this.first + place === this.at;
      card.classList.toggle("current", here);
      card.tabIndex = here ? 0 : -1;
      card.querySelectorAll("button").forEach((button) => { button.tabIndex = here ? 0 : -1; });
    });
  }

  select(to, focus = true) {
    if (!this.items.length) return;
    const page = this.first;
    this.at = Math.max(0, Math.min(this.items.length - 1, to));
    if (this.first === page) this.mark(); else this.lay();
    const card = this.root.children[this.at - this.first];
    if (focus) { card.focus({ preventScroll: true }); card.scrollIntoView({ block: "nearest" }); }
    this.selected(this.current);
  }

  turn(step) {
    const to = this.first + step * this.aPage;
    if (to >= 0 && to < this.items.length) this.select(to);
  }

  // The card above or below the current one, whatever their widths.
  climb(step) {
    const cards = [...this.root.children], boxes = cards.map((card) => card.getBoundingClientRect());
    const here = boxes[this.at - this.first], middle = (box) => box.left + box.width / 2;
    const beyond = boxes.filter((box) => step * (box.top - here.top) > 4);
    if (!beyond.length) { this.select(step > 0 ? this.last : this.first - 1); return; }
    const row = step * Math.min(...beyond.map((box) => step * box.top));
    const away = (box) => Math.abs(middle(box) - middle(here));
    const inRow = beyond.filter((box) => Math.abs(box.top - row) < 4);
    this.select(this.first + boxes.indexOf(inRow.reduce((one, two) => (away(two) < away(one) ? two : one))));
  }

  // Whether the key was one of the wall's.
  key(name) {
    const moves = {
      ArrowLeft: () => this.select(this.at - 1), ArrowRight: () => this.select(this.at + 1),
      ArrowUp: () => this.climb(-1), ArrowDown: () => this.climb(1),
      PageUp: () => this.turn(-1), PageDown: () => this.turn(1),
      Home: () => this.select(0), End: () => this.select(this.items.length - 1),
    };
    if (!(name in moves) || !this.items.length) return false;
    moves[name]();
    return true;
  }

  pointed(event) {
    const card = [...this.root.children].find((each) => each.contains(event.target));
    const to = this.first + [...this.root.children].indexOf(card);
    if (card && to !== this.at) this.select(to, false);
  }
}
