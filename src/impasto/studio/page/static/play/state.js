// What the parts of the screen share.
import { byId, s, say } from "../base.js";

export const state = { generator: null, favourites: [], chosen: [], view: "wall" };
export const mine = () => state.favourites.filter((one) => one.generator === state.generator?.id);
export const truncation = () => (state.generator?.about?.truncates ? Number(byId("truncation").value) : 1);
export const label = () => (state.generator?.about?.labels.length ? byId("label").value : null);
export const nameOf = ({ seed, how }) => (seed === null || seed === undefined ? how || s.unnamed : say(s.name, { seed }));
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
