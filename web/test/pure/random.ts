import type { Box, Triple } from "../../src/voxels/box";
import { Mask } from "../../src/voxels/mask";

// Numbers in [0, 1) that are the same at every run (mulberry32).
export function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// A mask of a share of all voxels, in one box of the grid.
export function randomMask(size: Triple, share: number, next: () => number, within?: Box): Mask {
  const box: Box = within ?? [0, 0, 0, size[0], size[1], size[2]];
  const mask = new Mask(size);
  const values = new Uint8Array((box[3] - box[0]) * (box[4] - box[1]) * (box[5] - box[2]));
  mask.write(
    box,
    values.map(() => (next() < share ? 1 : 0)),
  );
  return mask;
}

export function maskOf(size: Triple, inside: (x: number, y: number, z: number) => boolean): Mask {
  const mask = new Mask(size);
  const values = new Uint8Array(size[0] * size[1] * size[2]);
  forEach(size, (x, y, z, i) => {
    values[i] = inside(x, y, z) ? 1 : 0;
  });
  mask.write([0, 0, 0, ...size], values);
  return mask;
}

export function forEach(size: Triple, visit: (x: number, y: number, z: number, index: number) => void): void {
  for (let z = 0, i = 0; z < size[2]; z++)
    for (let y = 0; y < size[1]; y++) for (let x = 0; x < size[0]; x++, i++) visit(x, y, z, i);
}

export function whole(mask: Mask): Uint8Array {
  return mask.crop([0, 0, 0, ...mask.size]);
}
