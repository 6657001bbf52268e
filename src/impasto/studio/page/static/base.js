// What every screen has: asking the studio, its texts, what is going on, keys, words at the edge.
import texts from "/texts.js";

export const screen = location.pathname.split("/")[1] || "home";
export const t = texts.base;
export const s = texts[screen] ?? {};
export const byId = (id) => document.getElementById(id);
export const say = (text, values = {}) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
export const number = (value) => Math.round(value).toLocaleString("en");
// One thing, or several: a text that counts has both.
export const many = (texts, count, values = {}) => say(texts[count === 1 ? 0 : 1], { ...values, count: number(count) });

// An element: make("a", { href, textContent, dataset: { id } }, ...children).
export function make(tag, traits = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(traits)) {
    if (name === "dataset") Object.assign(element.dataset, value);
    else if (name.startsWith("aria-") || name === "role" || name === "for") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// ------------------------------------------------------------------ asking

export class Refusal extends Error {}

async function answered(request) {
  let answer;
  try { answer = await request; } catch { throw new Refusal(t.lost); }
  let value = null;
  try { value = await answer.json(); } catch { /* said below */ }
  if (!answer.ok) throw new Refusal(value?.error ?? t.lost);
  return value;
}
export const get = (path) => answered(fetch(path));
export const post = (path, value = {}) => answered(fetch(path, {
  method: "POST", body: JSON.stringify(value), headers: { "Content-Type": "application/json" } }));
export const remove = (path) => answered(fetch(path, { method: "DELETE" }));
export const ask = (action, subject, values = {}) => post(`/api/ask/${action}`, { subject, values });
// `aside`: it serves another picture, as a mask does, and is none to be painted or learnt itself.
export const upload = (file, { name = file.name, folder = "", as = "uploads", aside = false } = {}) => answered(fetch(
  `/api/${as}?${new URLSearchParams({ name, folder, ...(aside ? { aside } : {}) })}`,
  { method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" } }));

// A handler whose refusal is said at the edge, in one sentence.
export const trying = (work) => async (...given) => {
  try { return await work(...given); } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    tell(error.message, { bad: true });
    return undefined;
  }
};

// ------------------------------------------------------------------ words at the edge

const [docs] = document.body.dataset.docs.split(" "); // what this screen does, explained

// One sentence; with `undo` a button that takes back what was done.
export function tell(sentence, { undo = null, bad = false, stays = bad } = {}) {
  // While a dialog is open, what lies behind it is neither seen nor read out.
  const box = document.querySelector("dialog[open] > .words") ?? byId("words"), note = make("div", { className: bad ? "word bad" : "word" }, make("p", { textContent: sentence }));
  const go = () => note.remove();
  if (undo) note.append(make("button", { type: "button", textContent: t.undo, onclick: () => { go(); undo(); } }));
  if (bad) note.append(make("a", { href: `${t.docs_at}${docs}`, textContent: t.docs }));
  note.append(make("button", { type: "button", className: "icon", textContent: "×", "aria-label": t.close, onclick: go }));
  while (box.children.length > 2) box.firstChild.remove();
  box.append(note);
  if (!stays) setTimeout(go, undo ? 12_000 : 5_000);
}

// ------------------------------------------------------------------ state in the address

export const asked = () => new URLSearchParams(location.search);
export function goTo(values, replace = false) {
  const query = new URLSearchParams(values).toString();
  history[replace ? "replaceState" : "pushState"](null, "", query ? `?${query}` : location.pathname);
}

// ------------------------------------------------------------------ jobs

const watchers = new Set();
let jobs = [], source = null, lost = false;
export const watch = (look) => { watchers.add(look); if (source?.heard) look(jobs); };
export const jobOf = (id) => jobs.find((job) => job.id === id);
export const isOver = (job) => !["waiting", "running"].includes(job.state);

function listen() {
  source = new EventSource("/api/events");
  source.addEventListener("jobs", ({ data }) => {
    jobs = JSON.parse(data);
    source.heard = true;
    if (lost) { lost = false; tell(t.found); }
    showTray();
    for (const look of watchers) look(jobs);
  });
  source.onerror = () => { if (!lost) { lost = true; tell(t.lost, { bad: true }); } };
}
// A browser has six connections to a host: a page that nobody sees gives its own back.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) { source?.close(); source = null; } else if (!source) listen();
});

export function clock(seconds) {
  if (!Number.isFinite(seconds)) return "";
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 90) return `${whole} s`;
  if (whole < 5_400) return `${Math.round(whole / 60)} min`;
  return `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
}

// Pictures a second; a slow computer's in a minute.
export const pace = (speed) => say(speed < 2 ? t.pace_slow : t.pace, { count: number(speed < 2 ? 60 * speed : speed) });
// What a job is called: training ahead of time is a forecast.
const isForecast = (job) => job.verb === "train" && job.command.endsWith(" --dry-run");
// What makes a generator playable here; other exports are Share's.
export const isForPlay = (job) => job.verb === "export" && job.command.includes("--web=.studio/");
export const nameOfJob = (job) => `${isForecast(job) ? t.forecast : t.verbs[job.verb] ?? job.verb}: ${job.title}`;

// How a job stands: a share of 1, or null while that is not known, and a few words.
export function standing(job) {
  if (job.state === "waiting") return { share: null, words: t.waiting_why };
  if (job.state !== "running") return { share: isOver(job) ? 1 : null, words: trouble(job) || t.states[job.state] };
  if (job.stopping) return { share: null, words: t.stopping };
  const work = job.work;
  if (!work) return { share: null, words: job.said || t.starting };
  const left = work.eta ? ` · ${say(t.left, { time: clock(work.eta) })}` : "";
  if (work.event === "training") return { share: work.share, words: `${pace(work.speed)}${left}` };
  if (!work.total) return { share: null, words: work.what };
  const name = t.units[work.unit] ?? work.what;
  const many = work.total > 1 ? ` · ${say(t.of, { done: number(work.done), total: number(work.total) })}` : "";
  return { share: work.done / work.total, words: `${name}${many}${left}` };
}
export const trouble = (job) => ({ killed: t.killed, crashed: t.crashed })[job.trouble] ?? job.trouble;

// Draws a list anew only if it has changed: a click and the focus keep what they are on.
export function redraw(place, value, rows) {
  const now = JSON.stringify(value);
  if (place.drawn === now) return;
  place.drawn = now;
  place.replaceChildren(...rows());
}

export function showProgress(bar, share) {
  if (share === null) bar.removeAttribute("value"); else bar.value = share;
}

const screenOf = { export: "play", generate: "play", film: "play", explore: "play", upscale: "play" };
const roomOf = { prepare: "pictures", collect: "pictures", evaluate: "judge", compare: "judge" };
export function addressOf(job) {
  if (job.verb in roomOf) return `/${roomOf[job.verb]}?job=${job.id}`;
  if (job.verb === "export" && !isForPlay(job)) return `/share?job=${job.id}`;
  if (["paint", "repaint"].includes(job.verb)) return `/paint?job=${job.id}`;
  if (isForecast(job)) return `/train?learn=${job.about}&ahead=${job.id}`;
  if (job.verb === "train") return `/train?job=${job.id}`;
  return `/${screenOf[job.verb] ?? ""}${job.about ? `?generator=${job.about}` : ""}`;
}

export const stop = trying(async (job, at_once = false) => { await post(`/api/jobs/${job.id}/cancel`, { at_once }); });

function showTray() {
  const active = jobs.filter((job) => !isOver(job)), button = byId("activity");
  button.classList.toggle("busy", active.length > 0);
  byId("activity-text").textContent = active.length ? `${t.activity} · ${active.length}` : t.activity;
  const tray = byId("tray");
  if (tray.hidden) return;
  const rows = new Map([...tray.querySelectorAll("li")].map((row) => [row.dataset.id, row]));
  if (!jobs.length) { tray.replaceChildren(make("p", { className: "empty", textContent: t.no_activity })); return; }
  const list = tray.querySelector("ul") ?? make("ul");
  // Whatever is under way is shown, however many jobs are newer.
  [...active, ...jobs.filter(isOver)].slice(0, Math.max(20, active.length)).forEach((job, at) => {
    const row = rows.get(job.id) ?? trayRow(job);
    rows.delete(job.id);
    const { share, words } = standing(job), bar = row.querySelector("progress");
    bar.hidden = isOver(job);
    showProgress(bar, share);
    row.dataset.state = job.state;
    row.querySelector(".standing").textContent = words;
    const end = row.querySelector(".end");
    end.hidden = isOver(job);
    end.textContent = job.stopping ? t.stop_now : t.stop;
    if (list.children[at] !== row) list.insertBefore(row, list.children[at] ?? null);
  });
  for (const row of rows.values()) row.remove();
  if (list.parentNode !== tray) tray.replaceChildren(list);
}

function trayRow(job) {
  const name = nameOfJob(job);
  return make("li", { dataset: { id: job.id } },
    make("a", { href: addressOf(job), textContent: name }),
    make("progress", { max: 1, "aria-label": name }),
    make("p", { className: "standing quiet" }),
    make("p", { className: "buttons" },
      make("button", { type: "button", className: "end", onclick: () => stop(jobOf(job.id), jobOf(job.id)?.stopping) }),
      make("button", { type: "button", className: "quiet", textContent: t.log, "aria-label": `${t.log}: ${name}`, onclick: trying(async () => {
        const { log, command, result } = await get(`/api/jobs/${job.id}`);
        byId("log-text").textContent = `$ ${command}\n${log}${result ? `\n${result}` : ""}`;
        byId("log").showModal();
      }) })));
}

function toggleTray(open = byId("tray").hidden) {
  const tray = byId("tray"), within = tray.contains(document.activeElement);
  tray.hidden = !open;
  byId("activity").setAttribute("aria-expanded", String(open));
  showTray();
  // The tray is the last part of the page: Tab alone would take a whole screen to it.
  if (open) (tray.querySelector("a, button") ?? tray).focus(); else if (within) byId("activity").focus();
}

// ------------------------------------------------------------------ the command

export function showCommand(command) {
  const part = byId("command");
  part.hidden = !command;
  if (!command) return;
  part.querySelector("pre").textContent = command;
  part.querySelector("button").onclick = async () => { await navigator.clipboard.writeText(command); tell(t.copied); };
}

// ------------------------------------------------------------------ dropping

// Files that are dropped on an element, each as [file, path].
export function dropping(element, taken) {
  let inside = 0;
  const mark = (change) => { inside = Math.max(0, inside + change); element.classList.toggle("over-it", inside > 0); };
  element.addEventListener("dragenter", (event) => { event.preventDefault(); mark(1); });
  element.addEventListener("dragleave", () => mark(-1));
  element.addEventListener("dragover", (event) => event.preventDefault());
  element.addEventListener("drop", async (event) => {
    event.preventDefault();
    inside = 0; mark(0);
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const files = entries.length ? (await Promise.all(entries.map(walk))).flat()
      : [...event.dataTransfer.files].map((file) => [file, file.name]);
    if (files.length) taken(files, entries.find((entry) => entry.isDirectory)?.name ?? "");
  });
}
async function walk(entry) {
  if (entry.isFile) return [[await new Promise((done, fail) => entry.file(done, fail)), entry.fullPath.slice(1)]];
  const reader = entry.createReader(), found = [];
  for (;;) {
    const some = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (!some.length) return found;
    found.push(...(await Promise.all(some.map(walk))).flat());
  }
}
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());

// ------------------------------------------------------------------ keys

// What had the focus may vanish when the page goes on: then the keyboard goes on from `element`.
let byKeys = false;
addEventListener("keydown", () => { byKeys = true; }, true);
addEventListener("pointerdown", () => { byKeys = false; }, true);
export function carryFocus(element) {
  const at = document.activeElement;
  if (!byKeys || !element || (at && at !== document.body && at.checkVisibility() && !at.disabled)) return;
  if (element.tabIndex < 0) element.tabIndex = -1;
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "nearest" });
}

const keys = new Map();
// Several may want one key: the newest whose work does not say false has it, so a screen's own go first.
export const onKey = (key, work) => keys.set(key, [work, ...(keys.get(key) ?? [])]);
let before = "";
addEventListener("keydown", (event) => {
  const field = event.target.closest("input, select, textarea, [contenteditable]");
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && !byId("tray").hidden) { toggleTray(false); byId("activity").focus(); return; }
  if (field && (!["range", "checkbox", "radio"].includes(field.type) || /^(Arrow|Home|End|Page|Enter| )/.test(event.key))) return;
  const key = before === "g" ? `g ${event.key}` : event.key;
  before = event.key === "g" ? "g" : "";
  if ((keys.get(key) ?? []).some((work) => work(event) !== false)) event.preventDefault();
});
for (const [key, path] of [["h", "/"], ["p", "/paint"], ["l", "/play"], ["t", "/train"], ["c", "/pictures"], ["j", "/judge"], ["s", "/share"]]) onKey(`g ${key}`, () => location.assign(path));
const help = () => byId("keys").showModal();
const theme = () => {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  try { localStorage.setItem("impasto-theme", next); } catch { /* only for now then */ }
  dispatchEvent(new Event("theme"));
};
onKey("?", help);
onKey("a", () => toggleTray());
onKey("d", theme);
byId("help").onclick = help;
byId("theme").onclick = theme;
byId("activity").onclick = () => toggleTray();
document.querySelector(".bar nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
listen();
