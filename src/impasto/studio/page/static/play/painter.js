// Paintings as latents, and the worker that paints them: one at a time, what is looked at first.
import { byId, make, s, say, tell } from "../base.js";

/* global latentOf, slerp, twister -- chance.js, which counts as PyTorch does */
let worker = null, busy = true, counter = 0, queue = [], waiting = new Map(), times = [], about = null;

export function start(generator) {
  worker?.terminate();
  [queue, busy, waiting, times, about] = [[], true, new Map(), [], generator.about];
  byId("speed").textContent = s.loading;
  worker = new Worker("/static/play-worker.js");
  worker.onerror = (event) => fail(event.message);
  worker.onmessage = ({ data }) => {
    if (data.error) { fail(data.error); return; }
    if (data.number) took(data);
    else byId("speed").textContent = "";
    busy = false;
    pump();
  };
  const model = new URL(`/api/generators/${generator.id}/model`, location.href).href;
  worker.postMessage({ model, labelled: about.labels.length > 0, levels: about.levels.length });
}
export function stop() { worker?.terminate(); worker = null; queue = []; }
function fail(reason) { stop(); tell(say(s.failed, { reason }), { bad: true }); }
function took(data) {
  times = [...times.slice(-29), data.took];
  const done = waiting.get(data.number);
  waiting.delete(data.number);
  done?.(data);
  if (times.length >= 5 && counter % 5 === 0) byId("speed").textContent = say(s.speed, { count: (1000 * times.length / times.reduce((a, b) => a + b)).toFixed(0) });
}
function pump() {
  if (busy || !worker) return;
  queue = queue.filter(({ wanted }) => wanted());
  if (!queue.length) return;
  const { painting, done } = queue.shift(), number = ++counter;
  busy = true;
  waiting.set(number, done);
  const all = painting.lent ? [painting, painting.lent.from] : [painting];
  const latents = Float32Array.from(all.flatMap((one) => Array.from(one.latent, (value) => value * one.truncation)));
  worker.postMessage({ number, latents, labels: all.map(labelOf), shares: painting.lent?.shares ?? about.levels.map(() => 0) }, [latents.buffer]);
}
const labelOf = ({ label }) => Math.max(0, about.labels.indexOf(label ?? ""));

// In turn, if it is still wanted then; what has a `slot` (the bench) takes the place of what that slot waited for, and comes first.
export function paint(painting, done, { slot = null, wanted = () => true } = {}) {
  const one = { painting, done, slot, wanted };
  queue = slot ? [one, ...queue.filter((each) => each.slot !== slot)] : [...queue, one];
  pump();
}
// One on a canvas of its own, by itself.
export const alone = (painting) => new Promise((done) => { paint(painting, (data) => { const canvas = make("canvas"); draw(canvas, data); done(canvas); }); });
export function forget() { queue = queue.filter((one) => one.slot); }

export function draw(canvas, { pixels, width, height }) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  canvas.style.aspectRatio = `${width} / ${height}`;
  canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
  canvas.dataset.painted = "1";
}

// ------------------------------------------------------------------ where paintings come from

// A painting: { seed or null, latent, truncation, label, how, parents }; with `lent` { from, shares } it has the manner of another.
export const ofSeed = (seed, truncation, label) => ({ seed, latent: latentOf(BigInt(seed), about.latent), truncation, label, how: "", parents: [] });
export const ofFavourite = (one) => ({ ...one, latent: one.latent.length ? Float32Array.from(one.latent) : latentOf(BigInt(one.seed), about.latent) });

// As impasto.explore.mix: uniform crossover by the same tosses, so that the command breeds the same children.
export function genes(a, b, count, seed) {
  const draw_ = twister(seed);
  return Array.from({ length: count }, () => Float32Array.from(a.latent, (value, i) => ((draw_() & 0xffffff) / 0x1000000 < 0.5 ? value : b.latent[i])));
}
export const between = (a, b, count) => Array.from({ length: count }, (_, n) => slerp(a.latent, b.latent, (n + 1) / (count + 1)));
export const onTheWay = (a, b, share) => slerp(a.latent, b.latent, share);

// Round about a painting: a share of another one's numbers, its length kept.
export function near(painting, count, seed, far = 0.35) {
  return Array.from({ length: count }, (_, n) => {
    const other = latentOf(BigInt(seed + n + 1), painting.latent.length);
    return Float32Array.from(painting.latent, (value, i) => Math.sqrt(1 - far * far) * value + far * other[i]);
  });
}
