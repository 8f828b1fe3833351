import assert from "node:assert/strict";
import test from "node:test";
import { type Triple, EMPTY, around, contains, grown, intersect, slab } from "../../src/voxels/box";
import {
  type Grid,
  PLANES,
  axesOf,
  bodyBox,
  cutOf,
  distanceMm,
  edgeLetters,
  lettersOf,
  toMm,
} from "../../src/voxels/grid";
import { Mask } from "../../src/voxels/mask";
import { outlines } from "../../src/voxels/outline";
import { bytesToRuns, decodeRuns, encodeRuns, fromBase64, runsToBytes, toBase64 } from "../../src/voxels/runs";
import { forEach, random, randomMask, whole } from "./random";

test("boxes meet, join, grow within the grid and are cut", () => {
  assert.deepEqual(intersect([0, 0, 0, 4, 4, 4], [2, 3, 1, 9, 9, 9]), [2, 3, 1, 4, 4, 4]);
  assert.deepEqual(intersect([0, 0, 0, 2, 2, 2], [2, 0, 0, 4, 2, 2]), EMPTY);
  assert.deepEqual(around(EMPTY, [1, 2, 3, 4, 5, 6]), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(around([1, 2, 3, 4, 5, 6], [0, 3, 3, 2, 9, 4]), [0, 2, 3, 4, 9, 6]);
  assert.deepEqual(grown([1, 2, 3, 4, 5, 6], [2, 2, 2], [5, 6, 7]), [0, 0, 1, 5, 6, 7]);
  assert.deepEqual(slab([1, 2, 3, 4, 5, 6], 2, 4, 5), [1, 2, 4, 4, 5, 5]);
  assert.ok(contains([0, 0, 0, 3, 3, 3], EMPTY) && !contains([0, 0, 0, 3, 3, 3], [0, 0, 0, 4, 1, 1]));
});

test("runs give the values back, through bytes and base64", () => {
  const next = random(1);
  for (const share of [0, 0.02, 0.5, 0.98, 1])
    for (const count of [1, 7, 1000, 40000]) {
      const values = Uint8Array.from({ length: count }, () => (next() < share ? 1 : 0));
      const runs = encodeRuns(values);
      const back = bytesToRuns(fromBase64(toBase64(runsToBytes(runs))));
      assert.deepEqual(back, runs);
      assert.deepEqual(decodeRuns(back, count), values);
    }
  assert.deepEqual([...encodeRuns(Uint8Array.of(1, 1, 0))], [0, 2, 1]);
});

test("runs that do not fit the grid are refused", () => {
  assert.throws(() => decodeRuns(Uint32Array.of(3, 2), 6), /cover 5 voxels, expected 6/);
  assert.throws(() => decodeRuns(Uint32Array.of(3, 4294967295), 6), RangeError);
  assert.throws(() => bytesToRuns(new Uint8Array(7)), /multiple of 4/);
});

test("a mask in a box is the same as a mask of the whole grid", () => {
  const size: Triple = [19, 17, 11];
  const next = random(2);
  const plain = new Uint8Array(size[0] * size[1] * size[2]);
  const mask = new Mask(size);
  for (let round = 0; round < 60; round++) {
    const low = size.map((n) => Math.floor(next() * n));
    const high = size.map((n, i) => low[i] + 1 + Math.floor(next() * (n - low[i])));
    const box = [...low, ...high] as any;
    const values = mask.crop(box).map(() => (next() < 0.3 ? 1 : 0));
    mask.write(box, values);
    let k = 0;
    for (let z = low[2]; z < high[2]; z++)
      for (let y = low[1]; y < high[1]; y++)
        for (let x = low[0]; x < high[0]; x++) plain[x + size[0] * (y + size[1] * z)] = values[k++];
    assert.deepEqual(whole(mask), plain);
  }
  forEach(size, (x, y, z, i) => assert.equal(mask.get(x, y, z), plain[i]));
  assert.equal(
    mask.count(),
    plain.reduce((a, b) => a + b, 0),
  );
  assert.deepEqual(whole(Mask.fromRuns(size, encodeRuns(plain))), plain);
});

test("the tight box and slices across each axis", () => {
  const size: Triple = [9, 8, 7];
  const mask = randomMask(size, 0.2, random(3), [2, 3, 1, 7, 6, 5]);
  const found: number[][] = [[], [], []];
  forEach(size, (x, y, z) => {
    if (mask.get(x, y, z)) [x, y, z].forEach((c, i) => found[i].push(c));
  });
  const low = found.map((c) => Math.min(...c));
  const high = found.map((c) => Math.max(...c) + 1);
  assert.deepEqual(mask.tight(), [...low, ...high]);
  assert.deepEqual(new Mask(size).tight(), EMPTY);
  for (const axis of [0, 1, 2])
    for (let at = 0; at < size[axis]; at++) {
      const slice = mask.slice(axis, at);
      const others = [0, 1, 2].filter((i) => i !== axis);
      let sum = 0;
      for (let b = 0; b < slice.height; b++)
        for (let a = 0; a < slice.width; a++) {
          const voxel = [at, at, at];
          voxel[others[0]] = a + slice.a0;
          voxel[others[1]] = b + slice.b0;
          assert.equal(slice.data[a + slice.width * b], mask.get(voxel[0], voxel[1], voxel[2]));
          sum += slice.data[a + slice.width * b];
        }
      let expected = 0;
      forEach(size, (x, y, z) => {
        if ([x, y, z][axis] === at) expected += mask.get(x, y, z);
      });
      assert.equal(sum, expected);
    }
});

// Whether a pixel's centre lies inside rings, by the even-odd rule.
function inside(rings: Int32Array[], px: number, py: number): boolean {
  let odd = false;
  for (const ring of rings)
    for (let i = 0; i < ring.length; i += 2) {
      const [x0, y0] = [ring[i], ring[i + 1]];
      const [x1, y1] = [ring[(i + 2) % ring.length], ring[(i + 3) % ring.length]];
      if (y0 > py !== y1 > py && px < x0 + ((py - y0) * (x1 - x0)) / (y1 - y0)) odd = !odd;
    }
  return odd;
}

test("outlines enclose exactly the mask's pixels, with its area", () => {
  const next = random(4);
  for (let round = 0; round < 40; round++) {
    const [width, height] = [1 + Math.floor(next() * 12), 1 + Math.floor(next() * 12)];
    const data = Uint8Array.from({ length: width * height }, () => (next() < 0.55 ? 1 : 0));
    const rings = outlines(data, width, height);
    let area = 0;
    for (const ring of rings)
      for (let i = 0; i < ring.length; i += 2) {
        const [x1, y1] = [ring[(i + 2) % ring.length], ring[(i + 3) % ring.length]];
        assert.ok(ring[i] === x1 || ring[i + 1] === y1, "along pixel edges");
        area += (ring[i] * y1 - x1 * ring[i + 1]) / 2;
      }
    assert.equal(
      area,
      data.reduce((a, b) => a + b, 0),
      "outer rings clockwise, holes against it",
    );
    data.forEach((value, i) =>
      assert.equal(inside(rings, (i % width) + 0.5, Math.floor(i / width) + 0.5), value === 1),
    );
  }
  assert.equal(outlines(Uint8Array.of(1, 0, 0, 1), 2, 2).length, 2, "pixels that touch at a corner are two rings");
});

const rotation = (ax: number, ay: number, az: number): number[] => {
  const m = (a: number[], b: number[]) =>
    Array.from({ length: 9 }, (_, i) =>
      [0, 1, 2].reduce((s, k) => s + a[3 * Math.floor(i / 3) + k] * b[3 * k + (i % 3)], 0),
    );
  const [cx, sx, cy, sy, cz, sz] = [Math.cos(ax), Math.sin(ax), Math.cos(ay), Math.sin(ay), Math.cos(az), Math.sin(az)];
  return m(m([cz, -sz, 0, sz, cz, 0, 0, 0, 1], [cy, 0, sy, 0, 1, 0, -sy, 0, cy]), [1, 0, 0, 0, cx, -sx, 0, sx, cx]);
};

test("in every orientation the patient's right is on the left, the head on top, the front on top or on the left", () => {
  // Every way in which a grid's axes can lie along the patient's, each turned a little too.
  const signs = [1, -1];
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  for (const order of orders)
    for (const a of signs)
      for (const b of signs)
        for (const c of signs)
          for (const tilt of [0, 0.25]) {
            const plain = new Array(9).fill(0);
            [a, b, c].forEach((sign, axis) => {
              plain[3 * order[axis] + axis] = sign;
            });
            const turn = rotation(tilt, -tilt * 0.7, tilt * 0.5);
            const direction = Array.from({ length: 9 }, (_, i) =>
              [0, 1, 2].reduce((s, k) => s + turn[3 * Math.floor(i / 3) + k] * plain[3 * k + (i % 3)], 0),
            );
            const grid: Grid = { size: [10, 20, 30], spacing: [1, 1.5, 3], origin: [-7, 3, 11], direction };
            assert.deepEqual([...axesOf(grid)].sort(), [0, 1, 2]);
            for (const plane of PLANES) {
              const cut = cutOf(grid, plane);
              const way = (end: { axis: number; sign: number }): Triple => {
                const step: [number, number, number] = [0, 0, 0];
                step[end.axis] = end.sign;
                const [from, to] = [toMm(grid, [0, 0, 0]), toMm(grid, step)];
                return to.map((v, i) => (v - from[i]) / grid.spacing[end.axis]) as unknown as Triple;
              };
              const [right, down, through] = [way(cut.right), way(cut.down), way(cut.through)];
              const near = 0.8;
              if (plane === "axial") assert.ok(right[0] > near && down[1] > near && through[2] > near);
              if (plane === "coronal") assert.ok(right[0] > near && down[2] < -near && through[1] > near);
              if (plane === "sagittal") assert.ok(right[1] > near && down[2] < -near && through[0] > near);
              const letters = edgeLetters(grid, cut);
              assert.equal(letters.right[0], plane === "sagittal" ? "P" : "L");
              assert.equal(letters.left[0], plane === "sagittal" ? "A" : "R");
              assert.equal(letters.top[0], plane === "axial" ? "A" : "H");
              assert.equal(letters.bottom[0], plane === "axial" ? "P" : "F");
            }
          }
});

test("letters of oblique ways, and distances", () => {
  assert.equal(lettersOf([0.9, -0.4, 0.1]), "LA");
  assert.equal(lettersOf([0, 0, -1]), "F");
  const grid: Grid = { size: [9, 9, 9], spacing: [1, 2, 3], origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
  assert.equal(distanceMm(grid, [0, 0, 0], [2, 1, 0]), Math.hypot(2, 2));
  assert.equal(distanceMm(grid, [0, 0, 0], [0, 0, 2.5], [0, 3, 9, 10]), 9.5);
  const turned: Grid = { ...grid, origin: [1, 2, 3], direction: rotation(0.3, 0.2, 0.1) };
  const [p, q] = [toMm(turned, [1, 2, 3]), toMm(turned, [4, 0, 8])];
  assert.ok(
    Math.abs(Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]) - distanceMm(turned, [1, 2, 3], [4, 0, 8])) < 1e-9,
  );
});

test("the box around the patient holds all that is denser than air, and leaves most of the air out", () => {
  const size: Triple = [80, 70, 40];
  const ct = new Int16Array(80 * 70 * 40).fill(-1000);
  assert.deepEqual(bodyBox(ct, size), [0, 0, 0, 80, 70, 40]);
  forEach(size, (x, y, z, i) => {
    if (x >= 20 && x < 50 && y >= 31 && y < 60 && z >= 10) ct[i] = 0;
  });
  const box = bodyBox(ct, size);
  assert.ok(contains(box, [20, 31, 10, 50, 60, 40]) && contains([8, 19, 0, 62, 70, 40], box), String(box));
});
