// Boxes of voxels, half open: [x0, y0, z0, x1, y1, z1) in voxel indices.

export type Triple = readonly [number, number, number];
export type Box = readonly [number, number, number, number, number, number];

export const EMPTY: Box = [0, 0, 0, 0, 0, 0];

export function isEmpty(b: Box): boolean {
  return b[3] <= b[0] || b[4] <= b[1] || b[5] <= b[2];
}

export function extent(b: Box): Triple {
  return [b[3] - b[0], b[4] - b[1], b[5] - b[2]];
}

export function voxelCount(b: Box): number {
  return isEmpty(b) ? 0 : (b[3] - b[0]) * (b[4] - b[1]) * (b[5] - b[2]);
}

export function wholeGrid(size: Triple): Box {
  return [0, 0, 0, size[0], size[1], size[2]];
}

export function intersect(a: Box, b: Box): Box {
  const box: Box = [
    Math.max(a[0], b[0]),
    Math.max(a[1], b[1]),
    Math.max(a[2], b[2]),
    Math.min(a[3], b[3]),
    Math.min(a[4], b[4]),
    Math.min(a[5], b[5]),
  ];
  return isEmpty(box) ? EMPTY : box;
}

// The smallest box around both.
export function around(a: Box, b: Box): Box {
  if (isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  return [
    Math.min(a[0], b[0]),
    Math.min(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.max(a[3], b[3]),
    Math.max(a[4], b[4]),
    Math.max(a[5], b[5]),
  ];
}

export function contains(outer: Box, inner: Box): boolean {
  return (
    isEmpty(inner) ||
    (outer[0] <= inner[0] &&
      outer[1] <= inner[1] &&
      outer[2] <= inner[2] &&
      outer[3] >= inner[3] &&
      outer[4] >= inner[4] &&
      outer[5] >= inner[5])
  );
}

// The box with a margin in voxels an axis, clipped to the grid.
export function grown(b: Box, margin: Triple, size: Triple): Box {
  if (isEmpty(b)) return EMPTY;
  return intersect(wholeGrid(size), [
    b[0] - margin[0],
    b[1] - margin[1],
    b[2] - margin[2],
    b[3] + margin[0],
    b[4] + margin[1],
    b[5] + margin[2],
  ]);
}

// The part of the box in slices [from, to) along an axis.
export function slab(b: Box, axis: number, from: number, to: number): Box {
  const cut = [...b] as [number, number, number, number, number, number];
  cut[axis] = Math.max(cut[axis], from);
  cut[axis + 3] = Math.min(cut[axis + 3], to);
  return isEmpty(cut) ? EMPTY : cut;
}
