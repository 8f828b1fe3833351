import { type Box, EMPTY, type Triple, grown, isEmpty, wholeGrid } from "./box";

// The CT's grid as the server gives it: LPS in mm; direction is a matrix in rows, so its column c is the way of index c.
export interface Grid {
  size: Triple;
  spacing: Triple;
  origin: Triple;
  direction: readonly number[];
}

export type Plane = "axial" | "coronal" | "sagittal";
export const PLANES: readonly Plane[] = ["axial", "coronal", "sagittal"];

// How a plane of the patient is cut from the grid: the index that runs to the right on the screen, the one that runs down
// and the one that counts slices, each with +1 where the index grows that way.
export interface Cut {
  right: { axis: number; sign: number };
  down: { axis: number; sign: number };
  through: { axis: number; sign: number }; // towards the patient's left, back or head
}

// Where the ends of the patient's axes are on the screen: the patient's right on the left, the front on top or on the left.
const SCREEN: Record<Plane, { right: [number, number]; down: [number, number]; through: [number, number] }> = {
  axial: { right: [0, 1], down: [1, 1], through: [2, 1] },
  coronal: { right: [0, 1], down: [2, -1], through: [1, 1] },
  sagittal: { right: [1, 1], down: [2, -1], through: [0, 1] },
};

const ORDERS: readonly Triple[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

// For each of the patient's axes (left, back, head) the grid's index that runs most along it, each index once.
export function axesOf(grid: Grid): Triple {
  const along = (order: Triple) =>
    order.reduce((sum, axis, patient) => sum + Math.abs(grid.direction[3 * patient + axis]), 0);
  return ORDERS.reduce((best, order) => (along(order) > along(best) + 1e-9 ? order : best));
}

export function cutOf(grid: Grid, plane: Plane): Cut {
  const axes = axesOf(grid);
  const place = ([patient, sign]: [number, number]) => {
    const axis = axes[patient];
    return { axis, sign: sign * (grid.direction[3 * patient + axis] < 0 ? -1 : 1) };
  };
  const screen = SCREEN[plane];
  return { right: place(screen.right), down: place(screen.down), through: place(screen.through) };
}

// The letters of a way in LPS, the largest part first: "L", or "LA" where the grid is oblique by more than 14 degrees.
export function lettersOf(way: Triple): string {
  const names = [
    ["L", "R"],
    ["P", "A"],
    ["H", "F"],
  ];
  return [0, 1, 2]
    .filter((i) => Math.abs(way[i]) > 0.25)
    .sort((i, j) => Math.abs(way[j]) - Math.abs(way[i]))
    .map((i) => names[i][way[i] > 0 ? 0 : 1])
    .join("");
}

// The letters at the right and the lower edge of a plane; the left and the upper one have the opposite.
export function edgeLetters(grid: Grid, cut: Cut): { left: string; right: string; top: string; bottom: string } {
  const way = (end: { axis: number; sign: number }, sign: number): Triple =>
    [0, 1, 2].map((row) => sign * end.sign * grid.direction[3 * row + end.axis]) as unknown as Triple;
  return {
    left: lettersOf(way(cut.right, -1)),
    right: lettersOf(way(cut.right, 1)),
    top: lettersOf(way(cut.down, -1)),
    bottom: lettersOf(way(cut.down, 1)),
  };
}

// Voxel indices (0 is the first voxel's centre) to mm in LPS.
export function toMm(grid: Grid, at: Triple): Triple {
  const d = grid.direction;
  const step = [0, 1, 2].map((i) => at[i] * grid.spacing[i]);
  return [0, 1, 2].map(
    (r) => grid.origin[r] + d[3 * r] * step[0] + d[3 * r + 1] * step[1] + d[3 * r + 2] * step[2],
  ) as unknown as Triple;
}

// Distance in mm of two places in voxel indices; slicesMm has the true place of each slice where they are not evenly spaced.
export function distanceMm(grid: Grid, a: Triple, b: Triple, slicesMm: readonly number[] | null = null): number {
  const place = (z: number) => {
    if (!slicesMm || slicesMm.length < 2) return z * grid.spacing[2];
    const low = Math.max(0, Math.min(slicesMm.length - 2, Math.floor(z)));
    return slicesMm[low] + (z - low) * (slicesMm[low + 1] - slicesMm[low]);
  };
  return Math.hypot((a[0] - b[0]) * grid.spacing[0], (a[1] - b[1]) * grid.spacing[1], place(a[2]) - place(b[2]));
}

// The box around what is denser than air (-400 HU), by every fourth voxel, with a margin; all where nothing is.
export function bodyBox(ct: Int16Array, size: Triple): Box {
  const step = 4;
  const low = [Infinity, Infinity, Infinity];
  const high = [-1, -1, -1];
  for (let z = 0; z < size[2]; z += step)
    for (let y = 0; y < size[1]; y += step)
      for (let x = 0, at = size[0] * (y + size[1] * z); x < size[0]; x += step, at += step) {
        if (ct[at] < -400) continue;
        if (x < low[0]) low[0] = x;
        if (x >= high[0]) high[0] = x + 1;
        low[1] = Math.min(low[1], y);
        high[1] = Math.max(high[1], y + 1);
        low[2] = Math.min(low[2], z);
        high[2] = z + 1;
      }
  const box: Box = high[0] < 0 ? EMPTY : [low[0], low[1], low[2], high[0], high[1], high[2]];
  return isEmpty(box) ? wholeGrid(size) : grown(box, [2 * step, 2 * step, 2 * step], size);
}
