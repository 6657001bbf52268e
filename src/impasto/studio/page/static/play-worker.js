// The generator itself: latents come in, pixels go out; one at a time.
"use strict";
importScripts("/api/runtime/ort.wasm.min.js");

let session, labelled, levels;

async function start(given) {
  ({ labelled, levels } = given);
  ort.env.wasm.numThreads = 1;
  const at = (name) => new URL(`/api/runtime/${name}`, location.href).href;
  ort.env.wasm.wasmPaths = { mjs: at("ort-wasm-simd-threaded.mjs"), wasm: at("ort-wasm-simd-threaded.wasm") };
  const answer = await fetch(given.model);
  if (!answer.ok) throw new Error("its file is gone");
  session = await ort.InferenceSession.create(await answer.arrayBuffer(), { executionProviders: ["wasm"] });
  postMessage({ ready: true });
}

// The first is painted; a second one lends it its manner, at each level as much as `shares` say.
async function paint({ number, latents, labels, shares }) {
  const began = performance.now(), count = labels.length;
  const feed = { latents: new ort.Tensor("float32", latents, [count, latents.length / count]) };
  if (labelled) feed.labels = new ort.Tensor("int64", labels.map(BigInt), [count]);
  if (levels) feed.shares = new ort.Tensor("float32", Float32Array.from(shares), [levels]);
  const { pictures } = await session.run(feed);
  const [, , height, width] = pictures.dims, area = height * width, values = pictures.data;
  const pixels = new Uint8ClampedArray(4 * area);
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < 3; c++) pixels[4 * i + c] = (values[c * area + i] + 1) * 127.5;
    pixels[4 * i + 3] = 255;
  }
  postMessage({ number, pixels, width, height, took: performance.now() - began }, [pixels.buffer]);
}

onmessage = ({ data }) => (data.model ? start(data) : paint(data)).catch((error) => postMessage({ error: String(error.message ?? error) }));
