// Judge: measured, asked, compared; what was found is read inside, in a frame that can do nothing else.
import { ask, asked, byId, clock, get, goTo, isOver, jobOf, make, onKey, post, s, say, showCommand, showProgress, standing, stop, tell, trying, watch } from "./base.js";

let job = null, pages = [], page = null;
const option = (value, textContent) => make("option", { value, textContent });

async function open() {
  const [{ items }, found] = await Promise.all([get("/api/home"), get("/api/pages")]);
  ({ pages } = found);
  const able = items.filter((item) => item.playable), sets = items.filter(({ kind }) => kind === "set" || kind === "pictures");
  byId("none").hidden = able.some(({ kind }) => kind === "run");
  byId("generator").replaceChildren(...able.map((item) => make("option", { value: item.id, textContent: item.title, dataset: { kind: item.kind } })));
  const wanted = asked().get("generator");
  if (able.some(({ id }) => id === wanted)) byId("generator").value = wanted;
  const chosen = byId("against").value;
  byId("against").replaceChildren(option("", s.own), ...sets.map((item) => option(item.id, item.title)), option("colourfield", s.colourfield));
  byId("against").value = chosen;
  byId("pictures").replaceChildren(...sets.map((item) => option(item.id, item.title)), option("colourfield", s.colourfield));
  if (!byId("recipes").children.length) {
    byId("recipes").replaceChildren(...Object.entries(found.recipes).map(([name, summary], n) => make("label", {}, make("input", { type: "checkbox", value: name, checked: n === 0 }),
      make("span", {}, make("span", { textContent: name }), make("span", { className: "quiet", textContent: summary })))));
  }
  own();
  showPages();
  takes();
}
// One that comes along has no originals of its own here.
function own() {
  const without = byId("generator").selectedOptions[0]?.dataset.kind === "generator", first = byId("against").options[0];
  first.disabled = without;
  if (without && byId("against").value === "") byId("against").selectedIndex = byId("against").options.length > 1 ? 1 : 0;
}
byId("generator").onchange = own;

function showPages() {
  byId("no-pages").hidden = pages.length > 0;
  byId("pages").replaceChildren(...pages.map((each) => make("li", {},
    make("div", {}, make("strong", { textContent: each.about }), make("span", { className: "quiet", textContent: ` · ${s.kinds[each.kind]} · ${new Date(1000 * each.changed).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}` }),
      ...(each.words ? [make("p", { className: "quiet", textContent: each.words })] : [])),
    make("button", { type: "button", textContent: each.kind === "blind" ? s.answer_it : s.read_it, "aria-label": `${each.kind === "blind" ? s.answer_it : s.read_it}: ${each.about}, ${s.kinds[each.kind]}`, onclick: () => read(each.id) }))));
}

function read(id, replace = false) {
  page = pages.find((each) => each.id === id) ?? null;
  byId("shown").hidden = !page;
  if (!page) return;
  byId("shown-title").textContent = `${page.about} · ${s.kinds[page.kind]}`;
  byId("frame").title = say(s.page, { name: byId("shown-title").textContent });
  byId("frame").src = `/api/pages/${page.id}?${page.changed}`;
  goTo({ page: page.id }, replace);
  byId("shown").scrollIntoView({ block: "start" });
  byId("frame").focus();
}
function leave() {
  if (!page) return false;
  page = null;
  byId("frame").removeAttribute("src");
  byId("shown").hidden = true;
  byId("shown").classList.remove("whole");
  goTo({});
  return true;
}
byId("leave").onclick = leave;
onKey("Escape", leave);
byId("full").onclick = () => byId("shown").classList.toggle("whole");

// A blind wall says what was said; only its own frame is heard, and the server checks it all.
addEventListener("message", trying(async ({ source, data }) => {
  if (source !== byId("frame").contentWindow || page?.kind !== "blind" || data?.format !== "impasto-blind") return;
  const { words } = await post(`/api/pages/${page.id}/answer`, { format: data.format, wall: data.wall, said: data.said });
  tell(say(s.saved, { words }));
  ({ pages } = await get("/api/pages"));
  showPages();
}));

const count = (id) => (byId(id).value ? Number(byId(id).value) : null);
const begin = (action, form, subject, values) => {
  byId(form).onsubmit = trying(async (event) => {
    event.preventDefault();
    job = await ask(action, subject(), values());
    goTo({ job: job.id });
    showCommand(job.command);
    look();
    byId("work").scrollIntoView({ block: "center" });
  });
};
begin("evaluate", "measure", () => byId("generator").value, () => ({ against: byId("against").value || null, count: count("measure-count") }));
begin("blind", "blind", () => byId("generator").value, () => ({ against: byId("against").value || null, count: count("blind-count") }));
begin("compare", "compare", () => byId("pictures").value, () => ({ recipes: recipes(), minutes: count("minutes"), seeds: count("seeds") }));
const recipes = () => [...byId("recipes").querySelectorAll(":checked")].map(({ value }) => value);
function takes() {
  const many = recipes().length;
  byId("begin-compare").disabled = many < 2;
  byId("takes").textContent = many < 2 ? s.choose_two : say(s.takes, { time: clock(60 * many * (count("minutes") ?? 0) * (count("seeds") ?? 1)) });
}
byId("compare").addEventListener("input", takes);

const MINE = { evaluate: ["evaluation", "blind"], compare: ["comparison"] };
function look() {
  if (job) job = jobOf(job.id) ?? job;
  const mine = job && job.verb in MINE ? job : null, active = mine && !isOver(mine);
  byId("work").hidden = !active;
  if (active) {
    const { share, words } = standing(mine);
    showProgress(byId("progress"), share);
    byId("work-text").textContent = words;
    byId("stop").disabled = Boolean(mine.stopping);
    look.active = mine.id;
    return;
  }
  if (!mine || look.told === mine.id || !(look.active === mine.id || asked().has("job"))) return;
  look.told = mine.id;
  if (mine.trouble) { tell(standing(mine).words, { bad: true }); return; }
  if (mine.state !== "done") return;
  trying(async () => {
    ({ pages } = await get("/api/pages"));
    showPages();
    const blind = mine.command.includes("--blind");
    const made = pages.find((each) => MINE[mine.verb].includes(each.kind) && (each.kind === "blind") === blind && (mine.verb === "compare" || each.item === mine.about));
    if (made) read(made.id, true);
  })();
}
byId("stop").onclick = () => stop(job);

trying(async () => {
  await open();
  const where = asked();
  if (where.has("page")) read(where.get("page"), true);
  if (where.has("job")) { job = await get(`/api/jobs/${encodeURIComponent(where.get("job"))}`); showCommand(job.command); look(); }
})();
watch(look);
addEventListener("popstate", () => location.reload());
