import assert from "node:assert/strict";
import test from "node:test";
import type { Triple } from "../../src/voxels/box";
import { brushed, keepHu } from "../../src/edit/brush";
import { components, largestComponent } from "../../src/edit/components";
import { squaredDistances } from "../../src/edit/distance";
import { interpolated } from "../../src/edit/interpolate";
import { holesFilled, margin, smoothed } from "../../src/edit/morphology";
import { polygon } from "../../src/edit/polygon";
import type { Stencil } from "../../src/edit/brush";
import { Mask } from "../../src/voxels/mask";
import { forEach, maskOf, random, randomMask, whole } from "./random";

const spread = (size: Triple, stencil: Stencil): Uint8Array => {
  const mask = new Mask(size);
  mask.write(stencil.box, stencil.values);
  return whole(mask);
};
const near = (a: Triple, b: Triple, spacing: Triple) => Math.hypot(...a.map((v, i) => (v - b[i]) * spacing[i]));

test("a brush covers what lies within its radius of the line, in a slice or in space", () => {
  const next = random(5);
  const size: Triple = [21, 18, 15];
  const spacing: Triple = [1, 1.3, 2.5];
  for (const axis of [null, 0, 1, 2])
    for (let round = 0; round < 12; round++) {
      const place = () => size.map((n) => next() * (n - 1)) as unknown as Triple;
      const [from, to] = [place(), place().map((v, i) => (i === axis ? Math.round(v) : v)) as unknown as Triple];
      const radius = 0.5 + 5 * next();
      const got = spread(size, brushed(from, to, radius, axis, spacing, size));
      forEach(size, (x, y, z, i) => {
        const voxel = [x, y, z];
        if (axis !== null && voxel[axis] !== to[axis]) return assert.equal(got[i], 0);
        // The distance to the line by many places on it: exact to some hundredths of a mm.
        let distance = Infinity;
        for (let k = 0; k <= 400; k++) {
          const on = from.map((v, c) => (c === axis ? to[c] : v + ((to[c] - v) * k) / 400)) as unknown as Triple;
          distance = Math.min(distance, near(voxel as unknown as Triple, on, spacing));
        }
        if (Math.abs(distance - radius) > 0.05 && !to.every((v, c) => Math.round(v) === voxel[c]))
          assert.equal(got[i], distance < radius ? 1 : 0);
      });
    }
});

test("a tiny brush draws the voxel that it stands in, and nothing beyond the grid", () => {
  assert.deepEqual(brushed([2, 3, 1], [2.2, 3.1, 1], 0.01, 2, [1, 1, 1], [5, 5, 3]), {
    box: [2, 3, 1, 3, 4, 2],
    values: Uint8Array.of(1),
  });
  assert.equal(spread([5, 5, 3], brushed([-4, -4, 0], [-4, -4, 0], 2, null, [1, 1, 1], [5, 5, 3])).includes(1), false);
});

test("the HU range keeps to voxels within it", () => {
  const size: Triple = [6, 5, 4];
  const next = random(6);
  const ct = Int16Array.from({ length: 120 }, () => Math.floor(next() * 400 - 200));
  const stencil = { box: [1, 1, 1, 5, 4, 3] as const, values: new Uint8Array(24).fill(1) };
  keepHu(stencil, ct, size, -50, 60);
  const got = spread(size, stencil);
  forEach(size, (x, y, z, i) => {
    const within = x >= 1 && x < 5 && y >= 1 && y < 4 && z >= 1 && z < 3;
    assert.equal(got[i], within && ct[i] >= -50 && ct[i] <= 60 ? 1 : 0);
  });
});

test("a polygon covers the centres inside it, on each axis", () => {
  const next = random(7);
  const size: Triple = [17, 15, 13];
  for (const axis of [0, 1, 2])
    for (let round = 0; round < 10; round++) {
      const [a, b] = [0, 1, 2].filter((i) => i !== axis);
      const corners = Array.from(
        { length: 3 + Math.floor(next() * 6) },
        () => [next() * 20 - 2, next() * 18 - 2] as const,
      );
      const at = Math.floor(next() * size[axis]);
      const got = spread(size, polygon(corners, axis, at, size));
      forEach(size, (x, y, z, i) => {
        const voxel = [x, y, z];
        // The winding by angles' crossings upwards: an even-odd test written the other way round.
        let odd = 0;
        corners.forEach((p, k) => {
          const q = corners[(k + 1) % corners.length];
          const [px, py, qx, qy] = [p[0] - voxel[a], p[1] - voxel[b], q[0] - voxel[a], q[1] - voxel[b]];
          if (py > 0 !== qy > 0 && (px * qy - qx * py) * (qy - py) > 0) odd ^= 1;
        });
        assert.equal(got[i], voxel[axis] === at ? odd : 0);
      });
    }
});

test("distances are exact against all pairs", () => {
  const next = random(8);
  for (const share of [0, 0.01, 0.2]) {
    const size: Triple = [9, 8, 7];
    const spacing: Triple = [0.9, 1.7, 3];
    const values = Uint8Array.from({ length: 9 * 8 * 7 }, () => (next() < share ? 1 : 0));
    const got = squaredDistances(values, size, spacing);
    forEach(size, (x, y, z, i) => {
      let best = 1e20;
      forEach(size, (p, q, r, k) => {
        if (values[k]) best = Math.min(best, near([x, y, z], [p, q, r], spacing) ** 2);
      });
      assert.ok(Math.abs(got[i] - best) <= 1e-9 * Math.max(1, best));
    });
  }
});

test("growing and shrinking in mm are dilation and erosion by a ball", () => {
  const next = random(9);
  const size: Triple = [16, 14, 10];
  const spacing: Triple = [1, 1.2, 2.5];
  const ball = randomMask(size, 0.9, next, [4, 3, 2, 13, 11, 8]);
  const before = whole(ball);
  for (const mm of [0.9, 1, 2.5, 3.1]) {
    const [grownTo, shrunkTo] = [spread(size, margin(ball, mm, spacing)), spread(size, margin(ball, -mm, spacing))];
    forEach(size, (x, y, z, i) => {
      let [anyIn, anyOut] = [false, false];
      forEach(size, (p, q, r, k) => {
        if (near([x, y, z], [p, q, r], spacing) > mm + 1e-9) return;
        if (before[k]) anyIn = true;
        else anyOut = true;
      });
      assert.equal(grownTo[i], anyIn ? 1 : 0);
      assert.equal(shrunkTo[i], before[i] && !anyOut ? 1 : 0);
    });
  }
});

test("holes of a slice are filled, and nothing else", () => {
  const next = random(10);
  for (const axis of [0, 1, 2]) {
    const size: Triple = [10, 9, 8];
    const mask = randomMask(size, 0.6, next);
    const [before, after] = [whole(mask), spread(size, holesFilled(mask, axis))];
    const open = before.map((v) => 0 * v);
    const at = (v: number[]) => v[0] + size[0] * (v[1] + size[1] * v[2]);
    // What is joined with a border of the slice, by repetition until nothing changes.
    for (let changed = true; changed;) {
      changed = false;
      forEach(size, (x, y, z, i) => {
        if (before[i] || open[i]) return;
        const voxel = [x, y, z];
        const joins = [0, 1, 2]
          .filter((c) => c !== axis)
          .some((c) =>
            [-1, 1].some((step) => {
              const other = [...voxel];
              other[c] += step;
              return other[c] < 0 || other[c] >= size[c] || open[at(other)] === 1;
            }),
          );
        if (joins) {
          open[i] = 1;
          changed = true;
        }
      });
    }
    after.forEach((v, i) => assert.equal(v, before[i] || !open[i] ? 1 : 0));
  }
});

test("smoothing keeps the volume, takes single voxels away and leaves a large ball as it is", () => {
  const size: Triple = [40, 40, 30];
  const spacing: Triple = [1, 1, 1.5];
  const ball = maskOf(size, (x, y, z) => near([x, y, z], [20, 20, 15], spacing) < 12);
  const count = ball.count();
  const rough = maskOf(
    size,
    (x, y, z) => (ball.get(x, y, z) === 1 && !(x === 20 && y === 20 && z % 2)) || (x === 37 && y === 20 && z === 15),
  );
  const after = smoothed(rough, 1.5, spacing);
  const got = spread(size, after);
  assert.ok(Math.abs(got.reduce((a, b) => a + b, 0) - rough.count()) <= 24, "but for ties");
  assert.equal(got[37 + 40 * (20 + 40 * 15)], 0);
  const [was, now] = [whole(ball), spread(size, smoothed(ball, 1.5, spacing))];
  const different = was.reduce((sum, v, i) => sum + (v !== now[i] ? 1 : 0), 0);
  assert.ok(different < 0.04 * count, `${different} of ${count} voxels`);
});

test("components over corners, and the largest one", () => {
  const next = random(11);
  const size: Triple = [12, 11, 9];
  const mask = randomMask(size, 0.08, next);
  const { box, labels, counts } = components(mask);
  // Joined pairs by the definition, merged until nothing changes.
  const at: Triple[] = [];
  forEach(size, (x, y, z) => {
    if (mask.get(x, y, z)) at.push([x, y, z]);
  });
  const group = at.map((_, i) => i);
  for (let changed = true; changed;) {
    changed = false;
    at.forEach((p, i) =>
      at.forEach((q, k) => {
        if (p.every((v, c) => Math.abs(v - q[c]) <= 1) && group[k] > group[i]) {
          group[k] = group[i];
          changed = true;
        }
      }),
    );
  }
  const label = (p: Triple) =>
    labels[p[0] - box[0] + (box[3] - box[0]) * (p[1] - box[1] + (box[4] - box[1]) * (p[2] - box[2]))];
  at.forEach((p, i) => at.forEach((q, k) => assert.equal(label(p) === label(q), group[i] === group[k])));
  const sizes = [...new Set(group)].map((g) => group.filter((other) => other === g).length).sort((a, b) => b - a);
  assert.deepEqual(
    counts.slice(1).sort((a, b) => b - a),
    sizes,
  );
  const largest = largestComponent(mask);
  assert.equal(
    largest.values.reduce((a, b) => a + b, 0),
    sizes[0],
  );
  assert.equal(largest.removed, sizes.length - 1);
});

test("between equal slices interpolation repeats them, between two discs the radius runs evenly", () => {
  const size: Triple = [41, 41, 21];
  const spacing: Triple = [1, 1, 2];
  const disc = (x: number, y: number, r: number) => Math.hypot(x - 20, y - 20) <= r;
  for (const axis of [0, 1, 2]) {
    const turned = (x: number, y: number, z: number) => (axis === 2 ? [x, y, z] : axis === 1 ? [x, z, y] : [z, y, x]);
    const box: Triple = axis === 2 ? size : axis === 1 ? [41, 21, 41] : [21, 41, 41];
    const step: Triple = axis === 2 ? spacing : axis === 1 ? [1, 2, 1] : [2, 1, 1];
    const drawn = maskOf(box, (x, y, z) => {
      const [a, b, at] = turned(x, y, z);
      return at === 3
        ? disc(a, b, 6)
        : at === 13
          ? disc(a, b, 16)
          : at === 18
            ? disc(a, b, 16)
            : at === 7 && a === 2 && b === 2;
    });
    const after = new Mask(box);
    after.write([0, 0, 0, ...box], whole(drawn));
    const result = interpolated(drawn, axis, [13, 3, 18], step);
    after.write(result.box, result.values);
    forEach(box, (x, y, z) => {
      const [a, b, at] = turned(x, y, z);
      const radius = at < 3 || at > 18 ? -1 : at <= 13 ? 6 + (at - 3) : 16;
      const away = Math.hypot(a - 20, b - 20) - radius;
      if (Math.abs(away) > 1) assert.equal(after.get(x, y, z), away < 0 ? 1 : 0, `${a} ${b} ${at}`);
    });
  }
  assert.equal(interpolated(new Mask(size), 2, [1, 4], spacing).values.length, 0);
});
