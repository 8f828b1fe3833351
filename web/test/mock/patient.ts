import type { CaseInfo, OrganInfo } from "../../src/case/contract";
import { type Triple, grown, wholeGrid } from "../../src/voxels/box";
import { type Grid, toMm } from "../../src/voxels/grid";
import { Mask } from "../../src/voxels/mask";

// A made patient for the page's tests: ellipsoids in mm of LPS around (0, 0, 0), so that left and right, head and feet are
// known whatever the grid's orientation.
interface Shape {
  name: string;
  colour: string;
  at: Triple;
  radii: Triple;
  hu: number;
}

const SHAPES: readonly Shape[] = [
  { name: "BrainStem", colour: "#4169e1", at: [0, 30, 30], radii: [14, 12, 26], hu: 35 },
  { name: "OpticChiasm", colour: "#ffa500", at: [0, -18, 48], radii: [8, 5, 4], hu: 40 },
  { name: "Mandible", colour: "#f5deb3", at: [0, -62, -42], radii: [34, 14, 12], hu: 900 },
  { name: "OpticNerve_L", colour: "#00ced1", at: [18, -42, 46], radii: [3, 16, 3], hu: 42 },
  { name: "OpticNerve_R", colour: "#7fff00", at: [-18, -42, 46], radii: [3, 16, 3], hu: 42 },
  { name: "Parotid_L", colour: "#ff1493", at: [55, 8, -8], radii: [12, 18, 24], hu: -10 },
  { name: "Parotid_R", colour: "#da70d6", at: [-55, 8, -8], radii: [12, 18, 24], hu: -10 },
  { name: "Glnd_Submand_L", colour: "#ffd700", at: [30, -34, -48], radii: [9, 13, 10], hu: 45 },
  { name: "Glnd_Submand_R", colour: "#adff2f", at: [-30, -34, -48], radii: [9, 13, 10], hu: 45 },
  { name: "Eye_L", colour: "#87ceeb", at: [31, -66, 46], radii: [12, 12, 12], hu: 15 },
  { name: "Eye_R", colour: "#b0c4de", at: [-31, -66, 46], radii: [12, 12, 12], hu: 15 },
  { name: "SpinalCord", colour: "#32cd32", at: [0, 44, -45], radii: [6, 6, 60], hu: 40 },
  { name: "Larynx", colour: "#ff7f50", at: [0, -30, -72], radii: [15, 15, 14], hu: -300 },
];

export interface Patient {
  info: CaseInfo;
  ct: Int16Array;
  masks: Map<number, Mask>;
  prior: Map<number, Mask>;
}

export interface PatientOptions {
  size?: Triple;
  direction?: readonly number[];
  organs?: number;
  hostile?: boolean;
}

export function makePatient({
  size = [128, 128, 64],
  direction = [1, 0, 0, 0, 1, 0, 0, 0, 1],
  organs = 13,
  hostile = false,
}: PatientOptions): Patient {
  // 230 mm across, 190 mm from feet to head, in the grid's own order of axes.
  const reach = [0, 1, 2].map((axis) => (Math.abs(direction[6 + axis]) > 0.7 ? 190 : 230));
  const spacing = size.map((n, i) => reach[i] / n) as unknown as Triple;
  const grid: Grid = { size, spacing, direction, origin: [0, 0, 0] };
  const middle = toMm(grid, size.map((n) => (n - 1) / 2) as unknown as Triple);
  grid.origin = middle.map((v) => -v) as unknown as Triple;
  const ct = new Int16Array(size[0] * size[1] * size[2]);
  fillCt(ct, grid);
  const masks = new Map<number, Mask>();
  const prior = new Map<number, Mask>();
  const infos: OrganInfo[] = [];
  SHAPES.slice(0, organs).forEach((shape, i) => {
    const mask = ellipsoid(grid, shape.at, shape.radii);
    masks.set(i + 1, mask);
    prior.set(i + 1, ellipsoid(grid, [shape.at[0] + 3, shape.at[1], shape.at[2]], shape.radii));
    paintCt(ct, mask, shape.hu);
    const name = hostile && i === 1 ? '<img src=x onerror="window.hacked=1">Chiasm' : shape.name;
    infos.push({
      id: i + 1,
      name,
      label: name,
      colour: shape.colour,
      generation: "AUTOMATIC",
      locked: false,
      box: mask.tight(),
      volume_ml: (mask.count() * spacing[0] * spacing[1] * spacing[2]) / 1000,
      unsure: [],
      flags:
        i === 1
          ? [
              {
                code: "volume",
                text: hostile ? "</li><script>window.hacked=1</script>" : "smaller than in 99 % of experts' contours",
              },
            ]
          : [],
    });
  });
  const tip = masks.get(1)!.tight();
  infos[0].unsure = [[tip[0], tip[1], tip[2]].map((v, i) => Math.floor((v + tip[i + 3]) / 2)) as unknown as Triple];
  const info: CaseInfo = {
    case: hostile ? '"><script>window.hacked=1</script>' : "Made patient",
    grid,
    ct: { min: -1000, max: 1500 },
    slices_mm: null,
    organs: infos,
    priority: infos.map((o) => o.id),
    comparisons: [{ id: "prior", name: "prior structure set", organs: structuredClone(infos) }],
    versions: [{ number: 0, made: "2026-01-01T00:00:00Z", by: "", approved: false }],
    role: "edit",
    editor: "",
    revision: 1,
    notice: "Not a medical device: for research.",
  };
  return { info, ct, masks, prior };
}

function ellipsoid(grid: Grid, at: Triple, radii: Triple): Mask {
  const mask = new Mask(grid.size);
  const d = grid.direction;
  const from = at.map((v, i) => v - grid.origin[i]);
  const middle = [0, 1, 2].map((c) =>
    Math.round((d[c] * from[0] + d[3 + c] * from[1] + d[6 + c] * from[2]) / grid.spacing[c]),
  );
  const margin = grid.spacing.map((s) => Math.ceil(Math.max(...radii) / s) + 1) as unknown as Triple;
  const box = grown([middle[0], middle[1], middle[2], middle[0] + 1, middle[1] + 1, middle[2] + 1], margin, grid.size);
  const values = mask.crop(box);
  for (let z = box[2], i = 0; z < box[5]; z++)
    for (let y = box[1]; y < box[4]; y++)
      for (let x = box[0]; x < box[3]; x++, i++) {
        const [px, py, pz] = toMm(grid, [x, y, z]);
        values[i] =
          ((px - at[0]) / radii[0]) ** 2 + ((py - at[1]) / radii[1]) ** 2 + ((pz - at[2]) / radii[2]) ** 2 <= 1 ? 1 : 0;
      }
  mask.write(box, values);
  return mask;
}

// A head of soft tissue with a skull around a brain, and a neck below it, in air.
function fillCt(ct: Int16Array, grid: Grid): void {
  const [nx, ny, nz] = grid.size;
  const d = grid.direction;
  const step = [0, 1, 2].map((r) => d[3 * r] * grid.spacing[0]);
  for (let z = 0, i = 0; z < nz; z++)
    for (let y = 0; y < ny; y++) {
      let [px, py, pz] = toMm(grid, [0, y, z]);
      for (let x = 0; x < nx; x++, i++, px += step[0], py += step[1], pz += step[2]) {
        const head = (px / 80) ** 2 + (py / 95) ** 2 + ((pz - 20) / 75) ** 2;
        const skull = (px / 72) ** 2 + (py / 86) ** 2 + ((pz - 30) / 58) ** 2;
        const neck = pz < 0 && (px / 60) ** 2 + ((py - 5) / 62) ** 2 < 1;
        ct[i] =
          head > 1 && !neck ? -1000 : skull < 0.85 ? 32 : skull < 1 ? 1100 : -60 + ((x * 31 + y * 17 + z * 13) % 20);
      }
    }
}

function paintCt(ct: Int16Array, mask: Mask, hu: number): void {
  const [nx, ny] = mask.size;
  const box = grown(mask.tight(), [0, 0, 0], mask.size);
  for (let z = box[2]; z < box[5]; z++)
    for (let y = box[1]; y < box[4]; y++)
      for (let x = box[0]; x < box[3]; x++) if (mask.get(x, y, z)) ct[x + nx * (y + ny * z)] = hu;
}

export function wholeRuns(mask: Mask): Uint8Array {
  return mask.crop(wholeGrid(mask.size));
}
