import { type Triple, extent, grown, isEmpty, slab } from "../voxels/box";
import type { Mask } from "../voxels/mask";
import type { Stencil } from "./brush";
import { squaredDistances } from "./distance";

const marginOf = (mm: number, spacing: Triple) => spacing.map((s) => Math.ceil(mm / s) + 1) as unknown as Triple;

// The mask grown (mm > 0) by every voxel whose centre lies within mm of one of its voxels' centres, or shrunk (mm < 0) by
// every voxel whose centre lies within -mm of one outside. Outside of the grid counts as inside when shrinking, so that an
// organ is not eaten away at the scan's end.
export function margin(mask: Mask, mm: number, spacing: Triple): Stencil {
  const box = grown(mask.tight(), marginOf(Math.abs(mm), spacing), mask.size);
  const values = mask.crop(box);
  const wanted = mm > 0 ? values : values.map((v) => 1 - v);
  const distances = squaredDistances(wanted, extent(box), spacing);
  const limit = mm * mm * (1 + 1e-9);
  return { box, values: Uint8Array.from(distances, (d) => (mm > 0 ? (d <= limit ? 1 : 0) : d > limit ? 1 : 0)) };
}

// The mask with holes filled, slice by slice across an axis: what is outside and not joined (over edges) with the rest of the
// outside of its slice. from and to limit the slices.
export function holesFilled(mask: Mask, axis: number, from = 0, to = Infinity): Stencil {
  const box = slab(mask.tight(), axis, from, to);
  const values = mask.crop(box);
  if (isEmpty(box)) return { box, values };
  const size = extent(box);
  const strides = [1, size[0], size[0] * size[1]];
  const [a, b] = axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1];
  const [width, height] = [size[a], size[b]];
  const stack: number[] = [];
  for (let s = 0; s < size[axis]; s++) {
    const start = s * strides[axis];
    const open = new Uint8Array(width * height);
    const visit = (x: number, y: number) => {
      if (x < 0 || y < 0 || x >= width || y >= height || open[x + width * y]) return;
      if (values[start + x * strides[a] + y * strides[b]]) return;
      open[x + width * y] = 1;
      stack.push(x + width * y);
    };
    for (let x = 0; x < width; x++) {
      visit(x, 0);
      visit(x, height - 1);
    }
    for (let y = 0; y < height; y++) {
      visit(0, y);
      visit(width - 1, y);
    }
    while (stack.length) {
      const at = stack.pop()!;
      const [x, y] = [at % width, Math.floor(at / width)];
      visit(x - 1, y);
      visit(x + 1, y);
      visit(x, y - 1);
      visit(x, y + 1);
    }
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) if (!open[x + width * y]) values[start + x * strides[a] + y * strides[b]] = 1;
  }
  return { box, values };
}

// The mask smoothed by a Gaussian of sigma mm and cut where it keeps its count of voxels (but for ties): corners go,
// the volume stays.
export function smoothed(mask: Mask, sigma: number, spacing: Triple): Stencil {
  const box = grown(mask.tight(), marginOf(3 * sigma, spacing), mask.size);
  const size = extent(box);
  const values = mask.crop(box);
  let field = Float32Array.from(values);
  for (let axis = 0; axis < 3; axis++) field = blurred(field, size, axis, sigma / spacing[axis]);
  const wanted = values.reduce((sum, v) => sum + v, 0);
  const level = levelOf(field, wanted);
  return { box, values: Uint8Array.from(field, (v) => (v >= level ? 1 : 0)) };
}

// A Gaussian along one axis; beyond the box the nearest voxel counts.
function blurred(field: Float32Array, size: Triple, axis: number, sigma: number): Float32Array<ArrayBuffer> {
  const radius = Math.ceil(3 * sigma);
  const kernel = Float32Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - radius) / Math.max(sigma, 1e-6)) ** 2),
  );
  const sum = kernel.reduce((total, k) => total + k, 0);
  const strides = [1, size[0], size[0] * size[1]];
  const [n, stride] = [size[axis], strides[axis]];
  const result = new Float32Array(field.length);
  for (let i = 0; i < field.length; i++) {
    const at = Math.floor(i / stride) % n;
    let value = 0;
    for (let k = -radius; k <= radius; k++) {
      const place = Math.min(n - 1, Math.max(0, at + k));
      value += kernel[k + radius] * field[i + (place - at) * stride];
    }
    result[i] = value / sum;
  }
  return result;
}

// The highest level that at least `wanted` values reach.
function levelOf(field: Float32Array, wanted: number): number {
  if (wanted === 0) return Infinity;
  const bins = 4096;
  const counts = new Uint32Array(bins + 1);
  for (const value of field) counts[Math.min(bins, Math.floor(value * bins))]++;
  let bin = bins;
  for (let reached = counts[bin]; reached < wanted && bin > 0;) reached += counts[--bin];
  const inBin = field
    .filter((v) => Math.min(bins, Math.floor(v * bins)) === bin)
    .sort()
    .reverse();
  const above = counts.subarray(bin + 1).reduce((sum, c) => sum + c, 0);
  return inBin[Math.min(inBin.length, wanted - above) - 1];
}
