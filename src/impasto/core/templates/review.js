import t from "./texts.js";
import { Wall, make } from "./wall.js";

// Shown by the page of `prepare --review`, and by a page that names, in `data-review`, where its set
// is asked for; such a page hears of `reviewed` when the person is done.
const at = (id) => document.getElementById(id);
const home = document.querySelector("[data-review]"), base = home ? `${home.dataset.review}/` : "";
const zoomed = at("zoom"), asking = at("family"), keys = at("review-keys");
const seen = new Set(), KEPT = "kept";
let rows = [], families = [], steps = 0, reason = "", proposed = null;
let waiting = Promise.resolve();
const say = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const many = (texts, count) => say(texts[count === 1 ? 0 : 1], { count });

// What is said to impasto, one thing after the other.

function tell(text, refused = false) {
  for (const each of document.querySelectorAll(".said")) {
    each.textContent = text;
    each.classList.toggle("refused", refused);
  }
}

async function ask(what, body) {
  const method = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  let answer;
  try { answer = await fetch(base + what, method); } catch { throw new Error(t.lost); }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(say(t.refused, { why: told.error || t.unclear }));
  return told;
}

function inTurn(work) {
  waiting = waiting.then(work).catch((error) => tell(error.message, true));
}

function take({ changed, steps: left }) {
  for (const each of changed) Object.assign(rows[each.id], each);
  steps = left;
  wall.repaint();
  showFilter();
  at("undo").disabled = steps === 0;
  if (zoomed.open) enlarge();
  return changed.map((each) => rows[each.id]);
}

function decide(keep, drop) {
  inTurn(async () => {
    const done = take(await ask("decide", { keep, drop }));
    tell(done.length === 1 ? say(t.one_done, { name: done[0].name, state: word(done[0]) }) : counted(keep.length, drop.length, t.counted_done));
  });
}

function undo() {
  inTurn(async () => {
    const done = take(await ask("undo", {}));
    if (!done.length) { tell(t.nothing_to_undo); return; }
    const to = wall.items.indexOf(done[0]);
    if (to >= 0) wall.select(to, !zoomed.open);
    tell(say(done.length > 1 ? t.undone_more : t.undone, { name: done[0].name, state: word(done[0]), more: done.length - 1 }));
  });
}

function finish() {
  inTurn(async () => {
    const doubtful = [...seen].filter((id) => rows[id].asked);
    const { decided, settled } = await ask("done", { seen: doubtful });
    if (home) { home.dispatchEvent(new CustomEvent("reviewed", { detail: { decided, settled } })); return; }
    document.removeEventListener("keydown", pressed);
    const left = [decided ? many(t.decided, decided) : t.decided_nothing, ...(settled ? [many(t.settled, settled)] : [])];
    document.body.replaceChildren(
      make("h1", { textContent: t.thanks }),
      make("p", { textContent: left.join(" ") }),
      make("p", { className: "quiet", textContent: t.goes_on }),
    );
  });
}

// In words.

function word(row) {
  const state = t.states[row.keep ? "kept" : "dropped"];
  return row.mine ? say(t.mine, { state }) : row.earlier ? say(t.earlier, { state }) : state;
}
function counted(kept, dropped, texts = t.counted) {
  return say(texts[!dropped ? 0 : !kept ? 1 : 2], { kept, dropped });
}
function family(row) { return row.family === null ? [row] : families[row.family].map((id) => rows[id]); }

// Cards.

function picture(row, large = false) {
  if (!row.readable) return make("span", { className: "none", textContent: t.none });
  const image = make("img", { alt: row.name, loading: large ? "eager" : "lazy", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(make("span", { className: "none", textContent: t.cannot })));
  image.src = `${base}picture/${row.id}` + (large ? "/large" : "");
  return image;
}

function caption(row) {
  return make("figcaption", {}, make("b", { textContent: row.name }), `${row.size} `, make("span", { className: "state" }));
}

function figure(row, large) {
  const button = large ? picture(row, true) : make("button", { type: "button", className: "frame", title: t.zoom }, picture(row));
  if (!large) button.addEventListener("click", zoom);
  const node = make("figure", {}, button, caption(row));
  node.dataset.id = row.id;
  return node;
}

function choice(row, chosen) {
  const buttons = [["yes", t.keep], ["no", t.drop]].map(([keep, textContent]) => {
    const button = make("button", { type: "button", textContent });
    button.dataset.keep = keep;
    button.addEventListener("click", () => chosen(row, keep === "yes"));
    return button;
  });
  return make("div", { className: "choice" }, ...buttons);
}

function draw(row) {
  const other = row.other === null ? null : rows[row.other];
  const card = make("article", { className: "card" + (other ? " pair" : "") });
  card.setAttribute("aria-label", `${row.name}: ${row.reason}`);
  card.dataset.file = row.name;
  card.append(make("div", { className: "pictures" }, figure(row), other && figure(other)));
  card.append(make("p", { className: "why" }, make("span", { textContent: row.reason }), make("span", { className: "quiet", textContent: row.detail && ` · ${row.detail}` })));
  if (family(row).length > 1) {
    const button = make("button", { type: "button", className: "copies", textContent: say(t.copies, { count: family(row).length }) });
    button.addEventListener("click", () => askAbout(row));
    card.append(button);
  }
  if (row.readable) card.append(choice(row, choose));
  paint(card, row);
  return card;
}

function press(node, keep) {
  for (const button of node.querySelectorAll("[data-keep]")) button.setAttribute("aria-pressed", String((button.dataset.keep === "yes") === keep));
}

function paint(node, row) {
  for (const each of node.querySelectorAll("figure[data-id]")) {
    const shown = rows[each.dataset.id];
    each.classList.toggle("dropped", !shown.keep);
    each.querySelector(".state").textContent = word(shown);
  }
  press(node, row.keep);
}

function choose(row, keep) {
  if (!row.readable) { tell(say(t.unreadable, row), true); return; }
  if (!keep && row.keep && family(row).length > 1) askAbout(row, false);
  else decide(keep ? [row.id] : [], keep ? [] : [row.id]);
}

// All copies of one picture: what becomes of each?

function askAbout(row, keep = row.keep) {
  const members = family(row), others = members.filter((each) => each !== row);
  if (!others.length) { tell(say(t.no_copies, row)); return; }
  if (zoomed.open) zoomed.close();
  proposed = new Map(members.map((each) => [each.id, each === row ? keep : each.keep]));
  const kept = others.filter((each) => each.keep).length;
  at("family-title").textContent = keep || !row.keep ? say(t.copies_of, { count: members.length }) : say(t.dropping, row);
  asking.querySelector(".about").textContent = kept === 0 ? many(t.all_out, others.length)
    : kept === others.length ? many(t.all_in, others.length) : t.mixed;
  asking.querySelector(".members").replaceChildren(...members.map(member));
  propose();
  asking.showModal();
  asking.querySelector(".confirm").focus();
}

function member(row) {
  const item = make("li", { tabIndex: -1 }, make("figure", {}, make("div", { className: "frame" }, picture(row)), caption(row)));
  item.dataset.id = row.id;
  item.append(choice(row, (_, keep) => { proposed.set(row.id, keep); propose(); }));
  return item;
}

function propose() {
  for (const item of asking.querySelectorAll("li")) {
    const keep = proposed.get(Number(item.dataset.id));
    item.classList.toggle("dropped", !keep);
    item.querySelector(".state").textContent = t.proposed[keep ? "kept" : "dropped"];
    press(item, keep);
  }
  const kept = [...proposed.values()].filter(Boolean).length;
  asking.querySelector(".confirm").textContent = counted(kept, proposed.size - kept);
}

function confirm() {
  const ids = [...proposed.keys()];
  asking.close();
  decide(ids.filter((id) => proposed.get(id)), ids.filter((id) => !proposed.get(id)));
}

function askingKey(key) {
  const items = [...asking.querySelectorAll("li")], here = items.findIndex((item) => item.contains(document.activeElement));
  const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[key];
  if (step) { items[(here + step + items.length + (here < 0 && step < 0 ? 1 : 0)) % items.length].focus(); return true; }
  if (here < 0 || (key !== "k" && key !== "d")) return false;
  proposed.set(Number(items[here].dataset.id), key === "k");
  propose();
  return true;
}

// Zoom.

function zoom() {
  if (zoomed.open) zoomed.close();
  else if (wall.current) { zoomed.showModal(); enlarge(); }
}

function enlarge() {
  const row = wall.current, large = zoomed.querySelector(".large");
  if (large.dataset.id !== String(row.id)) {
    large.dataset.id = row.id;
    large.replaceChildren(...[row, rows[row.other]].filter(Boolean).map((each) => figure(each, true)));
  }
  seen.add(row.id);
  zoomed.querySelector(".about").textContent = [row.reason, row.detail].filter(Boolean).join(" · ");
  zoomed.querySelectorAll("[data-keep]").forEach((button) => { button.hidden = !row.readable; });
  paint(zoomed, row);
}

// What is shown, and where.

function showFilter() {
  const counts = new Map();
  for (const row of rows) counts.set(row.reason, (counts.get(row.reason) || 0) + 1);
  const mine = rows.filter((row) => row.mine).length, all = rows.length - (counts.get(KEPT) || 0);
  const chips = [["", t.all, all], ...[...counts].map(([name, count]) => [name, name, count])];
  if (mine || reason === "mine") chips.push(["mine", t.just_now, mine]);
  const focused = document.activeElement?.dataset?.reason;
  at("filter").replaceChildren(...chips.map(([name, label, count]) => {
    const chip = make("button", { type: "button" }, `${label} `, make("b", { textContent: count }));
    chip.dataset.reason = name;
    chip.setAttribute("aria-pressed", String(name === reason));
    chip.addEventListener("click", () => filter(name));
    return chip;
  }));
  if (focused !== undefined) [...at("filter").children].find((chip) => chip.dataset.reason === focused)?.focus();
}

function filter(name) {
  reason = name;
  showFilter();
  search();
}

function plain(text) { return text.normalize("NFC").toLowerCase(); }

function search() {
  const wanted = plain(at("review-search").value.trim());
  const chosen = { "": (row) => row.reason !== KEPT, mine: (row) => row.mine }[reason] || ((row) => row.reason === reason);
  wall.show(rows.filter((row) => chosen(row) && plain(row.name).includes(wanted)));
}

function turned() {
  at("empty").hidden = wall.items.length > 0;
  at("place").textContent = wall.items.length ? say(t.place, { first: wall.first + 1, last: wall.last, count: wall.items.length }) : t.place_none;
  at("before").disabled = wall.first === 0;
  at("after").disabled = wall.last >= wall.items.length;
}

function showNotices(notices) {
  at("notices").replaceChildren(...notices.map(({ filter: about, says }) => {
    const name = { photograph: "kept, but like a photograph", odd: "kept, but unlike the rest" }[about];
    if (!rows.some((row) => row.reason === name)) return make("p", { className: "notice", textContent: says });
    const button = make("button", { type: "button", textContent: t.show_them });
    button.addEventListener("click", () => filter(name));
    return make("p", { className: "notice" }, says, button);
  }));
}

// Keys.

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (home && (home.hidden || event.target.matches("input, select, textarea") && event.target !== at("review-search"))) return;
  if (home && [...document.querySelectorAll("dialog[open]")].some((each) => each !== zoomed && each !== asking)) return;
  if (event.target.matches("input")) {
    if (key === "Escape" || key === "Enter") { if (key === "Escape") { at("review-search").value = ""; search(); } wall.select(wall.at); event.preventDefault(); }
    return;
  }
  if (keys?.open) { if (key === "?") keys.close(); return; }
  if (asking.open) { if (askingKey(key)) event.preventDefault(); return; }
  const row = wall.current;
  const onCard = !event.target.matches("button") || zoomed.open;
  const works = {
    u: undo, z: zoom, ...(keys && { "?": () => keys.showModal() }),
    ...(row && { k: () => choose(row, true), d: () => choose(row, false), f: () => askAbout(row) }),
    ...(onCard && !event.target.matches("button") && { Enter: zoom }),
    ...(!zoomed.open && { "/": () => at("review-search").focus() }),
  };
  const steps = zoomed.open && { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[key];
  if (works[key]) works[key]();
  else if (steps) wall.select(wall.at + steps, false);
  else if (!wall.key(key)) return;
  event.preventDefault();
}

const wall = new Wall(at("wall"), {
  draw, paint, turned,
  selected: () => { if (zoomed.open) enlarge(); },
  seen: (row) => row && seen.add(row.id),
});

for (const dialog of [zoomed, asking, keys].filter(Boolean)) dialog.querySelector(".close").addEventListener("click", () => dialog.close());
for (const dialog of [zoomed, asking]) dialog.addEventListener("close", () => { if (!zoomed.open && !asking.open) wall.select(wall.at); });
zoomed.addEventListener("close", () => { const large = zoomed.querySelector(".large"); large.replaceChildren(); delete large.dataset.id; });
zoomed.querySelectorAll("[data-keep]").forEach((button) => button.addEventListener("click", () => choose(wall.current, button.dataset.keep === "yes")));
zoomed.querySelectorAll("[data-step]").forEach((button) => button.addEventListener("click", () => wall.select(wall.at + Number(button.dataset.step), false)));
asking.querySelector(".confirm").addEventListener("click", confirm);
at("undo").addEventListener("click", undo);
at("review-help")?.addEventListener("click", () => keys.showModal());
at("done").addEventListener("click", finish);
at("before").addEventListener("click", () => wall.turn(-1));
at("after").addEventListener("click", () => wall.turn(1));
at("review-search").addEventListener("input", search);
document.addEventListener("keydown", pressed);

inTurn(async () => {
  const told = await ask("rows");
  ({ rows, families } = told);
  showNotices(told.notices);
  if (rows.every((row) => row.reason === KEPT)) reason = KEPT;
  showFilter();
  search();
  take({ changed: [], steps: told.steps });
});
