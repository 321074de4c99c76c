// Solves an ALTCHA challenge (version 2, SHA-256): finds the counter that, appended to nonce and salt, gives a hash with
// the wanted beginning. SHA-256 is implemented here, because crypto.subtle is slow for short texts and missing on pages
// without https. The work is done in slices, so that the page stays responsive.

const slice = 12; // ms

// FIPS 180-4 section 4.2.2 and 5.3.3: the fractions of the cube and square roots of the first primes.
const primes = [];
for (let n = 2; primes.length < 64; n += 1) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
const fraction = (root) => (root - Math.floor(root)) * 2 ** 32;
const constants = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
const start = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));

const schedule = new Int32Array(64);
const rotate = (word, bits) => (word >>> bits) | (word << (32 - bits));

/** SHA-256 of one block of sixteen words, already padded. */
function hash(block) {
  schedule.set(block);
  for (let t = 16; t < 64; t += 1) {
    const a = schedule[t - 15];
    const b = schedule[t - 2];
    const small = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
    const large = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
    schedule[t] = schedule[t - 16] + small + schedule[t - 7] + large;
  }
  let [a, b, c, d, e, f, g, h] = start;
  for (let t = 0; t < 64; t += 1) {
    const sum = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const first = (h + sum + ((e & f) ^ (~e & g)) + constants[t] + schedule[t]) | 0;
    const second = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  return Int32Array.from([a, b, c, d, e, f, g, h], (word, at) => word + start[at]);
}

const words = (hex) => hex.match(/.{8}/g).map((word) => Number.parseInt(word, 16) | 0);
const toHex = (word) => (word >>> 0).toString(16).padStart(8, '0');

/** The value of the form's field "altcha": the challenge with its solution. */
export async function solve(challenge) {
  const { algorithm, cost, salt, nonce, keyPrefix } = challenge.parameters;
  if (algorithm !== 'SHA-256' || cost !== 1) throw new Error('a challenge that this script cannot solve');
  const started = performance.now();
  // Salt, nonce, the counter, and the padding of a text of 36 bytes.
  const block = new Int32Array(16);
  block.set(words(salt + nonce));
  block[9] = 1 << 31;
  block[15] = 36 * 8;
  const wanted = Number.parseInt(keyPrefix.slice(0, 8), 16) | 0;
  let pause = performance.now() + slice;
  for (let counter = 0; ; counter += 1) {
    block[8] = counter;
    const key = hash(block);
    if (key[0] === wanted) {
      const derivedKey = Array.from(key, toHex).join('');
      if (derivedKey.startsWith(keyPrefix)) {
        const solution = { counter, derivedKey, time: Math.round(performance.now() - started) };
        return btoa(JSON.stringify({ challenge, solution }));
      }
    }
    if (counter % 256 === 0 && performance.now() > pause) {
      await new Promise((resolve) => setTimeout(resolve));
      pause = performance.now() + slice;
    }
  }
}
