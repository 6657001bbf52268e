// Pictures: brought in, looked through, cleaned; what cleaning left out is seen and overruled.
import { ask, asked, byId, dropping, get, goTo, isOver, jobOf, make, many, number, onKey, post, Refusal, s, say, showCommand, showProgress,
  standing, stop, tell, trying, watch } from "./base.js";
import { controls } from "./form.js";
import { takeIn, told } from "./taking.js";

const A_PAGE = 120, SOON = 400;
let album = null, set = null, job = null, rest = () => ({}), chosen = new Set(), shown = A_PAGE, undoing = null;

const parts = ["start", "album", "set"];
function show(part) {
  for (const each of parts) byId(each).hidden = each !== part;
  byId("back").hidden = part === "start";
  byId("lead").hidden = part !== "start";
}
const open = (query) => location.assign(`/pictures?${new URLSearchParams(query)}`);

// ------------------------------------------------------------------ what is here

const card = (item, more, query) => make("li", {}, make("a", { className: "card", href: `/pictures?${new URLSearchParams(query)}` },
  item.cover ? make("img", { src: `/api/items/${item.id}/cover?side=320`, alt: "", loading: "lazy" }) : make("span", { className: "bare" }),
  make("strong", { textContent: item.title }), make("span", { className: "quiet", textContent: more })));

async function start() {
  show("start");
  const { items } = await get("/api/home");
  const folders = items.filter(({ kind }) => kind === "pictures"), sets = items.filter(({ kind }) => kind === "set");
  byId("folders").replaceChildren(...folders.map((item) => card(item, "", { folder: item.id })));
  byId("no-folders").hidden = folders.length > 0;
  byId("sets").replaceChildren(...sets.map((item) => card(item, item.count ? many(s.set_more, item.count, item) : "", { set: item.id })));
  byId("no-sets").hidden = sets.length > 0;
}

// ------------------------------------------------------------------ taking pictures in

const take = trying(async (files, folder) => {
  const found = await takeIn(files, folder);
  sessionStorage.setItem("impasto-taken", JSON.stringify(found));
  return open({ folder: found.id });
});

// ------------------------------------------------------------------ museums

const wishes = (limit) => ({ query: byId("query").value.trim() || null, artist: byId("artist").value.trim() ? [byId("artist").value.trim()] : null, limit,
  by_artist: byId("by-artist").checked, all_kinds: byId("all-kinds").checked && !byId("all-kinds").disabled, any_licence: byId("any-licence").checked, contact: byId("contact").value.trim() || null });
byId("museum").onchange = ({ target }) => {
  byId("contact-row").hidden = target.value !== "commons";
  byId("all-kinds").disabled = !["met", "chicago", "cleveland"].includes(target.value);
};
byId("collect").onsubmit = trying(async (event) => {
  event.preventDefault();
  const few = event.submitter?.value !== "all", museum = byId("museum").value;
  const limit = few ? s.limit_first : Number(byId("limit").value);
  job = await ask("collect", museum, { ...wishes(limit), name: byId("artist").value.trim() || byId("query").value.trim() || museum });
  begun();
});
byId("more").onsubmit = trying(async (event) => {
  event.preventDefault();
  job = await ask("collect-more", album.id, { limit: Number(byId("more-limit").value) });
  begun();
});
function begun() {
  goTo({ job: job.id });
  showCommand(job.command);
  look();
  byId("work").scrollIntoView({ block: "center" });
}

// ------------------------------------------------------------------ one folder: what cleaning would do

async function folder(id) {
  try { album = await get(`/api/albums/${encodeURIComponent(id)}`); } catch (error) { return lost(error); }
  show("album");
  title(album.title);
  showCommand(album.job?.command ?? "");
  const said = sessionStorage.getItem("impasto-taken");
  if (said) { sessionStorage.removeItem("impasto-taken"); told(JSON.parse(said)); }
  rest = controls(byId("rest"), await get("/api/forms/prepare"), ["size", "fit", "keep_borders", "features", "enlarge", "lose", "spread", "duplicate"]);
  for (const each of document.querySelectorAll("#clean input, #clean select")) each.addEventListener("input", soon);
  showLabels();
  showCollected();
  said_of_ranges();
  return preview();
}

const RANGES = { enlarge: (v) => `${v} ×`, lose: (v) => `${Math.round(100 * v)} %`, spread: (v) => `${v} / 255`, duplicate: (v) => String(v) };
const usual = Object.fromEntries(Object.keys(RANGES).map((name) => [name, byId(name).defaultValue]));
function said_of_ranges() { for (const [name, words] of Object.entries(RANGES)) byId(`${name}-text`).textContent = words(Number(byId(name).value)); }
function values() {
  const ranges = Object.keys(RANGES).filter((name) => byId(name).value !== usual[name]).map((name) => [name, Number(byId(name).value)]);
  const fit = document.querySelector("input[name=fit]:checked").value;
  return { size: byId("size").value.replace("×", "x"), fit: fit === "crop" ? null : fit, keep_borders: byId("keep-borders").checked,
    ...(byId("features").checked ? {} : { features: false }), ...Object.fromEntries(ranges), ...rest() };
}

let timer = 0, turn = 0;
function soon() { said_of_ranges(); clearTimeout(timer); timer = setTimeout(trying(preview), SOON); }
async function preview() {
  if (!byId("clean").checkValidity()) return;
  const mine = ++turn;
  byId("tries").setAttribute("aria-busy", "true");
  try {
    const { rows, of } = await post(`/api/albums/${album.id}/preview`, { values: values() });
    if (mine !== turn) return;
    byId("preview-text").textContent = say(s.preview_of, { shown: number(rows.length), count: number(of) });
    byId("tries").replaceChildren(...rows.map(tried));
  } finally { byId("tries").setAttribute("aria-busy", "false"); }
}
function tried(row) {
  const results = row.keep ? row.results.map((src) => make("img", { src, alt: s.becomes, className: "result" })) : [];
  return make("li", { className: row.keep ? "" : "dropped" },
    make("div", { className: "pictures" }, make("img", { src: `/api/albums/${album.id}/${row.id}`, alt: row.file, loading: "lazy" }),
      ...(results.length ? [make("span", { className: "arrow", textContent: "→", "aria-hidden": "true" }), make("span", { className: "results" }, ...results)] : [])),
    make("p", {}, make("b", { textContent: row.file }), make("span", { className: "quiet", textContent: row.size })),
    make("p", { className: "verdict-small", textContent: row.keep ? [s.stays, row.detail].filter(Boolean).join(", ") : [say(s.goes, { reason: row.reason }), row.detail].filter(Boolean).join(" · ") }));
}
byId("clean").onsubmit = trying(async (event) => {
  event.preventDefault();
  job = await ask("prepare", album.id, values());
  begun();
});

// ------------------------------------------------------------------ labels

function showLabels() {
  const named = album.labels.filter(([label]) => label !== "");
  byId("no-labels").hidden = named.length > 0;
  byId("labels").replaceChildren(...(named.length ? album.labels : []).map(([label, count]) => {
    const name = label || s.unlabelled;
    const field = make("input", { type: "text", value: label, maxLength: 80, "aria-label": say(s.label_new, { label: name }), placeholder: s.unlabelled });
    const form = make("form", { className: "label" }, field, make("span", { className: "quiet", textContent: number(count) }), make("button", { textContent: s.rename }));
    form.onsubmit = trying(async (event) => {
      event.preventDefault();
      await relabel(Object.fromEntries(album.pictures.filter((each) => each.label === label).map(({ id }) => [id, field.value])));
    });
    return make("li", {}, form);
  }));
  byId("known-labels").replaceChildren(...named.map(([value]) => make("option", { value })));
  showAll();
}
async function relabel(labels) {
  const { back, command } = await post(`/api/albums/${album.id}/labels`, { labels });
  const count = Object.keys(back).length;
  album = await get(`/api/albums/${album.id}`);
  chosen.clear();
  showLabels();
  if (!count) { tell(s.nothing_changed); return; }
  showCommand(command);
  undoing = () => { undoing = null; trying(relabel)(back); };
  tell(many(s.relabelled, count), { undo: () => undoing?.() });
}
function showAll() {
  if (!byId("choosing").open) { byId("all").replaceChildren(); return; }
  const first = album.pictures.slice(0, shown);
  byId("all").replaceChildren(...first.map((each) => {
    const button = make("button", { type: "button", title: each.name, "aria-pressed": String(chosen.has(each.id)), "aria-label": say(s.picture, { name: each.name }) },
      make("img", { src: `/api/albums/${album.id}/${each.id}`, alt: "", loading: "lazy" }), ...(each.label ? [make("span", { className: "tag", textContent: each.label })] : []));
    button.onclick = () => {
      if (!chosen.delete(each.id)) chosen.add(each.id);
      button.setAttribute("aria-pressed", String(chosen.has(each.id)));
      said_chosen();
    };
    return make("li", {}, button);
  }));
  byId("more-pictures").hidden = album.pictures.length <= shown;
  said_chosen();
}
function said_chosen() { byId("chosen").textContent = chosen.size ? say(s.chosen, { count: number(chosen.size) }) : s.choose_hint; }
byId("choosing").addEventListener("toggle", showAll);
byId("more-pictures").onclick = () => { shown += A_PAGE; showAll(); };
byId("label-them").onsubmit = trying(async (event) => {
  event.preventDefault();
  await relabel(Object.fromEntries([...chosen].map((id) => [id, byId("label").value])));
});

function showCollected() {
  const { collected } = album;
  byId("collected-part").hidden = !collected;
  if (!collected) return;
  byId("licences").replaceChildren(...collected.licences.map(([licence, count]) => make("li", { textContent: `${licence || "?"}: ${number(count)}` })));
  byId("works").replaceChildren(...collected.works.map((work) => make("tr", {}, make("td", { textContent: work.title }), make("td", { textContent: work.artist }), make("td", { textContent: work.date }), make("td", { textContent: work.licence }), make("td", { textContent: work.page }))));
}

// ------------------------------------------------------------------ one set: what cleaning did

async function prepared(id) {
  try { set = await get(`/api/sets/${encodeURIComponent(id)}`); } catch (error) { return lost(error); }
  show("set");
  title(set.title);
  job = job ?? set.job;
  showCommand(set.job?.command ?? "");
  const sum = (count, words) => make("div", {}, make("b", { textContent: number(count) }), words);
  byId("sums").replaceChildren(...(set.found ? [sum(set.found, s.found), sum(set.kept, s.kept), sum(set.found - set.kept, s.dropped)] : []), sum(set.count ?? 0, say(s.made, { size: `${set.width}×${set.height}` })));
  byId("train").href = `/train?learn=${set.id}`;
  byId("otherwise").hidden = !set.source;
  byId("otherwise").href = `/pictures?folder=${set.source}`;
  byId("sheet").src = `/api/sets/${set.id}/sheet?${Date.now()}`;
  byId("sizes-words").textContent = set.sizes.middle ? say(set.sizes.least === set.sizes.most ? s.sizes_same : s.sizes_words, { least: number(set.sizes.least), middle: number(set.sizes.middle), most: number(set.sizes.most) }) : "";
  const shapes = Object.entries(set.sizes.shapes ?? {}), most = Math.max(1, ...shapes.map(([, count]) => count));
  byId("shapes").replaceChildren(...shapes.map(([shape, count]) => make("label", {}, `${s.shapes[shape]} `, make("meter", { max: most, value: count }), ` ${number(count)}`)));
  byId("no-set-labels").hidden = set.labels.length > 0;
  byId("set-labels").replaceChildren(...set.labels.map(([label, count]) => make("li", {}, make("span", { textContent: label || s.unlabelled }), make("span", { className: "quiet", textContent: ` ${number(count)}` }))));
  byId("waiting").hidden = !set.waiting;
  const there = set.found > 0;
  byId("no-review").hidden = there;
  byId("review-more").hidden = !there;
  byId("review").hidden = !there;
  byId("outside").hidden = !there || !set.outside;
  if (there && !byId("review").dataset.review) {
    byId("review").dataset.review = `/api/sets/${set.id}/review`;
    byId("review").setAttribute("data-review", byId("review").dataset.review);
    await import("/parts/review.js");
  }
  return look();
}
const again = trying(async () => { job = await ask("prepare-again", set.id); begun(); });
byId("apply").onclick = again;
byId("review").addEventListener("reviewed", again);

// ------------------------------------------------------------------ what is being done

function look() {
  if (job) job = jobOf(job.id) ?? job;
  const mine = job && ["prepare", "collect"].includes(job.verb) ? job : null, active = mine && !isOver(mine);
  byId("work").hidden = !active;
  if (active) {
    look.active = mine.id;
    const { share, words } = standing(mine);
    showProgress(byId("progress"), share);
    byId("work-text").textContent = words;
    byId("stop").disabled = Boolean(mine.stopping);
    return;
  }
  if (!mine || (look.active !== mine.id && !asked().has("job")) || look.told === mine.id) return;
  look.told = mine.id;
  if (mine.trouble) tell(standing(mine).words, { bad: true });
  const [part, id] = mine.made ? [mine.verb === "prepare" ? "set" : "folder", mine.made] : ["folder", mine.verb === "prepare" ? mine.about : ""];
  if (mine.made && !mine.trouble) { location.replace(`/pictures?${new URLSearchParams({ [part]: id })}`); return; }
  if (id) { goTo({ [part]: id }, true); trying(part === "set" ? prepared : folder)(id); } else if (asked().has("job")) trying(start)();
}
addEventListener("popstate", () => location.reload());
byId("stop").onclick = () => stop(job);

function title(text) {
  byId("title").textContent = text;
  document.title = `${text} · Impasto`;
}
function lost(error) {
  if (!(error instanceof Refusal)) throw error;
  tell(error.message || s.gone, { bad: true });
  return start();
}

byId("folder").onchange = ({ target }) => take([...target.files].map((file) => [file, file.webkitRelativePath || file.name]), "");
byId("files").onchange = ({ target }) => take([...target.files].map((file) => [file, file.name]), "");
dropping(byId("drop"), take);
onKey("d", () => !byId("set").hidden && !byId("review").hidden);  // it drops a picture: never dark or light beside that
onKey("u", () => { if (!undoing) return false; undoing(); return true; });

trying(async () => {
  const where = asked();
  if (where.has("folder")) return folder(where.get("folder"));
  if (where.has("set")) return prepared(where.get("set"));
  if (where.has("job")) {
    try { job = await get(`/api/jobs/${encodeURIComponent(where.get("job"))}`); } catch (error) { return lost(error); }
    showCommand(job.command);
    await start();
    return look();
  }
  return start();
})();
watch(look);
