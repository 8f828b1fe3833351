import {
  type Box,
  EMPTY,
  type Triple,
  around,
  contains,
  extent,
  grown,
  intersect,
  isEmpty,
  voxelCount,
  wholeGrid,
} from "./box";
import { forEachRun } from "./runs";

// One organ's mask: a byte a voxel (0 or 1) inside a box that grows as it is drawn in, x fastest. Outside the box all is 0.
// Thirteen organs of a head and neck take a few MB so, where whole grids of 512 x 512 x 200 would take 680 MB.
export class Mask {
  box: Box = EMPTY;
  data = new Uint8Array(0);
  version = 0; // rises with every change, for caches of what is drawn

  constructor(readonly size: Triple) {}

  // From run lengths over the whole grid or over a box of it.
  static fromRuns(size: Triple, runs: Uint32Array, over: Box = wholeGrid(size)): Mask {
    const mask = new Mask(size);
    const [nx, ny] = extent(over);
    let [x0, y0, z0, x1, y1, z1] = [Infinity, Infinity, Infinity, 0, 0, 0];
    const rows: [number, number, number, number][] = [];
    forEachRun(runs, voxelCount(over), (from, to) => {
      for (let at = from; at < to;) {
        const row = Math.floor(at / nx);
        const end = Math.min(to, (row + 1) * nx);
        const [x, xEnd] = [over[0] + at - row * nx, over[0] + end - row * nx];
        const [y, z] = [over[1] + (row % ny), over[2] + Math.floor(row / ny)];
        rows.push([x, xEnd, y, z]);
        x0 = Math.min(x0, x);
        y0 = Math.min(y0, y);
        z0 = Math.min(z0, z);
        x1 = Math.max(x1, xEnd);
        y1 = Math.max(y1, y + 1);
        z1 = Math.max(z1, z + 1);
        at = end;
      }
    });
    if (rows.length === 0) return mask;
    mask.cover([x0, y0, z0, x1, y1, z1], 0);
    for (const [x, xEnd, y, z] of rows) mask.data.fill(1, mask.index(x, y, z), mask.index(xEnd, y, z));
    return mask;
  }

  // Where a voxel of the box lies in data.
  index(x: number, y: number, z: number): number {
    const b = this.box;
    return x - b[0] + (b[3] - b[0]) * (y - b[1] + (b[4] - b[1]) * (z - b[2]));
  }

  get(x: number, y: number, z: number): number {
    const b = this.box;
    if (x < b[0] || y < b[1] || z < b[2] || x >= b[3] || y >= b[4] || z >= b[5]) return 0;
    return this.data[this.index(x, y, z)];
  }

  // Makes the box contain another; takes a margin too, so that a stroke does not copy at every move.
  cover(wanted: Box, margin = 16): void {
    const inside = intersect(wanted, wholeGrid(this.size));
    if (contains(this.box, inside)) return;
    const box = grown(around(this.box, inside), [margin, margin, Math.min(margin, 4)], this.size);
    const data = this.crop(box);
    this.box = box;
    this.data = data;
  }

  // A copy of the values in any box.
  crop(box: Box): Uint8Array<ArrayBuffer> {
    const [nx, ny] = extent(box);
    const values = new Uint8Array(voxelCount(box));
    const both = intersect(box, this.box);
    for (let z = both[2]; z < both[5]; z++)
      for (let y = both[1]; y < both[4]; y++) {
        const from = this.index(both[0], y, z);
        values.set(
          this.data.subarray(from, from + both[3] - both[0]),
          both[0] - box[0] + nx * (y - box[1] + ny * (z - box[2])),
        );
      }
    return values;
  }

  // Sets the values of a box, which has to lie in the grid.
  write(box: Box, values: Uint8Array): void {
    if (isEmpty(box)) return;
    this.cover(box);
    const [nx, ny] = extent(box);
    for (let z = box[2]; z < box[5]; z++)
      for (let y = box[1]; y < box[4]; y++) {
        const from = nx * (y - box[1] + ny * (z - box[2]));
        this.data.set(values.subarray(from, from + nx), this.index(box[0], y, z));
      }
    this.version++;
  }

  count(): number {
    let sum = 0;
    for (let i = 0; i < this.data.length; i++) sum += this.data[i];
    return sum;
  }

  // The smallest box around what is inside; EMPTY for an empty mask.
  tight(): Box {
    const b = this.box;
    const found = [Infinity, Infinity, Infinity, -1, -1, -1];
    const nx = b[3] - b[0];
    for (let z = b[2], row = 0; z < b[5]; z++)
      for (let y = b[1]; y < b[4]; y++, row += nx) {
        const line = this.data.subarray(row, row + nx);
        const first = line.indexOf(1);
        if (first < 0) continue;
        found[0] = Math.min(found[0], b[0] + first);
        found[3] = Math.max(found[3], b[0] + line.lastIndexOf(1) + 1);
        found[1] = Math.min(found[1], y);
        found[4] = Math.max(found[4], y + 1);
        found[2] = Math.min(found[2], z);
        found[5] = z + 1;
      }
    return found[3] < 0 ? EMPTY : (found as unknown as Box);
  }

  // One slice across an axis, over the box's extent on the two other axes (a before b, a fastest).
  slice(axis: number, at: number): Slice {
    const [a, b] = axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1];
    const box = this.box;
    const [width, height] = [box[a + 3] - box[a], box[b + 3] - box[b]];
    if (isEmpty(box) || at < box[axis] || at >= box[axis + 3])
      return { a0: 0, b0: 0, width: 0, height: 0, data: new Uint8Array(0) };
    const [nx, ny] = extent(box);
    const strides = [1, nx, nx * ny];
    const start = (at - box[axis]) * strides[axis];
    if (axis === 2) return { a0: box[a], b0: box[b], width, height, data: this.data.subarray(start, start + nx * ny) };
    const data = new Uint8Array(width * height);
    for (let j = 0, to = 0; j < height; j++)
      for (let i = 0, from = start + j * strides[b]; i < width; i++, from += strides[a]) data[to++] = this.data[from];
    return { a0: box[a], b0: box[b], width, height, data };
  }
}

// A slice of a mask: its first voxel lies at (a0, b0) of the grid's slice.
export interface Slice {
  a0: number;
  b0: number;
  width: number;
  height: number;
  data: Uint8Array;
}
