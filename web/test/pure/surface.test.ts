import assert from "node:assert/strict";
import test from "node:test";
import type { Triple } from "../../src/voxels/box";
import { surfaceOf } from "../../src/voxels/surface";
import { Mask } from "../../src/voxels/mask";
import { maskOf, random, randomMask } from "./random";

test("a surface is closed, points outwards and holds the mask's volume", () => {
  const size: Triple = [40, 36, 30];
  const ball = maskOf(size, (x, y, z) => Math.hypot(x - 20, y - 18, z - 15) < 13);
  for (const [mask, limit, tolerance] of [
    [ball, 96, 0.05],
    [ball, 14, 0.12],
    [randomMask(size, 0.5, random(15)), 96, 1],
  ] as [Mask, number, number][]) {
    const { places, triangles } = surfaceOf(mask, limit);
    const ways = new Map<string, number>();
    let volume = 0;
    for (let i = 0; i < triangles.length; i += 3) {
      const ends = [triangles[i], triangles[i + 1], triangles[i + 2]];
      ends.forEach((from, k) => {
        const to = ends[(k + 1) % 3];
        const key = from < to ? `${from} ${to}` : `${to} ${from}`;
        ways.set(key, (ways.get(key) ?? 0) + (from < to ? 1 : -1));
      });
      const [p, q, r] = ends.map((e) => places.subarray(3 * e, 3 * e + 3));
      volume +=
        (p[0] * (q[1] * r[2] - q[2] * r[1]) + p[1] * (q[2] * r[0] - q[0] * r[2]) + p[2] * (q[0] * r[1] - q[1] * r[0])) /
        6;
    }
    assert.ok(
      [...ways.values()].every((sum) => sum === 0),
      "every edge is walked as often one way as the other",
    );
    if (tolerance < 1) assert.ok(Math.abs(volume / mask.count() - 1) < tolerance, `${volume} of ${mask.count()}`);
  }
  assert.equal(surfaceOf(new Mask(size)).triangles.length, 0);
});
