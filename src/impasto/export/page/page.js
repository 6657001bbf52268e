// The page: what is asked for goes to a worker, what it paints comes back; one at a time.
"use strict";

const about = GENERATOR;
const byId = (id) => document.getElementById(id);
const canvas = byId("picture"), status_ = byId("status");

// What the sliders say. The latent that is painted: truncation · (base + Σ strength · direction).
const asked = {
  base: latentOf(0, about.latent), strengths: about.directions.map(() => 0), truncation: 1, label: 0,
};
let ends = { a: null, b: null };
let wandering = null;
let seed = 0n; // of the picture as it stands; null once it was moved away from its seed

// Runs in the worker, after ONNX Runtime's own source: no variable of the page is to be had.
function work() {
  let session, about;
  const start = async ({ wasm, glue, model, about: given }) => {
    about = given;
    ort.env.wasm.numThreads = 1; // more need headers that static hosts do not send
    ort.env.wasm.wasmBinary = wasm;
    ort.env.wasm.wasmPaths = { mjs: URL.createObjectURL(new Blob([glue], { type: "text/javascript" })) };
    session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
    postMessage({ ready: true });
  };
  const paint = async ({ latent, label }) => {
    const began = performance.now();
    const feed = { latents: new ort.Tensor("float32", latent, [1, latent.length]) };
    if (about.labels.length) feed.labels = new ort.Tensor("int64", [BigInt(label)], [1]);
    feed.shares = new ort.Tensor("float32", new Float32Array(about.levels), [about.levels]); // no other lends its manner
    const { pictures } = await session.run(feed);
    const [, , height, width] = pictures.dims, area = height * width, values = pictures.data;
    const pixels = new Uint8ClampedArray(4 * area); // rounds and clamps
    for (let i = 0; i < area; i++) {
      for (let c = 0; c < 3; c++) pixels[4 * i + c] = (values[c * area + i] + 1) * 127.5;
      pixels[4 * i + 3] = 255;
    }
    postMessage({ pixels, width, height, took: performance.now() - began }, [pixels.buffer]);
  };
  onmessage = ({ data }) => (data.model ? start(data) : paint(data)).catch((error) => postMessage({ error: String(error) }));
}

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const unzipped = async (text) =>
  new Response(new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();

let worker, busy = false, waiting = null, painted = 0, times = [];

async function begin() {
  const [source, glue, wasm, model] = await Promise.all(
    [RUNTIME.source, RUNTIME.glue, RUNTIME.wasm, WEIGHTS].map(unzipped));
  const program = new Blob([source, `\n(${work})();`], { type: "text/javascript" });
  worker = new Worker(URL.createObjectURL(program));
  worker.onerror = (event) => fail(event.message || "the worker did not start");
  worker.onmessage = ({ data }) => {
    if (data.error) return fail(data.error);
    if (data.ready) return open();
    show(data);
  };
  worker.postMessage({ wasm, glue, model, about: { labels: about.labels, levels: about.levels.length } }, [wasm, glue, model]);
}

function fail(reason) {
  status_.setAttribute("aria-live", "polite");
  status_.textContent = `This browser cannot run the generator (${reason}); try a current Firefox, Chrome, Edge or Safari.`;
  document.body.dataset.state = "failed";
}

// ------------------------------------------------------------------ painting

function latent() {
  const moved = Float32Array.from(asked.base);
  about.directions.forEach((direction, d) => {
    const strength = asked.strengths[d];
    if (strength) direction.values.forEach((value, i) => { moved[i] += strength * value; });
  });
  return moved.map((value) => value * asked.truncation);
}

function paint() {
  const request = { latent: latent(), label: asked.label };
  if (busy) { waiting = request; return; } // only the latest wish counts
  busy = true;
  worker.postMessage(request);
}

function show({ pixels, width, height, took }) {
  if (canvas.width !== width || canvas.height !== height) {
    Object.assign(canvas, { width, height });
    canvas.style.aspectRatio = `${width} / ${height}`;
  }
  canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
  if (painted++) status_.setAttribute("aria-live", "off"); // the first one is news; while it wanders there are many a second
  times = [...times.slice(-19), took];
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  status_.textContent = `${width}×${height} · ${mean.toFixed(0)} ms a painting, ${(1000 / mean).toFixed(0)} a second`;
  Object.assign(document.body.dataset, { state: "ready", painted, took: took.toFixed(2) });
  busy = false;
  if (waiting) { const next = waiting; waiting = null; busy = true; worker.postMessage(next); }
  else if (wandering) requestAnimationFrame(step);
}

// ------------------------------------------------------------------ controls

function slider(parent, name, low, high, value, changed) {
  const row = document.createElement("label"), text = document.createElement("span");
  const input = document.createElement("input"), output = document.createElement("output");
  row.className = "slider";
  text.textContent = text.title = name;
  Object.assign(input, { type: "range", min: low, max: high, step: 0.01, value });
  output.textContent = Number(value).toFixed(2);
  input.addEventListener("input", () => {
    output.textContent = Number(input.value).toFixed(2);
    halt();
    changed(Number(input.value));
    moved();
  });
  row.append(text, input, output);
  parent.append(row);
  return (now) => { input.value = now; output.textContent = Number(now).toFixed(2); };
}

const numbers = Array.from({ length: about.latent }, (_, i) =>
  slider(byId("numbers"), `number ${i + 1}`, -4, 4, asked.base[i], (value) => { asked.base[i] = value; }));
const strengths = about.directions.map((direction, d) =>
  slider(byId("directions"), direction.name, -direction.reach, direction.reach, 0,
    (value) => { asked.strengths[d] = value; }));

function moved() { away(); paint(); }

// The picture is no seed's any more: neither the field nor the address may say so.
function away() {
  seed = null;
  byId("seed").value = "";
  history.replaceState(null, "", location.pathname + location.search);
}

function go(base, from = null) {
  asked.base = Float32Array.from(base);
  seed = from;
  if (from !== null) {
    byId("seed").value = from;
    history.replaceState(null, "", `#seed=${from}`);
  } else away();
  if (!wandering) showNumbers();
  paint();
}

function showNumbers() { numbers.forEach((set, i) => set(asked.base[i])); }

function goToSeed(number) { straighten(); go(latentOf(number, about.latent), number); }

function straighten() {
  asked.strengths.fill(0);
  strengths.forEach((set) => set(0));
}

function truncate(factor) {
  asked.truncation = factor;
  byId("truncation").value = factor;
  byId("truncation").nextElementSibling.textContent = factor.toFixed(2);
}

function anySeed() { return BigInt(crypto.getRandomValues(new Uint32Array(1))[0]); }

function halt() {
  if (!wandering) return;
  wandering = null;
  byId("wander").setAttribute("aria-pressed", "false");
  showNumbers();
}

function step(now) {
  if (!wandering) return;
  wandering.t += Math.min(0.1, (now - wandering.last) / 1000) * Number(byId("speed").value);
  wandering.last = now;
  if (wandering.t >= 1) Object.assign(wandering, { from: wandering.to, to: latentOf(anySeed(), about.latent), t: 0 });
  go(slerp(wandering.from, wandering.to, wandering.t));
}

function wander() {
  if (wandering) return halt();
  byId("wander").setAttribute("aria-pressed", "true");
  wandering = { from: asked.base, to: latentOf(anySeed(), about.latent), t: 0, last: performance.now() };
  step(performance.now());
}

// Kept paintings are remembered by the browser, if it lets the page: their numbers and thumbnails.
const shelf = `impasto-kept-${about.generator.fingerprint}`;
let kept = [];

function keep() {
  const { base, strengths, truncation, label } = asked;
  const one = { base: [...base], strengths: [...strengths], truncation, label,
    seed: seed === null ? null : String(seed), picture: canvas.toDataURL() };
  kept.push(one);
  pin(one);
  remember();
}

function remember() {
  try { localStorage.setItem(shelf, JSON.stringify(kept)); }
  catch { byId("kept-hint").textContent = "This browser does not remember kept paintings: they go when the page is closed."; }
}

function recall() {
  try { kept = JSON.parse(localStorage.getItem(shelf) ?? "[]").filter(fits); }
  catch { kept = []; }
  kept.forEach(pin);
}

function fits(one) { // another export of this generator may have other directions
  return one.base?.length === about.latent && one.strengths?.length === about.directions.length
    && !(one.label > 0 && one.label >= about.labels.length);
}

function pin(one) {
  const [place, button, copy, remove] = ["div", "button", "img", "button"].map((tag) => document.createElement(tag));
  button.title = one.seed === null ? "kept" : `seed ${one.seed}`;
  copy.src = one.picture;
  copy.alt = button.title;
  button.append(copy);
  remove.textContent = "×";
  remove.title = `Remove: ${button.title}`;
  remove.setAttribute("aria-label", remove.title);
  remove.className = "remove";
  remove.addEventListener("click", () => unpin(one, place));
  button.addEventListener("click", ({ shiftKey }) => {
    if (shiftKey) return unpin(one, place);
    halt();
    asked.strengths = [...one.strengths];
    strengths.forEach((set, d) => set(asked.strengths[d]));
    truncate(one.truncation);
    byId("label").value = asked.label = one.label;
    go(one.base, one.seed === null ? null : BigInt(one.seed));
  });
  place.append(button, remove);
  byId("kept").append(place);
}

function unpin(one, place) {
  const next = place.nextElementSibling ?? place.previousElementSibling;
  kept.splice(kept.indexOf(one), 1);
  place.remove();
  (next?.lastChild ?? byId("keep")).focus(); // for those who came by the keyboard
  remember();
}

// As `impasto generate` writes it: a text chunk of the PNG (keyword `impasto`) with the numbers.
async function withLatent(blob) {
  const png = new Uint8Array(await blob.arrayBuffer());
  const entry = { name: seed === null ? "from-the-page" : `seed-${String(seed).padStart(6, "0")}` };
  if (seed !== null && seed <= Number.MAX_SAFE_INTEGER) entry.seed = Number(seed);
  if (about.labels.length) entry.label = about.labels[asked.label];
  entry.values = Array.from(latent());
  const text = JSON.stringify({
    format: "impasto-latents", version: 1, generator: about.generator, latents: [entry] })
    .replace(/[^\x00-\x7f]/g, (letter) => "\\u" + letter.charCodeAt(0).toString(16).padStart(4, "0"));
  const body = new TextEncoder().encode(`iTXtimpasto\0\0\0\0\0${text}`);
  const chunk = new Uint8Array(body.length + 8), view = new DataView(chunk.buffer);
  view.setUint32(0, body.length - 4);
  chunk.set(body, 4);
  view.setUint32(body.length + 4, checksum(body));
  return new Blob([png.slice(0, 33), chunk, png.slice(33)], { type: "image/png" }); // after IHDR
}

function checksum(body) { // CRC-32, as PNG's chunks end
  let crc = -1;
  for (const byte of body) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function download() {
  const link = document.createElement("a");
  link.download = `${about.name}-${seed === null ? Date.now() : `seed-${String(seed).padStart(6, "0")}`}.png`;
  canvas.toBlob(async (blob) => {
    link.href = URL.createObjectURL(await withLatent(blob));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}

function end(name) {
  ends[name] = latent();
  byId(`set-${name}`).setAttribute("aria-pressed", "true");
  byId("way").value = name === "a" ? 0 : 1;
}

function walk() {
  halt();
  const here = latent();
  ends.a ??= here;
  ends.b ??= here;
  straighten();
  truncate(1); // the two ends hold theirs
  go(slerp(ends.a, ends.b, Number(byId("way").value)));
}

function open() {
  byId("random").onclick = () => { halt(); goToSeed(anySeed()); };
  byId("wander").onclick = wander;
  byId("download").onclick = download;
  byId("keep").onclick = keep;
  byId("set-a").onclick = () => end("a");
  byId("set-b").onclick = () => end("b");
  byId("way").oninput = walk;
  byId("seed").onchange = (event) => {
    halt();
    if (/^\d{1,16}$/.test(event.target.value)) goToSeed(BigInt(event.target.value));
  };
  byId("smooth").onchange = (event) => {
    for (const one of [canvas, byId("kept")]) one.classList.toggle("crisp", !event.target.checked);
  };
  byId("truncation").oninput = ({ target }) => { truncate(Number(target.value)); moved(); };
  byId("speed").oninput = ({ target }) => {
    target.nextElementSibling.textContent = Number(target.value).toFixed(2);
  };
  about.labels.forEach((name, i) => byId("label").add(new Option(name, i)));
  byId("label").onchange = ({ target }) => { asked.label = Number(target.value); paint(); };
  byId("label-row").hidden = !about.labels.length;
  byId("truncation").parentElement.hidden = !about.truncates;
  byId("directions").hidden = !about.directions.length;
  for (const control of document.querySelectorAll("[disabled]")) control.disabled = false;
  recall();
  const wished = /^#seed=(\d{1,16})$/.exec(location.hash);
  goToSeed(wished ? BigInt(wished[1]) : 0n);
}

byId("origin").textContent = about.origin;
begin().catch((error) => fail(error.message));
