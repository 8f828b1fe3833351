import { type Box, extent } from "../voxels/box";
import type { Mask } from "../voxels/mask";
import type { Stencil } from "./brush";

// Connected pieces of a mask (over faces, edges and corners): a number a voxel from 1 on, 0 outside; and their counts.
export function components(mask: Mask): { box: Box; labels: Int32Array; counts: number[] } {
  const box = mask.tight();
  const [nx, ny, nz] = extent(box);
  const values = mask.crop(box);
  const labels = new Int32Array(values.length);
  const counts = [0];
  const stack: number[] = [];
  for (let seed = 0; seed < values.length; seed++) {
    if (!values[seed] || labels[seed]) continue;
    const label = counts.length;
    counts.push(0);
    labels[seed] = label;
    stack.push(seed);
    while (stack.length) {
      const at = stack.pop()!;
      counts[label]++;
      const x = at % nx;
      const y = Math.floor(at / nx) % ny;
      const z = Math.floor(at / (nx * ny));
      for (let dz = z > 0 ? -1 : 0; dz <= (z + 1 < nz ? 1 : 0); dz++)
        for (let dy = y > 0 ? -1 : 0; dy <= (y + 1 < ny ? 1 : 0); dy++)
          for (let dx = x > 0 ? -1 : 0; dx <= (x + 1 < nx ? 1 : 0); dx++) {
            const next = at + dx + nx * (dy + ny * dz);
            if (values[next] && !labels[next]) {
              labels[next] = label;
              stack.push(next);
            }
          }
    }
  }
  return { box, labels, counts };
}

// The mask without its detached components: the largest one stays. removed says how many went.
export function largestComponent(mask: Mask): Stencil & { removed: number } {
  const { box, labels, counts } = components(mask);
  const largest = counts.indexOf(Math.max(...counts.slice(1)), 1);
  return {
    box,
    values: Uint8Array.from(labels, (l) => (l > 0 && l === largest ? 1 : 0)),
    removed: Math.max(0, counts.length - 2),
  };
}
