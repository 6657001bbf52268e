// The bench: one painting, moved along directions and towards favourites while one watches.
import { ask, byId, carryFocus, make, onKey, post, s, say, showCommand, trying, upload } from "../base.js";
import { keep } from "./favourites.js";
import { draw, ofFavourite, onTheWay, paint } from "./painter.js";
import { label, mine, nameOf, show, starred, state } from "./state.js";
import { hangFamily } from "./wall.js";

const canvas = byId("canvas");
let base = null, strengths = [], past = [];

export function toBench(painting) {
  base = painting;
  strengths = state.generator.about.directions.map(() => 0);
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
const title = ({ source, name }) => state.generator.names[source ?? name] ?? name;

export function current() {
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
  others();
  look();
}
export function others() {
  const ones = mine(), before = byId("other").value;
  byId("other").replaceChildren(...ones.map((one) => make("option", { value: one.id, textContent: nameOf(one) + (one.note ? ` · ${one.note.slice(0, 30)}` : "") })));
  if (ones.some((one) => one.id === before)) byId("other").value = before;
  byId("blend-part").hidden = !ones.length;
  byId("blend-more").textContent = ones.length ? s.blend_more : s.blend_none;
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
  range.onpointerdown = remember;
  range.onkeydown = (event) => { if (event.key.startsWith("Arrow") && !event.repeat) remember(); };
  range.oninput = () => { strengths[at] = Number(range.value); told.textContent = strengths[at].toFixed(1); look(); };
  return make("div", { className: "range" }, name, range, told);
}
function look() {
  const painting = current();
  byId("share-text").textContent = `${Math.round(100 * share())} %`;
  byId("bench-name").textContent = nameOf(painting);
  canvas.setAttribute("aria-label", nameOf(painting));
  byId("bench-undo").disabled = !past.length;
  markBench();
  paint(painting, (data) => draw(canvas, data), "bench");
}
export function markBench() {
  if (!base) return;
  const on = Boolean(starred(current()));
  byId("bench-star").textContent = on ? s.is_kept : s.keep;
  byId("bench-star").disabled = on;
}

// ------------------------------------------------------------------ what is done with it

function remember() { past = [...past.slice(-99), [[...strengths], Number(byId("share").value)]]; byId("bench-undo").disabled = false; }
const undo = () => {
  const last = past.pop();
  if (!last) return;
  strengths = last[0];
  byId("share").value = last[1];
  arrange();
};
byId("bench-undo").onclick = undo;
byId("bench-reset").onclick = () => { remember(); strengths = strengths.map(() => 0); byId("share").value = 0; arrange(); };
byId("bench-star").onclick = trying(async () => { await keep(current(), canvas); carryFocus(byId("around")); });
byId("around").onclick = () => hangFamily([{ ...current(), latent: [...current().latent] }]);
byId("share").onpointerdown = remember;
byId("share").oninput = look;
byId("other").onchange = look;
const onBench = (work) => () => (state.view === "bench" && base ? work() !== false : false);
onKey("z", onBench(undo));
onKey("s", onBench(() => byId("bench-star").click()));

byId("own").onchange = trying(async ({ target }) => {
  if (!target.files.length) return;
  const { id } = await upload(target.files[0]);
  target.value = "";
  showCommand((await ask("project", state.generator.id, { picture: id, label: label() })).command);
});
