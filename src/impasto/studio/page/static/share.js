// Share: exports as commands, what lies where, ZIPs, and the card for people.
import { ask, asked, byId, get, goTo, isOver, jobOf, make, many, number, post, redraw, s, say, showCommand, showProgress, standing, stop, tell, trying, watch } from "./base.js";

let job = null, known = [], card = null, kept = "";
const size = (bytes) => (bytes < 2 ** 20 ? `${number(Math.max(1, bytes / 2 ** 10))} KB` : bytes < 2 ** 30 ? `${number(bytes / 2 ** 20)} MB` : `${(bytes / 2 ** 30).toFixed(1)} GB`);

async function open() {
  const [{ items }, { shares, runs, places }] = await Promise.all([get("/api/home"), get("/api/shares")]);
  known = items.filter((item) => item.playable);
  const before = byId("generator").value || asked().get("generator");
  byId("generator").replaceChildren(...known.map((item) => make("option", { value: item.id, textContent: item.title })));
  if (known.some(({ id }) => id === before)) byId("generator").value = before;
  choose();
  byId("nothing").hidden = shares.length > 0;
  redraw(byId("shares"), shares, () => shares.map((each) => make("li", {},
    make("div", {}, make("strong", { textContent: each.title }), make("span", { className: "quiet", textContent: ` · ${s.kinds[each.kind]} · ${many(s.files, each.count, { size: size(each.bytes) })}` }),
      make("p", { className: "quiet mono", textContent: each.name }),
      ...(each.card ? [make("p", { className: "quiet" }, `${s.hub_next} `, make("code", { textContent: say(s.hub_command, { title: each.title, folder: each.name }) }))] : [])),
    make("span", { className: "buttons" },
      ...(each.card ? [make("button", { type: "button", textContent: s.card, "aria-label": `${s.card}: ${each.title}`, onclick: () => edit(each) })] : []),
      make("a", { className: "button", href: `/api/shares/${each.id}/zip`, textContent: s.save_zip, "aria-label": `${s.save_zip}: ${each.title}`, download: "" })))));
  byId("no-runs").hidden = runs.length + places.length > 0;
  redraw(byId("runs"), [runs, places], () => [...runs.map((run) => make("tr", {}, make("td", { className: "mono", textContent: `${run.name}/` }),
    make("td", { textContent: run.parts.map((part) => s.parts[part]).join(", ") }), make("td", { textContent: size(run.bytes) }))),
    ...places.map((each) => make("tr", {}, make("td", { className: "mono", textContent: `${each.name}/` }), make("td", { textContent: s.places[each.name] }), make("td", { textContent: size(each.bytes) })))]);
}
function choose() {
  const item = known.find(({ id }) => id === byId("generator").value), mine = item?.kind === "run";
  byId("zips").hidden = !mine;
  byId("zip-more").textContent = mine ? s.zip_more : s.zip_none;
  byId("web-title").placeholder = item?.title ?? "";
  if (!mine) return;
  byId("zip").href = `/api/runs/${item.id}/zip`;
  byId("zip-light").href = `/api/runs/${item.id}/zip?light`;
}
byId("generator").onchange = choose;

const begin = (what, values = () => ({})) => {
  byId(what).onsubmit = trying(async (event) => {
    event.preventDefault();
    job = await ask(`share-${what}`, byId("generator").value, values());
    goTo({ job: job.id });
    showCommand(job.command);
    look();
    byId("work").scrollIntoView({ block: "center" });
  });
};
begin("web", () => ({ title: byId("web-title").value.trim() || null }));
begin("hub");
begin("onnx", () => ({ weights: byId("weights").value || null }));

// ------------------------------------------------------------------ the card

const edit = trying(async (each) => {
  const { text } = await get(`/api/shares/${each.id}/card`);
  card = each;
  byId("card-text").value = kept = text;
  byId("card").querySelector(".words").replaceChildren();
  shown();
  byId("card").showModal();
  byId("card-text").setSelectionRange(0, 0);
  byId("card-text").scrollTop = 0;
});
const shown = () => { byId("card-shown").src = `/api/shares/${card.id}/card.html?${Date.now()}`; };
byId("card-keep").onclick = trying(async () => {
  const text = byId("card-text").value;
  await post(`/api/shares/${card.id}/card`, { text });
  kept = text;
  shown();
  tell(s.card_saved);
});
const leave = () => { if (byId("card-text").value === kept || confirm(s.card_lost)) byId("card").close(); };
byId("card-close").onclick = leave;
byId("card").addEventListener("cancel", (event) => { event.preventDefault(); leave(); });

// ------------------------------------------------------------------ what is being made

function look() {
  if (job) job = jobOf(job.id) ?? job;
  const active = job && !isOver(job);
  byId("work").hidden = !active;
  if (active) {
    look.active = job.id;
    const { share, words } = standing(job);
    showProgress(byId("progress"), share);
    byId("work-text").textContent = words;
    byId("stop").disabled = Boolean(job.stopping);
    return;
  }
  if (!job || look.told === job.id || !(look.active === job.id || asked().has("job"))) return;
  look.told = job.id;
  if (job.trouble) { tell(standing(job).words, { bad: true }); return; }
  trying(async () => { await open(); byId("made-title").scrollIntoView({ block: "center" }); })();
}
byId("stop").onclick = () => stop(job);

trying(async () => {
  await open();
  const where = asked();
  if (where.has("job")) { job = await get(`/api/jobs/${encodeURIComponent(where.get("job"))}`); showCommand(job.command); look(); }
})();
watch(look);
addEventListener("popstate", () => location.reload());
