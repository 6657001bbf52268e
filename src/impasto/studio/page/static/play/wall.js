// The wall: numbers one after another, the children of two favourites, or what lies around one painting.
import { byId, carryFocus, goTo, make, onKey, s, say, showCommand, trying } from "../base.js";
import { keep, letGo } from "./favourites.js";
import { toBench } from "./bench.js";
import { between, draw, forget, genes, near, ofFavourite, ofSeed, paint } from "./painter.js";
import { label, nameOf, show, starred, state, truncation } from "./state.js";
import { windowed } from "./window.js";

const wall = byId("wall"), KEPT = 600; // tiles with their pictures, so that rolling back paints nothing anew
const count = () => Number(byId("count").value);
let family = null, toss = 0, paintings = [], current = 0; // the tile that Tab leads to

export const first = () => Math.max(0, Math.min(Number.MAX_SAFE_INTEGER - 3000, Math.floor(Number(byId("first").value) || 0)));
const many = () => (family ? paintings.length : count());
const paintingOf = (at) => (paintings[at] ??= ofSeed(first() + at, truncation(), label()));

const tiles = new Map(); // by place; those that were taken down as well
const rows = windowed(wall, (at) => {
  const button = tiles.get(at) ?? tile(at);
  markOne(button);
  ask(button);
  return button.parentNode;
}, (at) => {
  if (tiles.has(at)) tiles.get(at).asked = null;
  for (const [other, button] of tiles) if (tiles.size > KEPT && !button.isConnected) tiles.delete(other);
});
const hanging = () => [...wall.children].map((row) => row.firstChild);

// Painted when its turn comes, if it still hangs there.
function ask(button) {
  const canvas = button.firstChild, painting = paintingOf(button.at), asked = {};
  if (canvas.dataset.painted) return;
  button.asked = asked;
  const wanted = () => button.asked === asked;
  paint(painting, (data) => { if (wanted()) { draw(canvas, data); rows.shaped(data.width / data.height); } }, { wanted });
}

// ------------------------------------------------------------------ what hangs there

export function hang(focus = false) {
  if (!state.generator?.ready) return;
  forget();
  paintings = family ? bred() : [];
  byId("first-row").hidden = Boolean(family);
  byId("family-row").hidden = !family;
  byId("truncation-row").hidden = !state.generator.about.truncates || Boolean(family);
  for (const [at, button] of tiles) {
    if (at >= many() || !button.isConnected) tiles.delete(at);
    button.firstChild.removeAttribute("data-painted");
  }
  current = 0;
  rows.set(many());
  for (const button of hanging()) { markOne(button); ask(button); }
  if (focus) rove(0);
  goTo({ generator: state.generator.id, first: first() }, true);
}
export function clear() { rows.set(0); tiles.clear(); }
function bred() {
  const [a, b] = family.parents.map(ofFavourite), how = byId("how").value, names = family.parents.map(nameOf);
  const text = say(b ? s.child_of : s.near_to, { a: names[0], b: names[1] });
  byId("family-of").textContent = text;
  byId("how").hidden = !b;
  const made = !b ? near(a, count(), 1000 * toss) : how === "genes" ? genes(a, b, count(), toss) : between(a, b, count());
  if (b) showCommand(command(how));
  return made.map((latent) => ({ seed: null, latent, truncation: a.truncation, label: a.label, how: say(b ? s.child : s.near, { a: names[0], b: names[1] }).slice(0, 300), parents: family.parents.map(({ id }) => id).filter(Boolean) }));
}
function command(how) {
  const parents = family.parents.map((one) => (one.seed !== null && one.truncation === 1 && one.label === null ? one.seed : `.studio/favourites/${one.id}.json`));
  return `impasto explore mix ${state.generator.name} ${parents.join(" ")} --how=${how} --count=${count()}${toss ? ` --seed=${toss}` : ""}`;
}
export function hangFamily(parents) { family = { parents }; toss = 0; show("wall"); hang(true); }
export function hangNumbers() { family = null; showCommand(""); show("wall"); hang(); }

function tile(at) {
  const button = make("button", { type: "button", onclick: () => toggle(button) },
    make("canvas", { width: 8, height: 8 }), make("span", { className: "star", textContent: "★", "aria-hidden": "true" }));
  button.at = at;
  button.addEventListener("focus", () => { stop(at); });
  const look = make("button", { type: "button", className: "look", tabIndex: -1, textContent: "⤢", title: s.to_bench, onclick: () => toBench(paintingOf(at)) });
  make("li", {}, button, look);
  tiles.set(at, button);
  return button;
}
export function mark() { hanging().forEach(markOne); }
function markOne(button) {
  const { at } = button, painting = paintingOf(at), on = Boolean(starred(painting)), name = family ? say(s.number_of, { n: at + 1, name: nameOf(painting) }) : nameOf(painting);
  button.setAttribute("aria-pressed", String(on));
  button.setAttribute("aria-label", say(on ? s.unstar : s.star, { name }));
  button.nextSibling.setAttribute("aria-label", `${s.to_bench}: ${name}`);
  button.title = name;
  button.tabIndex = at === current ? 0 : -1;
  button.parentNode.setAttribute("aria-posinset", at + 1);
  button.parentNode.setAttribute("aria-setsize", many());
}
const toggle = trying(async (button) => {
  const painting = paintingOf(button.at), known = starred(painting), canvas = button.firstChild;
  if (known) await letGo(known); else if (canvas.dataset.painted) await keep(painting, canvas);
});

// ------------------------------------------------------------------ by keyboard

function stop(at) {
  for (const each of [current, at]) tiles.get(each)?.setAttribute("tabindex", each === at ? 0 : -1);
  current = at;
}
function rove(at) { rows.reveal(at); stop(at); tiles.get(at)?.focus(); }
function walk(dx, dy) {
  if (!focused()) { inView(); rove(current); return; }
  const next = current + dx + dy * rows.columns;
  if (next >= 0 && next < many()) rove(next);
}
// Where Tab leads is among what hangs, however far the wall was rolled.
function inView() {
  const [from, to] = rows.hanging;
  if (current >= from && current < to) return;
  const seen = hanging().find((each) => each.getBoundingClientRect().top > 60);
  if (seen) stop(seen.at);
}
addEventListener("scrollend", () => { if (state.view === "wall") inView(); });
const move = (way) => () => { if (family) toss = Math.max(0, toss + way); else byId("first").value = Math.max(0, first() + way * count()); hang(); };
const anywhere = () => { const any = crypto.getRandomValues(new Uint32Array(1))[0]; if (family) toss = any % 1_000_000; else byId("first").value = any; hang(); };
byId("next").onclick = move(1);
byId("previous").onclick = move(-1);
byId("chance").onclick = anywhere;
byId("first").onchange = () => hang();
byId("count").onchange = () => hang();
byId("how").onchange = () => hang();
byId("label").onchange = () => hang();
byId("numbers").onclick = () => { hangNumbers(); carryFocus(tiles.get(0)); };
byId("truncation").oninput = () => { byId("truncation-text").textContent = truncation().toFixed(2); hang(); };
const onWall = (work) => () => (state.generator?.ready && state.view === "wall" ? work() !== false : false);
onKey("n", onWall(move(1)));
onKey("b", onWall(move(-1)));
onKey("r", onWall(anywhere));
const focused = () => hanging().find((each) => each === document.activeElement);
onKey("s", onWall(() => { if (focused()) toggle(focused()); }));
onKey("v", onWall(() => { if (focused()) toBench(paintingOf(focused().at)); }));
for (const [key, dx, dy] of [["ArrowLeft", -1, 0], ["ArrowRight", 1, 0], ["ArrowUp", 0, -1], ["ArrowDown", 0, 1]]) onKey(key, onWall(() => walk(dx, dy)));
