// Play: which generator, which view of it, and what was made of it.
import { ask, asked, byId, get, carryFocus, goTo, isForPlay, isOver, make, nameOfJob, onKey, s, say, showCommand, showProgress, standing, stop, tell, trying, watch } from "./base.js";
import { offerPrint } from "./print.js";
import { clearBench, toBench } from "./play/bench.js";
import { lines } from "./play/family.js";
import { begun, refresh } from "./play/favourites.js";
import { start, stop as rest } from "./play/painter.js";
import { show, state } from "./play/state.js";
import { clear, first, hangNumbers } from "./play/wall.js";

let jobs = [], shownJobs = "", opened = ""; // the job after which the generator was opened anew

// ------------------------------------------------------------------ choosing a generator

async function open(id) {
  const generator = await get(`/api/generators/${encodeURIComponent(id)}`);
  rest();
  state.generator = generator;
  state.chosen = [];
  shownJobs = "";
  byId("generator").value = generator.id;
  byId("notice").hidden = generator.ready;
  byId("speed").textContent = "";
  clear();
  const labels = generator.about?.labels ?? [];
  byId("label-row").hidden = !labels.length;
  byId("label").replaceChildren(...labels.map((name) => make("option", { value: name, textContent: name })));
  clearBench();
  show("wall");
  showCommand("");
  goTo({ generator: generator.id, first: first() }, true);
  if (generator.ready) start(generator);
  await refresh();
  if (generator.ready) { hangNumbers(); carryFocus(byId("wall").querySelector("button")); return; }
  byId("ready").hidden = false;
  byId("notice-text").textContent = s.not_ready;
  byId("notice-more").textContent = s.ready_more;
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
byId("ready").onclick = trying(async () => { showCommand((await ask("ready", state.generator.id)).command); });

// ------------------------------------------------------------------ views

const see = (view) => () => { if (!state.generator?.ready) return false; show(view); if (view === "family") lines(); return true; };
for (const [key, view] of [["w", "wall"], ["e", "bench"], ["f", "family"]]) { byId(`see-${view}`).onclick = see(view); onKey(key, see(view)); }

// ------------------------------------------------------------------ what was made

watch((all) => {
  jobs = all;
  const { generator } = state;
  const latest = jobs.find((job) => isForPlay(job) && job.about === generator?.id);
  if (generator && !generator.ready) {
    const getting = latest && !isOver(latest);
    byId("notice-progress").hidden = !getting;
    byId("ready").hidden = Boolean(getting);
    byId("notice-text").textContent = getting ? s.preparing : s.not_ready;
    byId("notice-more").textContent = getting ? standing(latest).words : latest?.trouble ? standing(latest).words : s.ready_more;
    if (getting) showProgress(byId("notice-progress"), null);
    if (latest?.state === "done" && opened !== latest.id) { opened = latest.id; trying(open)(generator.id); }
  }
  const made = jobs.filter((job) => ["generate", "film", "explore", "upscale", "print"].includes(job.verb) && job.about === generator?.id);
  const now = made.map((job) => `${job.id}${job.state}${job.names.length}${isOver(job) ? "" : standing(job).words}`).join();
  if (now !== shownJobs) { shownJobs = now; byId("made-part").hidden = !made.length; byId("made").replaceChildren(...made.map(result)); }
});
function result(job) {
  if (!isOver(job)) {
    const bar = make("progress", { max: 1, "aria-label": job.title }), { share, words } = standing(job);
    showProgress(bar, share);
    return make("li", {}, bar, make("p", { className: "spread quiet" }, make("span", { textContent: words }), make("button", { type: "button", textContent: "×", className: "icon", "aria-label": s.stop, onclick: () => stop(job) })));
  }
  if (job.state !== "done") return make("li", { className: "quiet", textContent: standing(job).words });
  return make("li", {}, make("p", { className: "quiet", textContent: nameOfJob(job) }), make("ul", { className: job.names.length > 1 ? "thumbs" : "" }, ...job.names.slice(0, 60).map((name, n) => file(job, name, `/api/jobs/${job.id}/files/${n}`))),
    make("p", { className: "buttons" }, ...more(job)));
}
const isPicture = (name) => /\.(png|jpe?g|webp)$/.test(name);
function file(job, name, address) {
  if (name.endsWith(".mp4") || job.verb === "film") {
    const film = name.endsWith(".mp4") ? make("video", { src: address, controls: true, loop: true, muted: true, playsInline: true, "aria-label": name }) : make("img", { src: address, alt: name });
    return make("li", {}, film, make("a", { href: `${address}?save=1`, download: "", textContent: s.save_film }));
  }
  const shown = isPicture(name) ? make("img", { src: address, alt: name, loading: "lazy" }) : name;
  return make("li", {}, make("a", { href: `${address}?save=1`, download: "", title: s.save_file, className: isPicture(name) ? "" : "button" }, shown));
}
function more(job) {
  const pictures = job.names.map((name, n) => [name, `${job.id}.${n}`]).filter(([name]) => isPicture(name) && job.verb !== "film");
  const which = job.verb === "print" ? [] : pictures.filter(([name]) => !name.endsWith("-course.png")).map(([, id]) => id);
  const button = (textContent, work) => make("button", { type: "button", textContent, onclick: trying(work) });
  return [
    job.command.includes("explore project") ? button(s.play_with_it, async () => {
      const [found] = await get(`/api/jobs/${job.id}/latents`);
      toBench({ seed: null, latent: Float32Array.from(found.values), truncation: found.truncation, label: found.label, how: say(s.nearest_to, { name: job.title }), parents: [] });
    }) : null,
    which.length ? button(s.print, () => offerPrint(which)) : null,
    which.length && job.verb !== "upscale" ? button(s.enlarge, async () => { for (const id of which.slice(0, 12)) begun(await ask("enlarge", id)); }) : null,
    which.length === 1 ? button(s.strokes, async () => { location.assign(`/paint?job=${(await ask("strokes", which[0], { film: true, svg: true })).id}`); }) : null,
  ].filter(Boolean);
}

trying(begin)();
