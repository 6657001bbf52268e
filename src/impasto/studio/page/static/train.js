// A training: begun in one place, watched in the same one.
import { ask, asked, byId, clock, dropping, carryFocus, get, goTo, isOver, jobOf, make, many, number, onKey, pace, redraw, Refusal, s, say, showCommand,
  showProgress, standing, stop, tell, trying, watch } from "./base.js";
import { controls, finding, optionsOf } from "./form.js";
import { takeIn, told } from "./taking.js";
import uPlot from "./vendor/uPlot.esm.js";

let jobs = [], run = null, job = null, beside = null, others = "", ahead = null, rest = () => ({}), at = null, charts = {}, looked = 0, shown = null; // shown: id of the run whose pictures hang here
const SHORTEST = 2, LONGEST = 720;

// ------------------------------------------------------------------ what to learn

async function begin(learn = "") {
  byId("begin").hidden = false;
  byId("lead").hidden = false;
  byId("live").hidden = true;
  byId("title").textContent = s.title;
  document.title = `${s.title} · Impasto`;
  const { items } = await get("/api/home");
  const sets = items.filter((item) => item.kind === "pictures" || item.kind === "set");
  const choice = (value, title, cover, more) => make("label", {},
    make("input", { type: "radio", name: "set", value, required: true, checked: value === learn }),
    cover ? make("img", { src: `/api/items/${value}/cover?side=160`, alt: "" }) : null, make("span", {}, title, more ? make("span", { className: "quiet", textContent: more }) : null));
  const what = (item) => (item.kind === "pictures" ? s.as_folder : item.count ? many(s.as_set, item.count, item) : s.as_set_only);
  byId("sets").replaceChildren(...sets.map((item) => choice(item.id, item.title, item.cover, what(item))), choice("colourfield", s.colourfield, false));
  const runs = items.filter(({ kind }) => kind === "run");
  byId("runs-part").hidden = !runs.length;
  byId("runs").replaceChildren(...runs.map((item) => make("li", {}, make("a", { href: `/train?run=${item.id}`, className: "card" },
    item.cover ? make("img", { src: `/api/items/${item.id}/cover?side=320`, alt: "", loading: "lazy" }) : make("span", { className: "bare" }), make("strong", { textContent: item.title }), make("span", { className: "quiet", dataset: { run: item.id }, textContent: s.learning, hidden: true })))));
  markRunning();
  const origins = items.filter((item) => item.playable);
  byId("from").replaceChildren(make("option", { value: "", textContent: s.from_auto }), make("option", { value: "nothing", textContent: s.from_nothing }), ...origins.map((item) => make("option", { value: item.id, textContent: item.title, dataset: { name: item.kind === "run" ? `runs/${item.title}` : item.title } })));
}

function markRunning() {
  for (const each of byId("runs").querySelectorAll("[data-run]")) each.hidden = !jobs.some((one) => one.verb === "train" && one.made === each.dataset.run && !isOver(one));
}

const take = trying(async (files, folder) => {
  const found = await takeIn(files, folder);
  told(found);
  await begin(found.id);
  byId("start").focus();
});

// ------------------------------------------------------------------ how long, and how

async function describe() {
  const [form, knobs] = await Promise.all([get("/api/forms/train"), get("/api/knobs")]);
  rest = controls(byId("rest"), form, ["minutes", "size", "settings", "images", "epochs", "conditional"]);
  byId("knobs").replaceChildren(...knobs.filter(([knob]) => knob.includes(".")).map(([knob, accepts, meaning]) => make("div", { className: "field option", dataset: { find: `${knob} ${meaning}`.toLowerCase() } },
    make("label", { htmlFor: `knob-${knob}`, textContent: knob }),
    make("input", { type: "text", id: `knob-${knob}`, placeholder: accepts, autocomplete: "off", dataset: { knob }, "aria-describedby": `about-${knob}` }),
    make("p", { className: "quiet", id: `about-${knob}`, textContent: meaning }))));
}
function values() {
  const settings = [...document.querySelectorAll("[data-knob]")].filter((input) => input.value.trim()).map((input) => `${input.dataset.knob}=${input.value.trim()}`);
  return { minutes: Number(byId("minutes").value), size: byId("size").value || null, begin: byId("from").value || null, conditional: byId("conditional").checked, settings: settings.length ? settings : null, ...rest() };
}
const learn = () => document.querySelector("input[name=set]:checked")?.value;
byId("minutes-range").oninput = ({ target }) => {
  const raw = SHORTEST * (LONGEST / SHORTEST) ** Number(target.value), step = raw < 10 ? 1 : raw < 60 ? 5 : 15;
  byId("minutes").value = Math.max(SHORTEST, Math.round(raw / step) * step);
};
const slide = () => { byId("minutes-range").value = Math.log(Math.max(SHORTEST, Number(byId("minutes").value)) / SHORTEST) / Math.log(LONGEST / SHORTEST); };
byId("minutes").oninput = slide;

byId("begin").onsubmit = trying(async (event) => {
  event.preventDefault();
  job = await ask("train", learn(), values());
  run = null;
  goTo({ job: job.id });
  watchIt();
});
byId("forecast").onclick = trying(async () => {
  if (!byId("begin").reportValidity()) return;
  ahead = await ask("forecast", learn(), values());
  goTo({ learn: learn(), ahead: ahead.id }, true);
  showAhead();
});
function showAhead() {
  if (!ahead) return;
  ahead = jobOf(ahead.id) ?? ahead;
  if (!isOver(ahead)) {
    if (byId("ahead").dataset.job !== ahead.id) { byId("ahead").dataset.job = ahead.id; byId("ahead").replaceChildren(make("p", { className: "quiet", textContent: s.forecasting }), make("progress", { "aria-label": s.forecasting })); }
    return;
  }
  const { id } = ahead;
  ahead = null;
  trying(async () => {
    const done = await get(`/api/jobs/${id}`);
    if (done.state !== "done") { byId("ahead").replaceChildren(); tell(standing(done).words, { bad: true }); return; }
    const rows = done.result.split("\n").map((line) => /^([a-z]+) {2,}(.*)$/.exec(line)).filter((found) => found && found[1] !== "settings");
    byId("ahead").replaceChildren(make("dl", { className: "ahead" }, ...rows.flatMap(([, name, value]) => [make("dt", { textContent: name }), make("dd", { textContent: value })])));
  })();
}

// ------------------------------------------------------------------ while it learns

function watchIt() {
  byId("begin").hidden = true;
  byId("live").hidden = false;
  carryFocus(byId("title"));
  byId("lead").hidden = true;
  turnTo(job?.made ?? run?.id ?? "");
  showCommand(job?.command ?? run?.job?.command ?? "");
  byId("title").textContent = run?.title ?? job?.title ?? s.title;
  document.title = `${byId("title").textContent} · Impasto`;
  look();
}

function look() {
  showAhead();
  if (byId("live").hidden) return;
  if (job) job = jobOf(job.id) ?? job;
  const active = job && !isOver(job);
  byId("work").hidden = !active;
  byId("stop").hidden = !active;
  byId("stop").disabled = Boolean(job?.stopping);
  byId("longer").hidden = active || !job;
  byId("go-on").hidden = active || !job || job.state === "done";
  if (active) {
    const { share, words } = standing(job);
    showProgress(byId("progress"), share);
    const work = job.work;
    byId("work-text").textContent = work?.event === "training"
      ? `${pace(work.speed)} · ${many(s.seen, work.images)}` : words;
    byId("eta").textContent = work?.event === "training" && work.eta ? clock(work.eta) : "";
  }
  if (job && isOver(job) && job.trouble && look.said !== job.id) { look.said = job.id; tell(standing(job).words, { bad: true }); }
  const id = job?.made ?? run?.id;
  if (!id) { showVerdict(active ? s.preparing : ""); return; }
  if (Date.now() - looked > (active ? 3_000 : 60_000) || run?.id !== id || look.was !== active) { looked = Date.now(); look.was = active; trying(read)(id); }
}

// Nothing of the run that was watched before stays.
function turnTo(id) {
  if (id === shown) return;
  shown = id;
  [at, beside, others, looked] = [null, null, "", 0];
  for (const name of ["sheet", "beside-sheet", "reals", "nearest"]) byId(name).removeAttribute("src");
  for (const name of ["sheet", "scrub-row", "beside-row", "beside-part", "room", "curves-part", "originals-part", "nearest-part", "play", "judge", "share"]) byId(name).hidden = true;
  byId("no-sheet").hidden = false;
  byId("sheets").classList.remove("two");
  byId("wall-title").textContent = "\u00a0";
  byId("longer-minutes").value = "";
  showVerdict("");
  redraw(byId("alarms"), null, () => []);
}

async function read(id) {
  turnTo(id);
  const newest = at === null || !run || at === run.sheets.at(-1);
  const found = await get(`/api/runs/${id}`);
  if (id !== shown) return; // another one is watched by now
  run = found;
  if (!job && run.job) { job = run.job; }
  byId("title").textContent = run.title;
  showCommand(job?.command ?? "");
  const [, numbers = ""] = / (\(KID [^)]*\))/.exec(run.verdict) ?? [];
  showVerdict(run.verdict.replace(` ${numbers}`, "") || (run.sheets.length ? s.verdict_none : s.beginning), numbers);
  showAlarms();
  showRoom();
  await findOthers();
  if (id !== shown || !run) return;
  for (const next of ["play", "judge", "share"]) Object.assign(byId(next), { hidden: !run.playable, href: `/${next}?generator=${run.id}` });
  byId("no-sheet").hidden = run.sheets.length > 0;
  byId("scrub-row").hidden = run.sheets.length < 2;
  byId("scrub").max = Math.max(0, run.sheets.length - 1);
  if (newest) showSheet(run.sheets.length - 1);
  byId("originals-part").hidden = !run.reals;
  if (run.reals && !byId("reals").src) byId("reals").src = `/api/runs/${id}/reals/0?side=640`;
  const near = run.nearest.at(-1);
  byId("nearest-part").hidden = near === undefined;
  if (near !== undefined) byId("nearest").src = `/api/runs/${id}/nearest/${near}?side=1280`;
  if (!byId("longer-minutes").value) byId("longer-minutes").value = 2 * Math.ceil(run.minutes || 30);
  curves();
}

// It is read out whenever it is drawn, so only when it is another one.
function showVerdict(words, numbers = "") {
  redraw(byId("verdict"), [words, numbers], () => [words, numbers ? make("span", { className: "quiet numbers", textContent: say(s.numbers, { numbers: numbers.slice(1, -1) }) }) : ""]);
}

// What the guard says, with its way out: the settings that its words name, and its own mending.
function showAlarms() {
  const over = job && isOver(job);
  const ways = ({ settings }) => [
    settings.length && job ? make("button", { type: "button", textContent: say(s.anew, { settings: settings.join(" ") }), onclick: () => anew(settings) }) : null,
    over ? make("button", { type: "button", textContent: s.mend, title: s.mend_more, onclick: () => goOn({ guard: "rescue" }) }) : null,
  ].filter(Boolean);
  redraw(byId("alarms"), [run.alarms, over, job?.id], () => run.alarms.map((alarm) => make("div", { className: "alarm" },
    make("p", {}, make("strong", { textContent: `${s.guard}: ` }), alarm.words), make("p", { className: "buttons" }, ...ways(alarm)))));
}
const anew = trying(async (settings) => {
  const { about, command } = job;
  goTo({ learn: about });
  await Promise.all([begin(about), described]);
  fillIn(optionsOf(command), settings);
  byId("knobs").closest("details").open = true;
  byId("start").focus();
});
// The form as it was when a command was asked for, but with these settings.
function fillIn(options, settings) {
  const [minutes, size, from] = ["--minutes", "--size", "--from"].map((flag) => options.get(flag)?.at(-1));
  if (minutes) { byId("minutes").value = minutes; slide(); }
  byId("size").value = size ?? "";
  byId("from").value = [...byId("from").options].find((each) => from && (each.value === from || each.dataset.name === from))?.value ?? "";
  byId("conditional").checked = options.has("--conditional");
  rest.fill(options);
  const knobs = new Map([...(options.get("--set") ?? []), ...settings].map((setting) => setting.split(/=(.*)/s)));
  for (const input of document.querySelectorAll("[data-knob]")) input.value = knobs.get(input.dataset.knob) ?? "";
}
const bytes = (many) => (many >= 1e9 ? `${(many / 1e9).toFixed(1)} GB` : `${Math.round(many / 1e6)} MB`);
function showRoom() {
  const { disk, free, memory } = run.room;
  byId("room").hidden = false;
  byId("room").textContent = [memory ? say(s.memory, { memory: bytes(memory) }) : "", say(s.disk, { disk: bytes(disk), free: bytes(free) })].filter(Boolean).join(" · ");
}

// ------------------------------------------------------------------ two side by side

async function findOthers() {
  const { items } = await get("/api/home");
  if (!run) return; // another one was begun meanwhile
  const found = items.filter((item) => item.kind === "run" && item.id !== run.id), now = found.map(({ id }) => id).join();
  byId("beside-row").hidden = !found.length;
  if (beside) { beside = await get(`/api/runs/${beside.id}`); showBeside(); }
  if (now === others) return;
  others = now;
  byId("beside").replaceChildren(make("option", { value: "", textContent: s.nothing_beside }), ...found.map((item) => make("option", { value: item.id, textContent: item.title })));
  byId("beside").value = beside?.id ?? "";
}
// The other one's wall after as many pictures, or the last before that.
function showBeside() {
  const nearest = beside?.sheets.filter((images) => images <= (at ?? Infinity)).at(-1) ?? beside?.sheets[0];
  byId("beside-part").hidden = nearest === undefined;
  byId("sheets").classList.toggle("two", nearest !== undefined);
  if (nearest === undefined) return;
  const address = `/api/runs/${beside.id}/sheet/${nearest}?side=1280`, sheet = byId("beside-sheet");
  if (!sheet.src.endsWith(address)) sheet.src = address;
  const [, numbers = ""] = / \((KID [^)]*)\)/.exec(beside.verdict) ?? [];
  sheet.alt = byId("beside-title").textContent = `${beside.title}: ${say(s.wall, { images: number(nearest) })}${numbers ? ` · ${numbers}` : ""}`;
}
byId("beside").onchange = trying(async ({ target }) => {
  beside = target.value ? await get(`/api/runs/${target.value}`) : null;
  showBeside();
  curves();
});

function showSheet(index) {
  const images = run?.sheets[index], sheet = byId("sheet");
  if (images === undefined) return;
  byId("scrub").value = index;
  if (at === images && sheet.src) return;
  at = images;
  sheet.src = `/api/runs/${run.id}/sheet/${images}?side=1280`;
  sheet.hidden = false;
  sheet.alt = byId("wall-title").textContent = say(s.wall, { images: number(images) });
  byId("scrub").setAttribute("aria-valuetext", sheet.alt);
  showBeside();
}
byId("scrub").oninput = ({ target }) => showSheet(Number(target.value));

function curves() {
  byId("curves-part").hidden = run.images.length < 2;
  if (run.images.length < 2) return;
  const names = Object.keys(run.curves).filter((name) => name.endsWith("_loss"));
  curve("losses", [run.images, ...names.map((name) => run.curves[name])], names.map((name) => ({ d_loss: "discriminator", g_loss: "generator" })[name]));
  if (beside?.kid.images.length) {
    curve("kid", uPlot.join([[run.kid.images, run.kid.kid], [beside.kid.images, beside.kid.kid]]), [run.title, beside.title]);
  } else curve("kid", [run.kid.images, run.kid.kid], ["KID"]);
}
function curve(place, data, names) {
  const styles = getComputedStyle(document.documentElement), colour = (name) => styles.getPropertyValue(name).trim();
  if (charts[place] && charts[place].series.slice(1).map(({ label }) => label).join() === names.join()) { charts[place].setData(data); return; }
  charts[place]?.destroy();
  const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
  const strokes = [colour("--accent"), colour("--quiet")];
  charts[place] = new uPlot({
    width: byId(place).clientWidth || 300, height: 150, legend: { live: false }, cursor: { y: false }, scales: { x: { time: false } },
    axes: [{ ...axis, values: (_, ticks) => ticks.map((tick) => (tick >= 1000 ? `${tick / 1000}k` : tick)) }, { ...axis, size: 44 }],
    series: [{ label: "pictures" }, ...names.map((label, n) => ({ label, stroke: strokes[n % 2], width: 2, points: { show: data[0].length < 30 }, spanGaps: true }))],
  }, data, byId(place));
}
addEventListener("theme", () => { for (const each of Object.values(charts)) each.destroy(); charts = {}; if (run) curves(); });
addEventListener("resize", () => { for (const [place, each] of Object.entries(charts)) each.setSize({ width: byId(place).clientWidth, height: 150 }); });

byId("stop").onclick = () => stop(job);
const goOn = trying(async (more) => { job = await ask("continue", run.id, more); goTo({ job: job.id }, true); watchIt(); });
byId("go-on").onclick = () => goOn({});
byId("longer").onsubmit = (event) => { event.preventDefault(); goOn({ minutes: Number(byId("longer-minutes").value) }); };
byId("files").onchange = ({ target }) => take([...target.files].map((file) => [file, file.webkitRelativePath || file.name]), "");
dropping(byId("drop"), take);
finding(byId("find"), byId("knobs"));
const step = (way) => () => { if (!run || byId("live").hidden) return false; showSheet(Math.max(0, Math.min(run.sheets.length - 1, run.sheets.indexOf(at) + way))); return true; };
onKey("ArrowLeft", step(-1));
onKey("ArrowRight", step(1));

async function open() {
  const where = asked();
  [run, job, at, beside] = [null, null, null, null];
  if (where.has("job")) {
    try { job = await get(`/api/jobs/${encodeURIComponent(where.get("job"))}`); } catch { tell(s.gone, { bad: true }); return begin(); }
    return watchIt();
  }
  if (where.has("run")) {
    byId("begin").hidden = true;
    try { await read(encodeURIComponent(where.get("run"))); } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      tell(s.gone, { bad: true });
      return begin();
    }
    return watchIt();
  }
  await begin(where.get("learn") ?? "");
  if (where.has("ahead")) ahead = await get(`/api/jobs/${encodeURIComponent(where.get("ahead"))}`);
  return showAhead();
}
slide();
const described = trying(describe)();
watch((all) => { jobs = all; markRunning(); look(); });
addEventListener("popstate", () => trying(open)());
trying(open)();
