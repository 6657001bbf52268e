// A seed is a painting, here as on the command line: PyTorch's normal distribution on a CPU.
"use strict";

// Mersenne Twister (Matsumoto & Nishimura 1998), 32 bits at a time.
function twister(seed) {
  const state = new Uint32Array(624);
  state[0] = Number(BigInt(seed) & 0xffffffffn);
  for (let i = 1; i < 624; i++) {
    const last = state[i - 1] ^ (state[i - 1] >>> 30);
    state[i] = Math.imul(1812433253, last) + i;
  }
  let at = 624;
  const renew = () => {
    for (let i = 0; i < 624; i++) {
      const mixed = (state[i] & 0x80000000) | (state[(i + 1) % 624] & 0x7fffffff);
      state[i] = state[(i + 397) % 624] ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    at = 0;
  };
  return () => {
    if (at === 624) renew();
    let y = state[at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
}

// Box & Muller 1958. PyTorch takes sixteen uniform numbers at a time, of 24 bits each; fewer than
// sixteen in all it draws pair by pair, from 53 bits.
function latentOf(seed, size) {
  const draw = twister(seed);
  const values = new Float32Array(size);
  if (size < 16) return pairs(draw, values);
  const uniform = () => (draw() & 0xffffff) / 0x1000000;
  for (let i = 0; i < size; i++) values[i] = uniform();
  const normal = (start) => {
    for (let i = start; i < start + 8; i++) {
      const radius = Math.sqrt(-2 * Math.log(1 - values[i]));
      const angle = 2 * Math.PI * values[i + 8];
      values[i] = radius * Math.cos(angle);
      values[i + 8] = radius * Math.sin(angle);
    }
  };
  for (let start = 0; start + 16 <= size; start += 16) normal(start);
  if (size % 16) {
    for (let i = size - 16; i < size; i++) values[i] = uniform();
    normal(size - 16);
  }
  return values;
}

function pairs(draw, values) {
  const uniform = () => ((draw() & 0x1fffff) * 0x100000000 + draw()) / 2 ** 53;
  for (let i = 0; i < values.length; i += 2) {
    const angle = 2 * Math.PI * uniform();
    const radius = Math.sqrt(-2 * Math.log1p(-uniform()));
    values[i] = radius * Math.cos(angle);
    if (i + 1 < values.length) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

// Along the great circle (Shoemake 1985, eq. 3), while the length changes evenly: a straight way
// between two latents leads through the inside of the sphere, where the generator was never shown.
function slerp(a, b, t) {
  const length = (v) => Math.hypot(...v) || 1e-9; // truncated to nothing, an end has no direction
  const [la, lb] = [length(a), length(b)];
  const cosine = Math.max(-1, Math.min(1, a.reduce((sum, x, i) => sum + x * b[i], 0) / (la * lb)));
  const angle = Math.acos(cosine), sine = Math.sin(angle);
  const [wa, wb] = sine < 1e-4 ? [1 - t, t] : [Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine];
  const radius = (1 - t) * la + t * lb;
  return Float32Array.from(a, (x, i) => radius * (wa * x / la + wb * b[i] / lb));
}
