import { type Box, type Triple, extent, grown, slab } from "../voxels/box";
import type { Mask } from "../voxels/mask";
import type { Stencil } from "./brush";
import { squaredDistances } from "./distance";

// The mask with the slices between drawn ones made anew from them, across an axis: each takes the sign of the signed
// distances to the outlines of the two drawn slices around it, weighted by how near they are (Raya and Udupa, IEEE
// Transactions on Medical Imaging 9, 1990). Drawn slices stay; empty ones among them are passed over.
export function interpolated(mask: Mask, axis: number, drawn: readonly number[], spacing: Triple): Stencil {
  const tight = mask.tight();
  const slices = [...new Set(drawn)]
    .sort((a, b) => a - b)
    .filter((at) => mask.crop(slab(tight, axis, at, at + 1)).includes(1));
  if (slices.length < 2) return { box: [0, 0, 0, 0, 0, 0], values: new Uint8Array(0) };
  const box = slab(grown(tight, [1, 1, 1], mask.size), axis, slices[0], slices[slices.length - 1] + 1);
  const values = mask.crop(box);
  const size = extent(box);
  const stride = [1, size[0], size[0] * size[1]][axis];
  const oneSlice = (at: number): Box => slab(box, axis, at, at + 1);
  const places = indicesOf(size, axis);
  let low = signedDistances(mask.crop(oneSlice(slices[0])), extent(oneSlice(slices[0])), spacing);
  for (let i = 0; i + 1 < slices.length; i++) {
    const [from, to] = [slices[i], slices[i + 1]];
    const high = signedDistances(mask.crop(oneSlice(to)), extent(oneSlice(to)), spacing);
    for (let at = from + 1; at < to; at++) {
      const t = (at - from) / (to - from);
      const start = (at - box[axis]) * stride;
      places.forEach((place, k) => {
        values[start + place] = (1 - t) * low[k] + t * high[k] < 0 ? 1 : 0;
      });
    }
    low = high;
  }
  return { box, values };
}

// Of a slice's voxels in their order (x fastest): where they lie in the box's first slice.
function indicesOf(size: Triple, axis: number): number[] {
  const [nx, ny] = size;
  const strides = [1, nx, nx * ny];
  const [a, b] = axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1];
  const places: number[] = [];
  for (let j = 0; j < size[b]; j++) for (let i = 0; i < size[a]; i++) places.push(i * strides[a] + j * strides[b]);
  return places;
}

// Distance in mm to the nearest voxel of the other kind, negative inside.
function signedDistances(values: Uint8Array, size: Triple, spacing: Triple): Float64Array {
  const outside = squaredDistances(values, size, spacing);
  const inside = squaredDistances(
    values.map((v) => 1 - v),
    size,
    spacing,
  );
  return outside.map((d, i) => (values[i] ? -Math.sqrt(inside[i]) : Math.sqrt(d)));
}
