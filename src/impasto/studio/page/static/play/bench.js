// The bench: one painting, moved along directions and towards favourites while one watches.
import { ask, byId, carryFocus, make, onKey, post, s, say, trying, upload } from "../base.js";
import { begun, keep } from "./favourites.js";
import { alone, draw, ofFavourite, onTheWay, paint } from "./painter.js";
import { alike, label, mine, nameOf, show, starred, state } from "./state.js";
import { hangFamily } from "./wall.js";

const canvas = byId("canvas");
let base = null, strengths = [], shares = [], past = []; // shares: of another one's manner, at each level

export function toBench(painting) {
  base = painting;
  strengths = state.generator.about.directions.map(() => 0);
  shares = state.generator.about.levels.map(() => 0);
  past = [];
  byId("share").value = 0;
  show("bench");
  arrange();
  carryFocus(byId("directions").querySelector("[type=range]"));
  byId("canvas").scrollIntoView({ block: "nearest" });
}
export const clearBench = () => { base = null; arrange(); };
const other = () => mine().find((one) => one.id === byId("other").value);
const share = () => (other() ? Number(byId("share").value) : 0);
const lender = () => mine().find((one) => one.id === byId("lender").value);
// A direction is called what the artist calls it, or by its place: how it was found says nothing.
const title = (direction) => state.generator.names[direction.source ?? direction.name] ?? say(s.direction, { n: 1 + state.generator.about.directions.indexOf(direction) });

export function current() {
  const painting = moved();
  if (!lender() || !shares.some(Boolean)) return painting;
  return { ...painting, lent: { from: ofFavourite(lender()), shares: [...shares] } };
}
function moved() {
  const moves = strengths.map((far, at) => [far, state.generator.about.directions[at]]).filter(([far]) => far);
  const blended = share() ? onTheWay(base, ofFavourite(other()), share()) : base.latent;
  const latent = Float32Array.from(blended);
  for (const [far, direction] of moves) direction.values.forEach((value, i) => { latent[i] += far * value; });
  if (!moves.length && !share()) return base;
  const parts = [nameOf(base), share() ? say(s.to_other, { share: Math.round(100 * share()), name: nameOf(other()) }) : "", ...moves.map(([far, each]) => `${title(each)} ${far > 0 ? "+" : ""}${far.toFixed(1)}`)];
  return { ...base, seed: null, latent, how: parts.filter(Boolean).join(", ").slice(0, 300), parents: [base.id ?? starred(base)?.id, share() ? other().id : null].filter(Boolean) };
}

// ------------------------------------------------------------------ what is shown

export function arrange() {
  byId("no-bench").hidden = Boolean(base);
  byId("bench-part").hidden = !base;
  if (!base) return;
  const sliders = () => [...byId("directions").querySelectorAll("input")], at = sliders().indexOf(document.activeElement);
  byId("directions").replaceChildren(...state.generator.about.directions.map(slider));
  sliders()[at]?.focus();
  byId("levels").replaceChildren(...state.generator.about.levels.map(level));
  others();
  look();
}
export function others() {
  const here = base && (base.id ?? starred(base)?.id), ones = mine().filter(({ id }) => id !== here), before = byId("other").value;
  byId("other").replaceChildren(...ones.map(choice));
  if (ones.some((one) => one.id === before)) byId("other").value = before;
  byId("blend-part").hidden = !ones.length;
  byId("blend-more").textContent = ones.length ? s.blend_more : s.blend_none;
  const lenders = base ? ones.filter((one) => alike(one, base)) : [], lent = byId("lender").value;
  byId("lender").replaceChildren(...lenders.map(choice));
  if (lenders.some((one) => one.id === lent)) byId("lender").value = lent;
  byId("levels-part").hidden = !lenders.length;
  byId("levels-more").textContent = lenders.length ? s.levels_more : s.levels_none;
}
const choice = (one) => make("option", { value: one.id, textContent: nameOf(one) + (one.note ? ` · ${one.note.slice(0, 30)}` : "") });
function level(side, at) {
  const range = make("input", { type: "range", min: 0, max: 1, step: 0.01, value: shares[at], "aria-label": say(s.level, { side }) });
  const told = make("output", { textContent: `${Math.round(100 * shares[at])} %` });
  listen(range);
  range.oninput = () => { shares[at] = Number(range.value); told.textContent = `${Math.round(100 * shares[at])} %`; look(); };
  return make("label", { className: "range" }, make("span", { textContent: `${side}×${side}` }), range, told);
}
function listen(range) {
  range.onpointerdown = remember;
  range.onkeydown = (event) => { if (/^(Arrow|Home|End|Page)/.test(event.key) && !event.repeat) remember(); };
}
function slider(direction, at) {
  const name = make("input", { type: "text", maxLength: 40, value: title(direction), "aria-label": say(s.rename, { name: direction.name }), title: s.rename_more, autocomplete: "off" });
  const range = make("input", { type: "range", min: -direction.reach, max: direction.reach, step: 0.1, value: strengths[at], "aria-label": title(direction) });
  const told = make("output", { textContent: strengths[at].toFixed(1) });
  name.onchange = trying(async () => {
    state.generator.names = await post(`/api/generators/${state.generator.id}/names`, { direction: direction.name, name: name.value });
    name.value = title(direction);
    range.setAttribute("aria-label", title(direction));
  });
  listen(range);
  range.oninput = () => { strengths[at] = Number(range.value); told.textContent = strengths[at].toFixed(1); look(); };
  return make("div", { className: "range" }, name, range, told);
}
function look() {
  const painting = current();
  byId("share-text").textContent = `${Math.round(100 * share())} %`;
  byId("bench-name").textContent = nameOf(painting);
  canvas.setAttribute("aria-label", nameOf(painting));
  byId("bench-undo").disabled = !past.length;
  byId("make-lent").disabled = !painting.lent;
  markBench();
  paint(painting, (data) => draw(canvas, data), { slot: "bench" });
}
export function markBench() {
  if (!base) return;
  const painting = current(), on = !painting.lent && Boolean(starred(painting));
  byId("bench-star").textContent = on ? s.is_kept : s.keep;
  byId("bench-star").disabled = on || Boolean(painting.lent);
  byId("bench-star").title = painting.lent ? s.lent_unkept : "";
}

// ------------------------------------------------------------------ what is done with it

function remember() { past = [...past.slice(-99), [[...strengths], Number(byId("share").value), [...shares]]]; byId("bench-undo").disabled = false; }
const undo = () => {
  const last = past.pop();
  if (!last) return;
  [strengths, , shares] = last;
  byId("share").value = last[1];
  arrange();
};
byId("bench-undo").onclick = undo;
byId("bench-reset").onclick = () => { remember(); strengths = strengths.map(() => 0); shares = shares.map(() => 0); byId("share").value = 0; arrange(); };
byId("bench-star").onclick = trying(async () => { await keep(current(), canvas); carryFocus(byId("around")); });
byId("around").onclick = () => hangFamily([{ ...moved(), latent: [...moved().latent] }]);
byId("share").onpointerdown = remember;
byId("share").oninput = look;
byId("other").onchange = look;
byId("lender").onchange = look;
// The command knows both by their numbers, so the composition is kept first.
byId("make-lent").onclick = trying(async () => {
  const painting = moved(), levels = Object.fromEntries(state.generator.about.levels.map((side, at) => [side, shares[at]]).filter(([, share]) => share));
  if (!starred(painting)) await keep(painting, await alone(painting));
  begun(await ask("manner", state.generator.id, { favourites: [starred(painting).id, lender().id], levels }));
});
const onBench = (work) => () => (state.view === "bench" && base ? work() !== false : false);
onKey("z", onBench(undo));
onKey("s", onBench(() => byId("bench-star").click()));

byId("own").onchange = trying(async ({ target }) => {
  if (!target.files.length) return;
  const { id } = await upload(target.files[0], { aside: true });
  target.value = "";
  begun(await ask("project", state.generator.id, { picture: id, label: label() }));
});
