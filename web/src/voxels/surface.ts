import { extent, grown } from "./box";
import type { Mask } from "./mask";

export interface Surface {
  places: Float32Array; // x, y, z in voxel indices, a corner each
  triangles: Uint32Array; // three corners each, seen from outside against the clock in a right-handed grid
}

// The closed surface of a mask by naive surface nets (Gibson, MICCAI 1998): a corner in every cell of 2 x 2 x 2 voxels that
// are not all alike, at the mean of where its edges cross. Cells are coarser where the box has more than `limit` on an axis.
export function surfaceOf(mask: Mask, limit = 96): Surface {
  const box = grown(mask.tight(), [0, 0, 0], mask.size);
  const step = extent(box).map((n) => Math.max(1, Math.ceil(n / limit)));
  // Samples with a rim of zeros, so that the surface closes at the box.
  const size = extent(box).map((n, i) => Math.ceil(n / step[i]) + 2);
  const [nx, ny, nz] = size;
  const values = new Uint8Array(nx * ny * nz);
  for (let z = 1; z < nz - 1; z++)
    for (let y = 1; y < ny - 1; y++)
      for (let x = 1; x < nx - 1; x++)
        values[x + nx * (y + ny * z)] = mask.get(
          box[0] + (x - 1) * step[0],
          box[1] + (y - 1) * step[1],
          box[2] + (z - 1) * step[2],
        );
  const corner = new Int32Array(values.length).fill(-1);
  const places: number[] = [];
  const offsets = [0, 1, nx, nx + 1, nx * ny, nx * ny + 1, nx * ny + nx, nx * ny + nx + 1];
  const edges = [
    [0, 1],
    [2, 3],
    [4, 5],
    [6, 7],
    [0, 2],
    [1, 3],
    [4, 6],
    [5, 7],
    [0, 4],
    [1, 5],
    [2, 6],
    [3, 7],
  ];
  for (let z = 0; z + 1 < nz; z++)
    for (let y = 0; y + 1 < ny; y++)
      for (let x = 0; x + 1 < nx; x++) {
        const at = x + nx * (y + ny * z);
        let sum = 0;
        for (const offset of offsets) sum += values[at + offset];
        if (sum === 0 || sum === 8) continue;
        let [px, py, pz, crossings] = [0, 0, 0, 0];
        for (const [a, b] of edges) {
          if (values[at + offsets[a]] === values[at + offsets[b]]) continue;
          px += ((a & 1) + (b & 1)) / 2;
          py += (((a >> 1) & 1) + ((b >> 1) & 1)) / 2;
          pz += ((a >> 2) + (b >> 2)) / 2;
          crossings++;
        }
        corner[at] = places.length / 3;
        places.push(
          box[0] + (x - 1 + px / crossings) * step[0],
          box[1] + (y - 1 + py / crossings) * step[1],
          box[2] + (z - 1 + pz / crossings) * step[2],
        );
      }
  return { places: Float32Array.from(places), triangles: quads(values, corner, size) };
}

// Two triangles for each pair of neighbouring samples of which one is inside: between the four cells around them.
function quads(values: Uint8Array, corner: Int32Array, size: number[]): Uint32Array {
  const [nx, ny, nz] = size;
  const strides = [1, nx, nx * ny];
  const triangles: number[] = [];
  for (let z = 1; z + 1 < nz; z++)
    for (let y = 1; y + 1 < ny; y++)
      for (let x = 1; x + 1 < nx; x++) {
        const at = x + nx * (y + ny * z);
        for (let axis = 0; axis < 3; axis++)
          for (const side of [-1, 1]) {
            if (!values[at] || values[at + side * strides[axis]]) continue;
            const [u, v] = [strides[(axis + 1) % 3], strides[(axis + 2) % 3]];
            const cell = side > 0 ? at : at - strides[axis];
            const [a, b, c, d] = [cell - u - v, cell - v, cell, cell - u].map((i) => corner[i]);
            if (side > 0) triangles.push(a, b, c, a, c, d);
            else triangles.push(a, c, b, a, d, c);
          }
      }
  return Uint32Array.from(triangles);
}
