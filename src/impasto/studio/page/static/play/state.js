// What the parts of the screen share.
import { byId, s, say } from "../base.js";

export const state = { generator: null, favourites: [], chosen: [], view: "wall" };
export const mine = () => state.favourites.filter((one) => one.generator === state.generator?.id);
export const truncation = () => (state.generator?.about?.truncates ? Number(byId("truncation").value) : 1);
export const label = () => (state.generator?.about?.labels.length ? byId("label").value : null);
const hasNumber = ({ seed }) => seed !== null && seed !== undefined;
const plain = (one) => (hasNumber(one) ? say(s.name, one) : one.how || s.unnamed);
// Favourites of one name, such as two children of the same parents, are told apart by a number; the oldest has none.
export function nameOf(one) {
  const name = plain(one), namesakes = hasNumber(one) ? [] : mine().filter((other) => plain(other) === name).map(({ id }) => id).reverse();
  const at = namesakes.indexOf(one.id);
  return at > 0 ? say(s.another, { name, n: at + 1 }) : name;
}
const same = (a, b) => a.length === b.length && a.every((value, i) => Math.abs(value - b[i]) < 1e-6);
// Whether two were painted under the same conditions.
export const alike = (one, painting) => Math.abs(one.truncation - painting.truncation) < 0.005 && (one.label ?? null) === (painting.label ?? null);
// The favourite that is this painting, if it is one.
export const starred = (painting) => mine().find((one) => alike(one, painting) && (painting.seed !== null ? one.seed === painting.seed : one.seed === null && same(one.latent, painting.latent)));

export function show(view) {
  state.view = view;
  for (const each of ["wall", "bench", "family"]) {
    byId(`${each}-view`).hidden = each !== view || !state.generator?.ready;
    byId(`see-${each}`).setAttribute("aria-pressed", String(each === view));
  }
}
