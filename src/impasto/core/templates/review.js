import { Wall, make } from "./wall.js";

// Shown by the page of `prepare --review`, and by a page that names, in `data-review`, where its set
// is asked for; such a page hears of `reviewed` when the person is done.
const at = (id) => document.getElementById(id);
const home = document.querySelector("[data-review]"), base = home ? `${home.dataset.review}/` : "";
const zoomed = at("zoom"), asking = at("family"), keys = at("review-keys");
const seen = new Set(), KEPT = "kept";
let rows = [], families = [], steps = 0, reason = "", proposed = null;
let waiting = Promise.resolve();

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
  try { answer = await fetch(base + what, method); } catch { throw new Error("Not saved: impasto is no longer running."); }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error("Not saved: " + (told.error || "impasto did not understand; reload this page."));
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
    tell(done.length === 1 ? `${done[0].name}: ${word(done[0])}` : counted(keep.length, drop.length, "Kept", "dropped"));
  });
}

function undo() {
  inTurn(async () => {
    const done = take(await ask("undo", {}));
    if (!done.length) { tell("Nothing to undo."); return; }
    const to = wall.items.indexOf(done[0]);
    if (to >= 0) wall.select(to, !zoomed.open);
    tell(`Undone. ${done[0].name}: ${word(done[0])}` + (done.length > 1 ? `, and ${done.length - 1} more` : ""));
  });
}

function finish() {
  inTurn(async () => {
    const doubtful = [...seen].filter((id) => rows[id].asked);
    const { decided, settled } = await ask("done", { seen: doubtful });
    if (home) { home.dispatchEvent(new CustomEvent("reviewed", { detail: { decided, settled } })); return; }
    document.removeEventListener("keydown", pressed);
    const left = settled ? ` ${pictures(settled)} that you saw and left as marked will not be asked about again.` : "";
    document.body.replaceChildren(
      make("h1", { textContent: "Thank you." }),
      make("p", { textContent: (decided ? `You decided on ${pictures(decided)}.` : "You changed nothing.") + left }),
      make("p", { className: "quiet", textContent: "Impasto goes on in the terminal. You may close this page." }),
    );
  });
}

// In words.

function pictures(count) { return count === 1 ? "one picture" : `${count} pictures`; }
function word(row) {
  return (row.keep ? "kept" : "dropped") + (row.mine ? " by you" : row.earlier ? " by you, earlier" : "");
}
function counted(kept, dropped, keep = "Keep", drop = "drop") {
  if (!dropped) return `${keep} all ${kept}`;
  if (!kept) return `${drop[0].toUpperCase()}${drop.slice(1)} all ${dropped}`;
  return `${keep} ${kept}, ${drop} ${dropped}`;
}
function family(row) { return row.family === null ? [row] : families[row.family].map((id) => rows[id]); }

// Cards.

function picture(row, large = false) {
  if (!row.readable) return make("span", { className: "none", textContent: "no picture" });
  const image = make("img", { alt: row.name, loading: large ? "eager" : "lazy", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(make("span", { className: "none", textContent: "cannot be shown" })));
  image.src = `${base}picture/${row.id}` + (large ? "/large" : "");
  return image;
}

function caption(row) {
  return make("figcaption", {}, make("b", { textContent: row.name }), `${row.size} `, make("span", { className: "state" }));
}

function figure(row, large) {
  const button = large ? picture(row, true) : make("button", { type: "button", className: "frame", title: "Zoom" }, picture(row));
  if (!large) button.addEventListener("click", zoom);
  const node = make("figure", {}, button, caption(row));
  node.dataset.id = row.id;
  return node;
}

function choice(row, chosen) {
  const buttons = [["yes", "Keep"], ["no", "Drop"]].map(([keep, textContent]) => {
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
    const button = make("button", { type: "button", className: "copies", textContent: `All ${family(row).length} copies…` });
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
  if (!row.readable) { tell(`${row.name} cannot be read, so there is nothing to keep.`, true); return; }
  if (!keep && row.keep && family(row).length > 1) askAbout(row, false);
  else decide(keep ? [row.id] : [], keep ? [] : [row.id]);
}

// All copies of one picture: what becomes of each?

function askAbout(row, keep = row.keep) {
  const members = family(row), others = members.filter((each) => each !== row);
  if (!others.length) { tell(`${row.name} has no copies here.`); return; }
  if (zoomed.open) zoomed.close();
  proposed = new Map(members.map((each) => [each.id, each === row ? keep : each.keep]));
  const kept = others.filter((each) => each.keep).length;
  at("family-title").textContent = keep || !row.keep ? `${members.length} copies of one picture` : `You are dropping ${row.name}. What about its copies?`;
  const rest = others.length === 1 ? "The other copy" : `The ${others.length} other copies`;
  asking.querySelector(".about").textContent = kept === 0
    ? `${rest} ${others.length === 1 ? "was" : "were"} left out as well and will stay out, unless you keep one instead.`
    : kept === others.length ? `${rest} will stay in the set, unless you drop ${others.length === 1 ? "it" : "them"} too.`
      : "Each copy stays as it is marked, unless you change it.";
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
    item.querySelector(".state").textContent = keep ? "keep" : "drop";
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
  const chips = [["", "left out or doubtful", all], ...[...counts].map(([name, count]) => [name, name, count])];
  if (mine || reason === "mine") chips.push(["mine", "decided just now", mine]);
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
  at("place").textContent = wall.items.length ? `${wall.first + 1}–${wall.last} of ${wall.items.length}` : "0 of 0";
  at("before").disabled = wall.first === 0;
  at("after").disabled = wall.last >= wall.items.length;
}

function showNotices(notices) {
  at("notices").replaceChildren(...notices.map(({ filter: about, says }) => {
    const name = { photograph: "kept, but like a photograph", odd: "kept, but unlike the rest" }[about];
    if (!rows.some((row) => row.reason === name)) return make("p", { className: "notice", textContent: says });
    const button = make("button", { type: "button", textContent: "Show them" });
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
