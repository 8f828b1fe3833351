// Run lengths of a mask: alternating outside and inside, beginning with outside, x fastest; uint32, little-endian.

export function encodeRuns(values: Uint8Array): Uint32Array {
  const runs: number[] = [];
  let inside = 0;
  let start = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ? 1 : 0;
    if (value !== inside) {
      runs.push(i - start);
      start = i;
      inside = value;
    }
  }
  runs.push(values.length - start);
  return Uint32Array.from(runs);
}

// Throws a RangeError where the runs do not add up to the count of voxels.
export function decodeRuns(runs: Uint32Array, count: number): Uint8Array {
  const values = new Uint8Array(count);
  forEachRun(runs, count, (from, to) => values.fill(1, from, to));
  return values;
}

// Calls inside(from, to) for every run of voxels inside; same check.
export function forEachRun(runs: Uint32Array, count: number, inside: (from: number, to: number) => void): void {
  let at = 0;
  for (let i = 0; i < runs.length; i++) {
    const end = at + runs[i];
    if (end > count) break;
    if (i % 2 === 1 && end > at) inside(at, end);
    at = end;
  }
  const sum = runs.reduce((total, run) => total + run, 0);
  if (sum !== count) throw new RangeError(`mask: the runs cover ${sum} voxels, expected ${count}`);
}

export function runsToBytes(runs: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(runs.length * 4);
  const view = new DataView(bytes.buffer);
  runs.forEach((run, i) => view.setUint32(4 * i, run, true));
  return bytes;
}

export function bytesToRuns(bytes: ArrayBuffer | Uint8Array): Uint32Array {
  const array = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  if (array.byteLength % 4 !== 0)
    throw new RangeError(`mask: ${array.byteLength} bytes of runs, expected a multiple of 4`);
  const view = new DataView(array.buffer, array.byteOffset, array.byteLength);
  return Uint32Array.from({ length: array.byteLength / 4 }, (_, i) => view.getUint32(4 * i, true));
}

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
