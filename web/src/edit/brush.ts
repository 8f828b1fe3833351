import { type Box, type Triple, extent, intersect, voxelCount, wholeGrid } from "../voxels/box";

// Some voxels of a box: what a tool draws on. values has a 1 for each of them, x fastest.
export interface Stencil {
  box: Box;
  values: Uint8Array;
}

// The voxels whose centres lie within radius mm of the line from one place to another (voxel indices): what a round brush
// covers as it moves. axis keeps a disc to the one slice through `to`; null makes it a ball.
export function brushed(
  from: Triple,
  to: Triple,
  radius: number,
  axis: number | null,
  spacing: Triple,
  size: Triple,
): Stencil {
  const start = [...from];
  if (axis !== null) start[axis] = to[axis];
  const low = [0, 1, 2].map((i) => Math.ceil(Math.min(start[i], to[i]) - radius / spacing[i]));
  const high = [0, 1, 2].map((i) => Math.floor(Math.max(start[i], to[i]) + radius / spacing[i]) + 1);
  if (axis !== null) {
    low[axis] = Math.round(to[axis]);
    high[axis] = low[axis] + 1;
  }
  // A brush smaller than a voxel still draws the voxel that it stands in.
  const nearest = to.map(Math.round);
  for (let i = 0; i < 3; i++) {
    low[i] = Math.min(low[i], nearest[i]);
    high[i] = Math.max(high[i], nearest[i] + 1);
  }
  const box = intersect([...low, ...high] as unknown as Box, wholeGrid(size));
  const values = new Uint8Array(voxelCount(box));
  const [nx, ny] = extent(box);
  const line = [0, 1, 2].map((i) => (to[i] - start[i]) * spacing[i]);
  const length2 = line[0] ** 2 + line[1] ** 2 + line[2] ** 2;
  for (let z = box[2], i = 0; z < box[5]; z++)
    for (let y = box[1]; y < box[4]; y++)
      for (let x = box[0]; x < box[3]; x++, i++) {
        const px = (x - start[0]) * spacing[0];
        const py = (y - start[1]) * spacing[1];
        const pz = axis === 2 ? 0 : (z - start[2]) * spacing[2];
        const dx = axis === 0 ? 0 : px;
        const dy = axis === 1 ? 0 : py;
        const along =
          length2 > 0 ? Math.min(1, Math.max(0, (dx * line[0] + dy * line[1] + pz * line[2]) / length2)) : 0;
        const distance2 = (dx - along * line[0]) ** 2 + (dy - along * line[1]) ** 2 + (pz - along * line[2]) ** 2;
        if (distance2 <= radius * radius * (1 + 1e-9)) values[i] = 1;
      }
  const inGrid = nearest.every((c, i) => c >= box[i] && c < box[i + 3]);
  if (inGrid) values[nearest[0] - box[0] + nx * (nearest[1] - box[1] + ny * (nearest[2] - box[2]))] = 1;
  return { box, values };
}

// Keeps the stencil's voxels whose HU lie in [low, high]; ct is the whole grid.
export function keepHu(stencil: Stencil, ct: Int16Array, size: Triple, low: number, high: number): void {
  const { box, values } = stencil;
  for (let z = box[2], i = 0; z < box[5]; z++)
    for (let y = box[1]; y < box[4]; y++) {
      let at = box[0] + size[0] * (y + size[1] * z);
      for (let x = box[0]; x < box[3]; x++, i++, at++) if (ct[at] < low || ct[at] > high) values[i] = 0;
    }
}
