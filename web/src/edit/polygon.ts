import { type Box, type Triple, extent, intersect, voxelCount, wholeGrid } from "../voxels/box";
import type { Stencil } from "./brush";

// The voxels of one slice across an axis whose centres lie in a polygon by the even-odd rule. Its corners are places on the
// two other axes (a before b) in voxel indices; a centre on an edge counts where the polygon lies to its right.
export function polygon(
  corners: readonly (readonly [number, number])[],
  axis: number,
  at: number,
  size: Triple,
): Stencil {
  const [a, b] = axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1];
  const low = [at, at, at];
  const high = [at + 1, at + 1, at + 1];
  [a, b].forEach((index, i) => {
    low[index] = Math.floor(Math.min(...corners.map((c) => c[i])));
    high[index] = Math.ceil(Math.max(...corners.map((c) => c[i]))) + 1;
  });
  const box = intersect([...low, ...high] as unknown as Box, wholeGrid(size));
  const values = new Uint8Array(voxelCount(box));
  const [nx, ny] = extent(box);
  const strides = [1, nx, nx * ny];
  for (let v = box[b]; v < box[b + 3]; v++) {
    const crossings: number[] = [];
    corners.forEach((p, i) => {
      const q = corners[(i + 1) % corners.length];
      if (p[1] <= v !== q[1] <= v) crossings.push(p[0] + ((v - p[1]) * (q[0] - p[0])) / (q[1] - p[1]));
    });
    crossings.sort((p, q) => p - q);
    for (let i = 0; i + 1 < crossings.length; i += 2)
      for (let u = Math.max(box[a], Math.ceil(crossings[i])); u < Math.min(box[a + 3], crossings[i + 1]); u++)
        values[(u - box[a]) * strides[a] + (v - box[b]) * strides[b]] = 1;
  }
  return { box, values };
}
