// A photograph, painted while one watches.
import { ask, asked, byId, dropping, get, carryFocus, goTo, isOver, jobOf, make, number, onKey, redraw, Refusal, s, say, showCommand,
  showProgress, standing, stop, tell, trying, upload, watch } from "./base.js";
import { controls, finding } from "./form.js";
import { offerPrint } from "./print.js";

const FEWEST = 100, MOST = 20_000, ALL_COLOURS = 25, FILM_SECONDS = 14, HOLD_SECONDS = 2;
const frame = byId("frame"), picture = byId("picture"), over = byId("over"), film = byId("film"), mask = byId("mask");
let photo = null, painting = null, job = null, style = null, masked = false, rest = () => ({}), strokes = 0, seen = null;

const show = (...names) => {
  byId("title").textContent = names.includes("results") ? painting.title : s.title;
  byId("caption").textContent = "";
  for (const name of ["drop", "recent-part", "easel", "how", "results", "work", "looks", "mask-row"]) byId(name).hidden = !names.includes(name);
  if (!names.includes("looks")) { frame.classList.remove("comparing"); film.hidden = true; film.pause(); }
  if (!names.includes("work") && !names.includes("looks")) over.hidden = true;
};

// ------------------------------------------------------------------ how

const strokesAsked = () => {
  const raw = FEWEST * (MOST / FEWEST) ** Number(byId("strokes").value), step = raw < 1000 ? 50 : raw < 5000 ? 100 : 500;
  return Math.max(FEWEST, Math.round(raw / step) * step);
};
function strokesSaid() {
  const value = Number(byId("strokes").value), words = s.strokes_words;
  byId("strokes-text").textContent = `${number(strokesAsked())} · ${words[Math.min(words.length - 1, Math.floor(value * words.length))]}`;
  byId("strokes").setAttribute("aria-valuetext", byId("strokes-text").textContent);
}
function coloursSaid() {
  const count = Number(byId("colours").value);
  byId("colours-text").textContent = count >= ALL_COLOURS ? s.all_colours : say(s.few_colours, { count });
}
function choices(place, name, options, chosen) {
  place.replaceChildren(...options.map(([value, title, more]) => make("label", {},
    make("input", { type: "radio", name, value, checked: value === chosen }),
    make("span", {}, make("span", { textContent: title }), more ? make("span", { className: "quiet", textContent: more }) : null))));
}
const chosen = (name) => document.querySelector(`input[name=${name}]:checked`)?.value ?? "";

async function describe() {
  const form = await get("/api/forms/paint");
  const option = (name) => form.find((each) => each.name === name);
  choices(byId("brushes"), "brush", option("brush").choices.map((name) => [name, name, s.brushes[name] ?? ""]), option("brush").choices[0]);
  const textures = option("texture").choices.filter((name) => name !== "none");
  choices(byId("textures"), "texture", ["", ...textures].map((name) => [name, s.textures[name] ?? name]), "");
  byId("strokes").value = Math.log(option("strokes").default / FEWEST) / Math.log(MOST / FEWEST);
  rest = controls(byId("rest"), form, ["strokes", "brush", "texture", "palette", "film", "svg", "paper", "dpi", "film_seconds"]);
  strokesSaid();
  coloursSaid();
}

async function values() {
  const colours = Number(byId("colours").value);
  return {
    strokes: strokesAsked(), brush: chosen("brush"), texture: chosen("texture") || null,
    palette: colours >= ALL_COLOURS ? null : String(colours), film: byId("want-film").checked, svg: byId("want-svg").checked,
    style, mask: masked ? await maskId() : byId("mask-auto").checked ? "auto" : null, ...rest(),
  };
}

// ------------------------------------------------------------------ the photograph

const take = trying(async ([[file]]) => {
  byId("drop").setAttribute("aria-busy", "true");
  try { openPhoto((await upload(file)).id); } finally { byId("drop").removeAttribute("aria-busy"); }
});

function openPhoto(id) {
  photo = id; painting = null; job = null;
  goTo({ photo: id });
  arrange();
}

function arrange() {
  clearMask();
  picture.src = `/api/uploads/${photo}?side=1280`;
  picture.alt = s.photograph;
  byId("caption").textContent = "";
  showCommand("");
  show("easel", "how");
  byId("go").focus({ preventScroll: true });
}

async function begin() {
  const known = await get("/api/home");
  if (photo && asked().get("photo") === photo) return; // one was dropped while this page was still asking
  byId("recent").replaceChildren(...known.photographs.map((one) => make("li", {},
    make("button", { type: "button", title: one.name, "aria-label": one.name, onclick: () => openPhoto(one.id) },
      make("img", { src: `/api/uploads/${one.id}?side=160`, alt: "", loading: "lazy" })))));
  show("drop", ...(known.photographs.length ? ["recent-part"] : []));
}

const go = trying(async () => {
  if (!photo || job) return;
  finishMask();
  job = await ask("paint", photo, await values());
  goTo({ job: job.id });
  follow();
});

// ------------------------------------------------------------------ while it is painted

function follow() {
  if (photo) picture.src = `/api/uploads/${photo}?side=1280`;
  show("easel", "work");
  carryFocus(byId("stage"));
  showCommand(job.command);
  look();
}

function look() {
  if (!job) return;
  job = jobOf(job.id) ?? job;
  const { share, words } = standing(job);
  showProgress(byId("progress"), share);
  byId("work-text").textContent = words;
  byId("enough").disabled = job.stopping === true;
  if (job.preview && job.preview !== seen && !isOver(job)) {
    seen = job.preview;
    const next = new Image(); // shown when it is whole, so that nothing flickers
    next.onload = () => { over.src = next.src; over.hidden = false; };
    next.src = `/api/jobs/${job.id}/preview?at=${seen}`;
  }
  if (!isOver(job)) return;
  const ended = job;
  job = null;
  if (ended.made) trying(openPainting)(ended.made, true);
  else {
    if (ended.trouble) tell(standing(ended).words, { bad: true });
    if (photo) { goTo({ photo }, true); arrange(); } else begin();
  }
}

// ------------------------------------------------------------------ the painting

async function openPainting(id, replace = false) {
  let about;
  try { about = await get(`/api/paintings/${id}`); } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    tell(s.gone, { bad: true });
    return begin();
  }
  painting = about;
  photo = about.photograph ?? photo;
  goTo({ painting: id }, replace);
  const file = (name, more = "") => `/api/paintings/${id}/${name}${more}`;
  picture.src = about.photograph ? `/api/uploads/${about.photograph}?side=1280` : file("painting");
  over.src = file("painting");
  over.hidden = false;
  byId("see-compare").hidden = !about.photograph;
  byId("see-film").hidden = !about.files.includes("film");
  if (about.files.includes("film")) film.src = file("film");
  showCommand(about.command);
  byId("again").hidden = !about.photograph;
  show("easel", "looks", "results");
  see("painting");
  carryFocus(byId("see-painting"));
  const missing = about.files.includes("strokes") ? Object.keys(s.make).filter((name) => !about.files.includes(name)) : [];
  byId("files").replaceChildren(
    ...about.files.map((name) => make("li", {}, make("a", { className: "button", href: file(name, "?save=1"), download: "", textContent: s.kinds[name] }))),
    ...missing.map((name) => make("li", {}, make("button", { type: "button", textContent: s.make[name], onclick: () => again({ [name]: true }) }))));
  byId("print").hidden = !about.files.includes("strokes");
  strokes = about.strokes ?? 0;
}

const again = trying(async (wanted) => { job = await ask("repaint", painting.id, wanted); goTo({ job: job.id }); follow(); });

function see(what) {
  for (const name of ["painting", "compare", "film"]) byId(`see-${name}`).setAttribute("aria-pressed", String(name === what));
  byId("compare-row").hidden = what !== "compare";
  byId("film-row").hidden = what !== "film";
  frame.classList.toggle("comparing", what === "compare");
  film.hidden = what !== "film";
  over.hidden = what === "film";
  if (what !== "film") pause(); else scrubbed();
}
byId("see-painting").onclick = () => see("painting");
byId("see-compare").onclick = () => { see("compare"); byId("compare").focus(); };
byId("see-film").onclick = () => { see("film"); play(); };
byId("compare").oninput = ({ target }) => frame.style.setProperty("--shown", `${target.value}%`);
for (const name of ["pointerdown", "pointermove"]) frame.addEventListener(name, (event) => { // drag on the picture itself
  if (!frame.classList.contains("comparing") || !event.buttons) return;
  const box = picture.getBoundingClientRect();
  byId("compare").value = Math.max(0, Math.min(100, 100 * (event.clientX - box.left) / box.width));
  byId("compare").oninput({ target: byId("compare") });
  event.preventDefault();
});

// The film's strokes appear faster and faster, as impasto.paint.film lays them.
export function strokesAt(time, count) {
  if (!count || time >= 1) return count;
  const eased = count < 50 ? time * (2 - time) : time + 0.3 * time * (1 - time), rate = Math.log(1 + count / 12);
  return Math.floor(count * Math.expm1(rate * eased) / Math.expm1(rate));
}
const painted = () => Math.max(0.1, (film.duration || FILM_SECONDS) - HOLD_SECONDS);
function scrubbed() {
  const share = Math.min(1, film.currentTime / painted());
  if (document.activeElement !== byId("scrub") || !film.paused) byId("scrub").value = share;
  byId("stroke").textContent = strokes ? say(s.stroke, { n: number(strokesAt(Number(byId("scrub").value), strokes)), of: number(strokes) }) : `${Math.round(100 * share)} %`;
}
function play() {
  if (film.currentTime >= painted() - 0.05) film.currentTime = 0;
  film.play();
  byId("play").textContent = "❚❚";
  byId("play").setAttribute("aria-label", s.pause);
}
function pause() { film.pause(); byId("play").textContent = "▶"; byId("play").setAttribute("aria-label", s.play); }
byId("play").onclick = () => (film.paused ? play() : pause());
byId("scrub").oninput = ({ target }) => { pause(); film.currentTime = Number(target.value) * painted(); };
for (const name of ["timeupdate", "seeked", "loadedmetadata"]) film.addEventListener(name, scrubbed);
film.addEventListener("ended", pause);

// ------------------------------------------------------------------ the mask

const pen = mask.getContext("2d");
function beginMask() {
  before = [];
  Object.assign(mask, { width: picture.naturalWidth, height: picture.naturalHeight, hidden: false });
  pen.fillStyle = "#2a2a2a";
  pen.fillRect(0, 0, mask.width, mask.height);
  masked = true;
  byId("mask-row").hidden = false;
  byId("mask-clear").hidden = false;
  byId("caption").textContent = s.mask_on;
}
function clearMask() { masked = false; mask.hidden = true; byId("mask-row").hidden = true; byId("mask-clear").hidden = true; byId("caption").textContent = ""; }
function finishMask() { mask.hidden = true; byId("mask-row").hidden = true; }
let last = null;
const stroke = (event) => {
  const box = mask.getBoundingClientRect(), scale = mask.width / box.width;
  const at = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  Object.assign(pen, { strokeStyle: "#fff", lineCap: "round", lineJoin: "round", lineWidth: Number(byId("mask-size").value) / 100 * mask.width });
  pen.beginPath();
  pen.moveTo(...(last ?? at));
  pen.lineTo(at[0] + 0.01, at[1]);
  pen.stroke();
  last = at;
};
let before = []; // the mask as it was, stroke by stroke
const undoMask = () => { if (mask.hidden || !before.length) return false; pen.putImageData(before.pop(), 0, 0); return true; };
mask.addEventListener("pointerdown", (event) => {
  before = [...before.slice(-19), pen.getImageData(0, 0, mask.width, mask.height)];
  mask.setPointerCapture(event.pointerId);
  last = null;
  stroke(event);
});
mask.addEventListener("pointermove", (event) => { if (event.buttons) stroke(event); });
mask.addEventListener("pointerup", () => { last = null; });
async function maskId() {
  const blob = await new Promise((done) => mask.toBlob(done, "image/png"));
  return (await upload(blob, { name: "mask.png", aside: true })).id;
}

// ------------------------------------------------------------------ what is pressed

byId("file").onchange = ({ target }) => { if (target.files.length) take([[target.files[0]]]); };
byId("style").onchange = trying(async ({ target }) => {
  if (!target.files.length) return;
  style = (await upload(target.files[0], { aside: true })).id;
  byId("style-name").textContent = target.files[0].name;
});
byId("strokes").oninput = strokesSaid;
byId("colours").oninput = coloursSaid;
byId("how").onsubmit = (event) => { event.preventDefault(); go(); };
byId("another").onclick = () => { goTo({}); photo = null; begin(); };
byId("again").onclick = () => { goTo({ photo }); painting = null; arrange(); };
byId("enough").onclick = () => { if (job) stop(job); };
byId("mask-begin").onclick = beginMask;
byId("mask-clear").onclick = clearMask;
byId("mask-undo").onclick = undoMask;
onKey("z", undoMask);
byId("resize").onsubmit = (event) => { event.preventDefault(); again({ size: Number(byId("size").value) }); };
byId("shop").onclick = () => offerPrint([painting.id]);
byId("print").onsubmit = (event) => { event.preventDefault(); again({ paper: byId("paper").value, dpi: Number(byId("dpi").value) }); };
finding(byId("find"), byId("rest"));
dropping(byId("stage"), take);
onKey("Enter", (event) => { if (event.target.closest("a, button, summary") || byId("how").hidden) return false; go(); return true; });
const step = (way) => () => {
  const input = byId(byId("film-row").hidden ? "compare" : "scrub");
  if (byId("looks").hidden) return false;
  input.value = Number(input.value) + way * (input.max - input.min) / 40;
  input.oninput({ target: input });
  return true;
};
onKey("ArrowLeft", step(-1));
onKey("ArrowRight", step(1));
onKey(" ", (event) => { if (byId("film-row").hidden || event.target.closest("button, summary")) return false; byId("play").click(); return true; });

async function open() {
  await described;
  const where = asked();
  if (where.has("painting")) return openPainting(where.get("painting"), true);
  if (where.has("job")) {
    try { job = await get(`/api/jobs/${encodeURIComponent(where.get("job"))}`); } catch { return begin(); }
    const known = await get("/api/home"), about = encodeURIComponent(job.about);
    photo = known.photographs.some((one) => one.id === job.about) ? job.about : null;
    if (known.favourites.some((one) => one.id === job.about)) picture.src = `/api/favourites/${about}/picture`;
    else if (!photo) picture.src = known.items.some((item) => item.id === job.about) ? `/api/paintings/${about}/painting` : `/api/jobs/${about}/files/0`;
    return follow();
  }
  if (where.has("photo")) { photo = where.get("photo"); return arrange(); }
  return begin();
}
picture.onerror = () => { if (photo && !job && !painting) { photo = null; tell(s.gone, { bad: true }); begin(); } };
const described = trying(describe)();
watch(look);
watch((jobs) => { // sheets for a print shop, of the painting that is shown
  const made = painting ? jobs.filter((one) => one.verb === "print" && one.about === painting.id) : [];
  redraw(byId("sheets"), made.map((one) => [one.id, one.names, standing(one)]), () => made.map((one) => (one.state === "done" && one.names.length
    ? make("li", {}, make("a", { className: "button", href: `/api/jobs/${one.id}/files/0`, download: "", textContent: one.names[0] }))
    : make("li", { className: "quiet", textContent: standing(one).words }))));
});
addEventListener("popstate", () => { job = null; trying(open)(); });
trying(open)();
