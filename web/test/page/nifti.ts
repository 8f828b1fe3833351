import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";

// NIfTI-1 files as the program writes them, for tests alone: single files, little-endian, with an sform.
export interface Nifti {
  header: Buffer;
  size: number[];
  bytes: number; // a voxel
  voxels: Buffer;
  affine: number[][]; // three rows of four, RAS in mm
}

export function readNifti(path: string): Nifti {
  const file = gunzipSync(readFileSync(path));
  const size = [1, 2, 3].map((i) => file.readInt16LE(40 + 2 * i));
  const bytes = file.readInt16LE(72) / 8;
  const start = file.readFloatLE(108);
  const affine = [0, 1, 2].map((r) => [0, 1, 2, 3].map((c) => file.readFloatLE(280 + 16 * r + 4 * c)));
  return {
    header: file.subarray(0, start),
    size,
    bytes,
    voxels: file.subarray(start, start + size[0] * size[1] * size[2] * bytes),
    affine,
  };
}

// Writes the image with its axes in another order and turned round, and the patient turned by a matrix: new axis i is the
// old axis order[i], backwards where flip[i].
export function writeTurned(image: Nifti, path: string, order: number[], flip: boolean[], turn: number[][]): void {
  const size = order.map((axis) => image.size[axis]);
  const strides = [1, image.size[0], image.size[0] * image.size[1]];
  const voxels = Buffer.alloc(image.voxels.length);
  const step = order.map((axis, i) => strides[axis] * (flip[i] ? -1 : 1));
  const first = order.reduce((sum, axis, i) => sum + (flip[i] ? strides[axis] * (image.size[axis] - 1) : 0), 0);
  for (let z = 0, to = 0; z < size[2]; z++)
    for (let y = 0; y < size[1]; y++)
      for (let x = 0; x < size[0]; x++, to += image.bytes) {
        const from = (first + x * step[0] + y * step[1] + z * step[2]) * image.bytes;
        image.voxels.copy(voxels, to, from, from + image.bytes);
      }
  const columns = order.map((axis, i) => image.affine.map((row) => (flip[i] ? -row[axis] : row[axis])));
  const origin = image.affine.map(
    (row) => row[3] + order.reduce((sum, axis, i) => sum + (flip[i] ? row[axis] * (image.size[axis] - 1) : 0), 0),
  );
  const plain = [0, 1, 2].map((r) => [columns[0][r], columns[1][r], columns[2][r], origin[r]]);
  const affine = turn.map((row) => [0, 1, 2, 3].map((c) => row.reduce((sum, v, k) => sum + v * plain[k][c], 0)));
  const header = Buffer.from(image.header);
  size.forEach((n, i) => header.writeInt16LE(n, 42 + 2 * i));
  columns.forEach((column, i) => header.writeFloatLE(Math.hypot(...column), 80 + 4 * i));
  header.writeInt16LE(0, 252); // no qform
  header.writeInt16LE(1, 254);
  affine.forEach((row, r) => row.forEach((v, c) => header.writeFloatLE(v, 280 + 16 * r + 4 * c)));
  writeFileSync(path, gzipSync(Buffer.concat([header, voxels]), { level: 1 }));
}
