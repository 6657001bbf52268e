// The generator itself: latents come in, pixels go out; one at a time.
"use strict";
importScripts("/api/runtime/ort.wasm.min.js");

let session, labelled;

async function start(given) {
  labelled = given.labelled;
  ort.env.wasm.numThreads = 1;
  const at = (name) => new URL(`/api/runtime/${name}`, location.href).href;
  ort.env.wasm.wasmPaths = { mjs: at("ort-wasm-simd-threaded.mjs"), wasm: at("ort-wasm-simd-threaded.wasm") };
  const answer = await fetch(given.model);
  if (!answer.ok) throw new Error("its file is gone");
  session = await ort.InferenceSession.create(await answer.arrayBuffer(), { executionProviders: ["wasm"] });
  postMessage({ ready: true });
}

async function paint({ number, latent, label }) {
  const began = performance.now();
  const feed = { latents: new ort.Tensor("float32", latent, [1, latent.length]) };
  if (labelled) feed.labels = new ort.Tensor("int64", [BigInt(label)], [1]);
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
