// A wall of paintings, each a number; favourites with notes; pictures and films of them.
import { ask, asked, byId, get, goTo, isOver, make, onKey, post, remove, s, say, showCommand, showProgress, standing,
  stop, tell, trying, watch } from "./base.js";

let generator = null, worker = null, waiting = new Map(), queue = [], busy = false, counter = 0, times = [];
let favourites = [], jobs = [], shownJobs = "";
const wall = byId("wall");

const first = () => Math.max(0, Math.min(Number.MAX_SAFE_INTEGER - 100, Math.floor(Number(byId("first").value) || 0)));
const count = () => Number(byId("count").value);
const truncation = () => Number(byId("truncation").value);
const nameOf = (seed) => say(s.name, { seed });
const starred = (seed) => favourites.find((one) => one.generator === generator.id && one.seed === seed && Math.abs(one.truncation - truncation()) < 0.005);

// ------------------------------------------------------------------ painting, one at a time

export function picture(request, done) { queue.push([request, done]); pump(); }
function pump() {
  if (busy || !queue.length || !worker) return;
  const [request, done] = queue.shift();
  busy = true;
  request.number = ++counter;
  waiting.set(request.number, done);
  worker.postMessage(request);
}
function start() {
  worker?.terminate();
  [queue, busy, waiting, times] = [[], true, new Map(), []];
  worker = new Worker("/static/play-worker.js");
  worker.onerror = (event) => fail(event.message);
  worker.onmessage = ({ data }) => {
    if (data.error) { fail(data.error); return; }
    if (data.number) {
      times = [...times.slice(-29), data.took];
      waiting.get(data.number)?.(data);
      waiting.delete(data.number);
      if (times.length >= 5) byId("speed").textContent = say(s.speed, { count: (1000 * times.length / times.reduce((a, b) => a + b)).toFixed(0) });
    }
    busy = false;
    pump();
  };
  worker.postMessage({ model: new URL(`/api/generators/${generator.id}/model`, location.href).href, about: generator.about });
}
function fail(reason) { worker?.terminate(); worker = null; tell(say(s.failed, { reason }), { bad: true }); }

function draw(canvas, { pixels, width, height }) {
  Object.assign(canvas, { width, height });
  canvas.style.aspectRatio = `${width} / ${height}`;
  canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
  canvas.dataset.painted = "1";
}

// ------------------------------------------------------------------ the wall

function hang(focus = false) {
  queue = [];
  const from = first();
  byId("wall-tools").hidden = false;
  while (wall.children.length > count()) wall.lastChild.remove();
  while (wall.children.length < count()) wall.append(tile());
  [...wall.children].forEach((row, at) => { row.firstChild.dataset.seed = from + at; row.querySelector("canvas").removeAttribute("data-painted"); });
  for (const row of wall.children) {
    const seed = Number(row.firstChild.dataset.seed), canvas = row.querySelector("canvas");
    picture({ seed, truncation: truncation() }, (data) => { if (Number(row.firstChild.dataset.seed) === seed) draw(canvas, data); });
  }
  mark();
  rove(wall.querySelector("button"), focus);
  goTo({ generator: generator.id, first: from }, true);
}
function tile() {
  const button = make("button", { type: "button", tabIndex: -1, onclick: () => toggle(button) },
    make("canvas", { width: 8, height: 8 }), make("span", { className: "star", textContent: "★", "aria-hidden": "true" }));
  button.addEventListener("focus", () => rove(button, false));
  return make("li", {}, button);
}
function mark() {
  for (const { firstChild: button } of wall.children) {
    const seed = Number(button.dataset.seed), on = Boolean(starred(seed));
    button.setAttribute("aria-pressed", String(on));
    button.setAttribute("aria-label", say(on ? s.unstar : s.star, { name: nameOf(seed) }));
    button.title = nameOf(seed);
  }
}
function rove(button, focus) {
  if (!button) return;
  for (const { firstChild: each } of wall.children) each.tabIndex = each === button ? 0 : -1;
  if (focus) button.focus();
}
function walk(dx, dy) {
  const all = [...wall.children].map((row) => row.firstChild), at = all.indexOf(document.activeElement);
  if (at < 0) { rove(all[0], true); return; }
  const columns = getComputedStyle(wall).gridTemplateColumns.split(" ").length;
  const next = all[at + dx + dy * columns];
  if (next) rove(next, true);
}
const move = (way) => () => { byId("first").value = Math.max(0, first() + way * count()); hang(); };
const anywhere = () => { byId("first").value = crypto.getRandomValues(new Uint32Array(1))[0]; hang(); };

// ------------------------------------------------------------------ favourites

const toggle = trying(async (button) => {
  const seed = Number(button.dataset.seed), known = starred(seed);
  if (known) { await letGo(known); return; }
  const canvas = button.querySelector("canvas");
  if (!canvas.dataset.painted) return;
  await post("/api/favourites", { generator: generator.id, seed, truncation: truncation(), note: "", picture: canvas.toDataURL("image/png").split(",")[1] });
  await refresh();
});
async function letGo(one) {
  await remove(`/api/favourites/${one.id}`);
  await refresh();
  tell(say(s.gone, { name: nameOf(one.seed) }), { undo: trying(async () => {
    await post("/api/favourites", { generator: one.generator, seed: one.seed, truncation: one.truncation, note: one.note });
    await refresh();
  }) });
}
async function refresh() {
  favourites = await get("/api/favourites");
  const mine = favourites.filter((one) => one.generator === generator?.id);
  byId("no-favourites").hidden = mine.length > 0;
  byId("make").hidden = !mine.length;
  byId("film").disabled = mine.length < 2;
  byId("film").title = mine.length < 2 ? s.film_need : "";
  byId("favourites").replaceChildren(...mine.map(row));
  mark();
}
function row(one) {
  const name = nameOf(one.seed), note = make("input", { type: "text", value: one.note, maxLength: 500, placeholder: s.note_hint, "aria-label": say(s.note, { name }) });
  note.onchange = trying(async () => {
    await post("/api/favourites", { generator: one.generator, seed: one.seed, truncation: one.truncation, note: note.value });
    one.note = note.value;
  });
  return make("li", {},
    make("img", { src: `/api/favourites/${one.id}/picture`, alt: name }),
    make("div", {}, make("span", { className: "quiet", textContent: one.truncation === 1 ? name : `${name} · ${one.truncation.toFixed(2)}` }), note),
    make("button", { type: "button", className: "icon", textContent: "×", "aria-label": say(s.unstar, { name }), onclick: trying(() => letGo(one)) }));
}

// One command has one truncation: the favourites of the one that most of them have, oldest first.
function largest() {
  const groups = Map.groupBy(favourites.filter((one) => one.generator === generator.id).reverse(), (one) => one.truncation);
  return [...groups].sort((a, b) => b[1].length - a[1].length);
}
const wish = (extra, every = false) => trying(async () => {
  for (const [factor, ones] of every ? largest() : largest().slice(0, 1)) {
    const job = await ask("generate", generator.id, { seeds: ones.map((one) => one.seed).join(","), truncation: factor, ...extra });
    showCommand(job.command);
  }
});
byId("save").onclick = wish({}, true);
byId("sheet").onclick = wish({ grid: true });
byId("film").onclick = wish({ interpolate: "cubic", loop: true, easing: "in-out", seconds: 2, side: 512 });
byId("print").onclick = wish({ paper: "A4" }, true);

// ------------------------------------------------------------------ what was made

watch((all) => {
  jobs = all;
  const getting = jobs.find((job) => job.verb === "export" && job.about === generator?.id && !isOver(job));
  const broke = jobs.find((job) => job.verb === "export" && job.about === generator?.id);
  if (generator && !generator.ready) {
    byId("notice-progress").hidden = !getting;
    byId("ready").hidden = Boolean(getting);
    byId("notice-text").textContent = getting ? s.preparing : s.ready;
    byId("notice-more").textContent = getting ? standing(getting).words : broke?.trouble ? standing(broke).words : s.ready_more;
    if (getting) showProgress(byId("notice-progress"), null);
    if (!getting && broke?.state === "done") trying(open)(generator.id);
  }
  const made = jobs.filter((job) => job.verb === "generate" && job.about === generator?.id);
  const now = made.map((job) => `${job.id}${job.state}${job.files}${isOver(job) ? "" : standing(job).words}`).join();
  if (now !== shownJobs) { shownJobs = now; byId("made-part").hidden = !made.length; byId("made").replaceChildren(...made.map(result)); }
});
function result(job) {
  const files = Array.from({ length: Math.min(job.files, 60) }, (_, n) => `/api/jobs/${job.id}/files/${n}`);
  if (!isOver(job)) {
    const bar = make("progress", { max: 1, "aria-label": job.title }), { share, words } = standing(job);
    showProgress(bar, share);
    return make("li", {}, bar, make("p", { className: "spread quiet" }, make("span", { textContent: words }), make("button", { type: "button", textContent: "×", className: "icon", "aria-label": "stop", onclick: () => stop(job) })));
  }
  if (job.state !== "done") return make("li", { className: "quiet", textContent: standing(job).words });
  const film = job.command.includes("--interpolate");
  return make("li", {},
    film ? make("video", { src: files[0], controls: true, loop: true, muted: true, playsInline: true }) : null,
    make("ul", { className: film ? "" : "thumbs" }, ...files.map((file, n) => make("li", {},
      make("a", { href: `${file}?save=1`, download: "", title: s.save_file }, film ? s.save_film : make("img", { src: file, alt: `${n + 1}`, loading: "lazy" }))))));
}

// ------------------------------------------------------------------ choosing a generator

async function open(id) {
  generator = await get(`/api/generators/${encodeURIComponent(id)}`);
  byId("generator").value = generator.id;
  shownJobs = "";
  byId("notice").hidden = generator.ready;
  byId("truncation").parentElement.hidden = generator.ready && !generator.about.truncates;
  byId("speed").textContent = "";
  wall.replaceChildren();
  byId("wall-tools").hidden = true;
  showCommand("");
  goTo({ generator: generator.id, first: first() }, true);
  await refresh();
  if (generator.ready) { start(); hang(); } else {
    byId("ready").hidden = false;
    byId("notice-text").textContent = s.ready;
    byId("notice-more").textContent = s.ready_more;
  }
}

async function begin() {
  const { items } = await get("/api/home");
  const playable = items.filter((item) => item.playable);
  playable.sort((a, b) => (a.kind === "generator") - (b.kind === "generator"));
  byId("generator").replaceChildren(...playable.map((item) => make("option", { value: item.id, textContent: item.title })));
  const where = asked(), wanted = where.get("generator");
  byId("first").value = Number(where.get("first")) || 0;
  const there = playable.find((item) => item.id === wanted);
  if (wanted && !there) tell(s.none, { bad: true });
  const smallest = playable.find((item) => item.kind === "generator" && item.title.endsWith("-64"));
  const chosen = there ?? smallest ?? playable[0];
  if (chosen) await open(chosen.id);
}

byId("generator").onchange = trying(({ target }) => open(target.value));
byId("ready").onclick = trying(async () => { showCommand((await ask("ready", generator.id)).command); });
byId("next").onclick = move(1);
byId("previous").onclick = move(-1);
byId("chance").onclick = anywhere;
byId("first").onchange = () => hang();
byId("count").onchange = () => hang();
byId("truncation").oninput = () => { byId("truncation-text").textContent = truncation().toFixed(2); hang(); };
const whenReady = (work) => () => (generator?.ready ? (work(), true) : false);
onKey("n", whenReady(move(1)));
onKey("b", whenReady(move(-1)));
onKey("r", whenReady(anywhere));
onKey("s", whenReady(() => { if (wall.contains(document.activeElement)) toggle(document.activeElement); }));
onKey("v", whenReady(() => {
  const canvas = document.activeElement?.querySelector?.("canvas");
  if (!canvas?.dataset.painted || !wall.contains(canvas)) return;
  const large = byId("large");
  Object.assign(large, { width: canvas.width, height: canvas.height });
  large.getContext("2d").drawImage(canvas, 0, 0);
  byId("look-name").textContent = nameOf(document.activeElement.dataset.seed);
  byId("look").showModal();
}));
for (const [key, dx, dy] of [["ArrowLeft", -1, 0], ["ArrowRight", 1, 0], ["ArrowUp", 0, -1], ["ArrowDown", 0, 1]]) onKey(key, whenReady(() => walk(dx, dy)));
trying(begin)();
