// The family: favourites above their children, each to be played with.
import { byId, make, s, say } from "../base.js";
import { toBench } from "./bench.js";
import { ofFavourite } from "./painter.js";
import { mine, nameOf } from "./state.js";

const tree = byId("tree");

// Rows by how far one is from the first; a parent that was let go keeps an empty place.
export function generations(ones) {
  const related = new Set(ones.flatMap((one) => (one.parents.length ? [one.id, ...one.parents] : [])));
  const known = new Map(ones.map((one) => [one.id, one])), depth = new Map();
  const deep = (id, seen = new Set()) => {
    if (depth.has(id) || seen.has(id)) return depth.get(id) ?? 0;
    const parents = known.get(id)?.parents ?? [], further = new Set(seen).add(id);
    depth.set(id, parents.length ? 1 + Math.max(...parents.map((parent) => deep(parent, further))) : 0);
    return depth.get(id);
  };
  const rows = [];
  for (const id of related) (rows[deep(id)] ??= []).push(known.get(id) ?? { id, parents: [], lost: true });
  return rows.map((row) => row ?? []);
}

export function drawTree() {
  const rows = generations(mine());
  byId("no-family").hidden = rows.length > 0;
  tree.replaceChildren(...rows.map((row) => make("div", { className: "generation" }, ...row.map(node))));
  lines();
}
function node(one) {
  if (one.lost) return make("span", { className: "lost", dataset: { id: one.id }, textContent: s.lost });
  const name = one.note || nameOf(one), parents = one.parents.map((id) => mine().find((each) => each.id === id)).filter(Boolean).map(nameOf);
  const button = make("button", { type: "button", dataset: { id: one.id }, onclick: () => toBench(ofFavourite(one)),
    "aria-label": parents.length ? say(s.node, { name, parents: parents.join(", ") }) : name, title: one.how || name },
  make("img", { src: `/api/favourites/${one.id}/picture`, alt: "" }), make("span", { textContent: name.length > 18 ? `${name.slice(0, 17)}…` : name }));
  button.parents = one.parents;
  return button;
}
export function lines() {
  tree.querySelector("svg")?.remove();
  const box = tree.getBoundingClientRect();
  if (!box.width || !tree.children.length) return;
  const name = "http://www.w3.org/2000/svg", svg = document.createElementNS(name, "svg");
  svg.setAttribute("viewBox", `0 0 ${tree.scrollWidth} ${tree.scrollHeight}`);
  svg.setAttribute("width", tree.scrollWidth);
  svg.setAttribute("height", tree.scrollHeight);
  svg.setAttribute("aria-hidden", "true");
  const place = (element) => { const at = element.getBoundingClientRect(); return [at.left - box.left + at.width / 2 + tree.scrollLeft, at.top - box.top, at.bottom - box.top]; };
  for (const child of tree.querySelectorAll("button")) {
    for (const id of child.parents) {
      const parent = tree.querySelector(`[data-id="${id}"]`);
      if (!parent) continue;
      const [x1, , y1] = place(parent), [x2, y2] = place(child), line = document.createElementNS(name, "path");
      line.setAttribute("d", `M${x1} ${y1} C${x1} ${(y1 + y2) / 2} ${x2} ${(y1 + y2) / 2} ${x2} ${y2}`);
      svg.append(line);
    }
  }
  tree.prepend(svg);
}
new ResizeObserver(lines).observe(tree);
