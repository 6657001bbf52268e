// The wall: numbers one after another, the children of two favourites, or what lies around one painting.
import { byId, carryFocus, goTo, make, onKey, s, say, showCommand, trying } from "../base.js";
import { keep, letGo } from "./favourites.js";
import { toBench } from "./bench.js";
import { between, draw, forget, genes, near, ofFavourite, ofSeed, paint } from "./painter.js";
import { label, nameOf, show, starred, state, truncation } from "./state.js";

const wall = byId("wall"), count = () => Number(byId("count").value);
let family = null, toss = 0, paintings = [];

export const first = () => Math.max(0, Math.min(Number.MAX_SAFE_INTEGER - 3000, Math.floor(Number(byId("first").value) || 0)));
const tiles = () => [...wall.children].map((row) => row.firstChild);

// Only what is near the window is painted: a wall may have thousands.
const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) ask(target); else target.wanted = false;
  }
}, { rootMargin: "300px" });
function ask(tile) {
  const painting = paintings[tile.at], canvas = tile.firstChild;
  tile.wanted = true;
  if (!painting || tile.asked === painting) return;
  tile.asked = painting;
  paint(painting, (data) => { if (paintings[tile.at] === painting) draw(canvas, data); });
}

// ------------------------------------------------------------------ what hangs there

export function hang(focus = false) {
  if (!state.generator?.ready) return;
  forget();
  paintings = family ? bred() : Array.from({ length: count() }, (_, n) => ofSeed(first() + n, truncation(), label()));
  byId("first-row").hidden = Boolean(family);
  byId("family-row").hidden = !family;
  byId("truncation-row").hidden = !state.generator.about.truncates || Boolean(family);
  while (wall.children.length > paintings.length) { seen.unobserve(wall.lastChild.firstChild); wall.lastChild.remove(); }
  while (wall.children.length < paintings.length) wall.append(tile(wall.children.length));
  for (const each of tiles()) {
    each.firstChild.removeAttribute("data-painted");
    each.asked = null;
    if (each.wanted) ask(each);
  }
  mark();
  rove(tiles()[0], focus);
  goTo({ generator: state.generator.id, first: first() }, true);
}
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
  const button = make("button", { type: "button", tabIndex: -1, onclick: () => toggle(button) },
    make("canvas", { width: 8, height: 8 }), make("span", { className: "star", textContent: "★", "aria-hidden": "true" }));
  button.at = at;
  button.addEventListener("focus", () => rove(button, false));
  seen.observe(button);
  const look = make("button", { type: "button", className: "look", tabIndex: -1, textContent: "⤢", title: s.to_bench, "aria-label": s.to_bench, onclick: () => toBench(paintings[at]) });
  return make("li", {}, button, look);
}
export function mark() {
  for (const button of tiles()) {
    const painting = paintings[button.at], on = Boolean(starred(painting)), name = family ? say(s.number_of, { n: button.at + 1, name: nameOf(painting) }) : nameOf(painting);
    button.setAttribute("aria-pressed", String(on));
    button.setAttribute("aria-label", say(on ? s.unstar : s.star, { name }));
    button.nextSibling.setAttribute("aria-label", `${s.to_bench}: ${name}`);
    button.title = name;
  }
}
const toggle = trying(async (button) => {
  const painting = paintings[button.at], known = starred(painting), canvas = button.firstChild;
  if (known) await letGo(known); else if (canvas.dataset.painted) await keep(painting, canvas);
});

// ------------------------------------------------------------------ by keyboard

function rove(button, focus) {
  if (!button) return;
  for (const each of tiles()) each.tabIndex = each === button ? 0 : -1;
  if (focus) button.focus();
}
function walk(dx, dy) {
  const all = tiles(), at = all.indexOf(document.activeElement);
  if (at < 0) { rove(all[0], true); return; }
  const columns = getComputedStyle(wall).gridTemplateColumns.split(" ").length, next = all[at + dx + dy * columns];
  if (next) rove(next, true);
}
const move = (way) => () => { if (family) toss = Math.max(0, toss + way); else byId("first").value = Math.max(0, first() + way * count()); hang(); };
const anywhere = () => { const any = crypto.getRandomValues(new Uint32Array(1))[0]; if (family) toss = any % 1_000_000; else byId("first").value = any; hang(); };
byId("next").onclick = move(1);
byId("previous").onclick = move(-1);
byId("chance").onclick = anywhere;
byId("first").onchange = () => hang();
byId("count").onchange = () => hang();
byId("how").onchange = () => hang();
byId("label").onchange = () => hang();
byId("numbers").onclick = () => { hangNumbers(); carryFocus(tiles()[0]); };
byId("truncation").oninput = () => { byId("truncation-text").textContent = truncation().toFixed(2); hang(); };
const onWall = (work) => () => (state.generator?.ready && state.view === "wall" ? work() !== false : false);
onKey("n", onWall(move(1)));
onKey("b", onWall(move(-1)));
onKey("r", onWall(anywhere));
const focused = () => tiles().find((each) => each === document.activeElement);
onKey("s", onWall(() => { if (focused()) toggle(focused()); }));
onKey("v", onWall(() => { if (focused()) toBench(paintings[focused().at]); }));
for (const [key, dx, dy] of [["ArrowLeft", -1, 0], ["ArrowRight", 1, 0], ["ArrowUp", 0, -1], ["ArrowDown", 0, 1]]) onKey(key, onWall(() => walk(dx, dy)));
