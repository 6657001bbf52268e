// What there is in the workspace, as cards; the newest first.
import { addressOf, byId, clock, get, isOver, make, many, nameOfJob, onKey, redraw, s, say, showProgress, standing, t, trying, watch } from "./base.js";
import texts from "/texts.js";

let known = null, running = null;

const addresses = {
  run: (item) => `/train?run=${item.id}`,
  painting: (item) => `/paint?painting=${item.id}`,
  generator: (item) => `/play?generator=${item.id}`,
  pictures: (item) => `/pictures?folder=${item.id}`,
  set: (item) => `/pictures?set=${item.id}`,
};

function card(item) {
  const picture = item.cover
    ? make("img", { src: `/api/items/${item.id}/cover?side=320&at=${Math.round(item.changed)}`, alt: "", loading: "lazy" })
    : make("span", { className: "bare" });
  const more = item.count ? many(s.pictures, item.count, item) : item.changed ? ago(item.changed) : "";
  return make("li", { dataset: { id: item.id, find: `${item.title} ${s.kinds[item.kind]}`.toLowerCase() } },
    make("a", { href: addresses[item.kind](item), className: "card" }, picture,
      make("strong", { textContent: item.title }),
      make("span", { className: "quiet", textContent: [s.kinds[item.kind], more].filter(Boolean).join(" · ") }),
      make("progress", { max: 1, hidden: true, "aria-label": item.title })));
}

function ago(seconds) {
  const passed = Date.now() / 1000 - seconds;
  return passed < 60 ? t.just_now : passed < 172_800 ? say(t.ago, { time: clock(passed) }) : new Date(seconds * 1000).toLocaleDateString("en");
}

// As Play calls it, where the artist says nothing of it.
const named = (one) => (one.seed === null ? one.how || texts.play.unnamed : say(texts.play.name, one));

const load = trying(async () => {
  known = await get("/api/home");
  byId("lead").textContent = say(s.lead, known);
  const [mine, along] = [false, true].map((with_it) => known.items.filter((item) => (item.kind === "generator") === with_it));
  byId("cards").replaceChildren(...mine.map(card));
  byId("generators").replaceChildren(...along.map(card));
  byId("favourites-part").hidden = !known.favourites.length;
  byId("favourites").replaceChildren(...known.favourites.map((one) => make("li", {},
    make("a", { href: `/play?generator=${one.generator}`, title: one.note || named(one), dataset: { find: `${one.note} ${named(one)}`.toLowerCase() } },
      make("img", { src: `/api/favourites/${one.id}/picture`, alt: one.note || named(one), loading: "lazy" })))));
  search();
});

function search() {
  const wanted = byId("search").value.trim().toLowerCase();
  let shown = 0;
  for (const row of byId("cards").children) shown += !(row.hidden = !row.dataset.find.includes(wanted));
  for (const row of byId("generators").children) row.hidden = !row.dataset.find.includes(wanted);
  for (const row of byId("favourites").children) row.hidden = !row.firstChild.dataset.find.includes(wanted);
  byId("empty").hidden = shown > 0;
  byId("empty").textContent = byId("cards").children.length ? s.nothing : s.empty;
}
byId("search").oninput = search;
onKey("/", () => byId("search").focus());

function nowRow(job) {
  const name = nameOfJob(job);
  return make("li", {}, make("a", { href: addressOf(job), textContent: name }), make("progress", { max: 1, "aria-label": name }), make("span", { className: "quiet" }));
}

watch((jobs) => {
  const active = jobs.filter((job) => !isOver(job));
  for (const row of byId("cards").children) {
    const job = active.find((each) => each.made === row.dataset.id), bar = row.querySelector("progress");
    bar.hidden = !job;
    if (job) showProgress(bar, standing(job).share);
  }
  byId("now-part").hidden = !active.length;
  redraw(byId("now"), active.map(({ id }) => id), () => active.map(nowRow));
  active.forEach((job, at) => {
    const [, bar, text] = byId("now").children[at].children, { share, words } = standing(job);
    showProgress(bar, share);
    text.textContent = words;
  });
  const now = jobs.map((job) => `${job.id} ${job.state} ${job.made}`).join();
  if (now !== running) { running = now; load(); }
});
