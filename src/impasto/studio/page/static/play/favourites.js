// Favourites: kept with notes, chosen in an order, and made into pictures, films and children.
import { ask, byId, get, carryFocus, make, onKey, post, redraw, remove, s, say, showCommand, tell, trying } from "../base.js";
import { offerPrint } from "../print.js";
import { markBench, others, toBench } from "./bench.js";
import { drawTree } from "./family.js";
import { ofFavourite } from "./painter.js";
import { mine, nameOf, state } from "./state.js";
import { hangFamily, mark } from "./wall.js";

const plain = ({ seed, latent, truncation, label, how, parents, note = "" }) => ({
  generator: state.generator.id, seed, latent: [...latent], truncation, label: label ?? null, how, parents, note, fingerprint: state.generator.about?.generator.fingerprint ?? "" });

export async function keep(painting, canvas) {
  await post("/api/favourites", { ...plain(painting), picture: canvas.toDataURL("image/png").split(",")[1] });
  await refresh();
}
export async function letGo(one) {
  await remove(`/api/favourites/${one.id}`);
  state.chosen = state.chosen.filter((id) => id !== one.id);
  await refresh();
  carryFocus(byId("favourites").querySelector("button") ?? byId(`see-${state.view}`));
  tell(say(s.gone, { name: nameOf(one) }), { undo: trying(async () => { await post("/api/favourites", plain(one)); await refresh(); }) });
}
export async function refresh() {
  state.favourites = await get("/api/favourites");
  const ones = mine();
  state.chosen = state.chosen.filter((id) => ones.some((one) => one.id === id));
  byId("no-favourites").hidden = ones.length > 0;
  byId("make").hidden = !ones.length;
  redraw(byId("favourites"), ones, () => ones.map(row)); // a note that is being typed stays
  choose();
  others();
  mark();
  markBench();
  drawTree();
}
function row(one) {
  const name = nameOf(one), note = make("input", { type: "text", value: one.note, maxLength: 500, placeholder: s.note_hint, "aria-label": say(s.note, { name }) });
  note.onchange = trying(async () => { await post("/api/favourites", { ...plain(one), note: note.value }); for (const each of [one, ...mine()]) if (each.id === one.id) each.note = note.value; });
  const more = one.truncation === 1 ? name : `${name} · ${one.truncation.toFixed(2)}`;
  return make("li", { dataset: { id: one.id } },
    make("button", { type: "button", className: "choose", "aria-label": say(s.choose, { name }), onclick: () => { choose(one.id); } },
      make("img", { src: `/api/favourites/${one.id}/picture`, alt: "", loading: "lazy" })),
    make("div", {}, make("button", { type: "button", className: "quiet name", textContent: more, title: s.to_bench, onclick: () => toBench(ofFavourite(one)) }), note),
    make("button", { type: "button", className: "icon", textContent: "×", "aria-label": say(s.unstar, { name }), onclick: trying(() => letGo(one)) }));
}

// ------------------------------------------------------------------ choosing some, in an order

function choose(id = null) {
  if (id) state.chosen = state.chosen.includes(id) ? state.chosen.filter((one) => one !== id) : [...state.chosen, id];
  for (const li of byId("favourites").children) {
    const at = state.chosen.indexOf(li.dataset.id), button = li.querySelector(".choose");
    button.setAttribute("aria-pressed", String(at >= 0));
    const name = nameOf(mine().find((one) => one.id === li.dataset.id));
    button.dataset.order = at < 0 ? "" : at + 1;
    button.setAttribute("aria-label", at < 0 ? say(s.choose, { name }) : say(s.chosen_as, { n: at + 1, name }));
  }
  const many = state.chosen.length;
  byId("chosen-text").hidden = !mine().length;
  byId("chosen-text").textContent = many ? say(s.chosen, { count: many }) : s.choose_some;
  for (const [name, needs] of [["children", many === 2], ["manner", many === 2], ["film", taken().length > 1], ["strokes", many === 1 || mine().length === 1]]) {
    byId(name).disabled = !needs;
  }
  byId("film").title = taken().length > 1 ? "" : s.film_need;
  byId("children").title = many === 2 ? "c" : s.two_need;
}
// Those chosen; all of them, oldest first, where none is.
const taken = () => (state.chosen.length ? state.chosen.map((id) => mine().find((one) => one.id === id)) : mine().reverse());

// What is being made appears below; nobody has to look for it.
export function begun(job) { showCommand(job.command); tell(s.asked); }
const wish = (extra, action = "generate") => trying(async () => {
  begun(await ask(action, state.generator.id, { favourites: taken().map(({ id }) => id), ...extra }));
});
byId("save").onclick = wish({});
byId("sheet").onclick = wish({ grid: true });
byId("print").onclick = () => offerPrint(taken().map(({ id }) => id));
byId("enlarge").onclick = trying(async () => { for (const { id } of taken()) begun(await ask("enlarge", id)); });
byId("strokes").onclick = trying(async () => { const job = await ask("strokes", taken()[0].id, { film: true, svg: true }); location.assign(`/paint?job=${job.id}`); });
byId("manner").onclick = trying(async () => { begun(await ask("manner", state.generator.id, { favourites: state.chosen })); });
const children = () => { if (state.chosen.length !== 2) return false; hangFamily(taken()); return true; };
byId("children").onclick = children;
onKey("c", children);

byId("film").onclick = () => {
  byId("film-row").replaceChildren(...taken().map((one) => make("li", {}, make("img", { src: `/api/favourites/${one.id}/picture`, alt: nameOf(one) }))));
  byId("film-dialog").showModal();
};
byId("film-form").onsubmit = (event) => {
  if (event.submitter?.value !== "go") return;
  const value = (name) => byId(`film-${name}`).value;
  wish({ interpolate: value("interpolate"), easing: value("easing"), seconds: Number(value("seconds")), side: Number(value("side")), kind: value("kind"), loop: byId("film-loop").checked }, "film")();
};
