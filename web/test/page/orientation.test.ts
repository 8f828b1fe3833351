import assert from "node:assert/strict";
import test from "node:test";
import type { Page } from "puppeteer-core";
import type { Triple } from "../../src/voxels/box";
import { makePatient } from "../mock/patient";
import { missing, settle, visit, withCase } from "./browser";
import { chooseOrgan, seen } from "./drive";

// Directions in rows: column c is the way of index c in LPS.
const tilt = (angle: number, rows: number[]): number[] => {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [
    ...rows.slice(0, 3),
    ...[0, 1, 2].map((i) => c * rows[3 + i] - s * rows[6 + i]),
    ...[0, 1, 2].map((i) => s * rows[3 + i] + c * rows[6 + i]),
  ];
};
const HEAD_FIRST = [1, 0, 0, 0, 1, 0, 0, 0, 1];
export const ORIENTATIONS: Record<string, { direction: number[]; size: Triple }> = {
  "head first": { direction: HEAD_FIRST, size: [72, 72, 48] },
  "slices from head to feet": { direction: [1, 0, 0, 0, 1, 0, 0, 0, -1], size: [72, 72, 48] },
  "feet first": { direction: [-1, 0, 0, 0, 1, 0, 0, 0, -1], size: [72, 72, 48] },
  prone: { direction: [-1, 0, 0, 0, -1, 0, 0, 0, 1], size: [72, 72, 48] },
  mirrored: { direction: [-1, 0, 0, 0, 1, 0, 0, 0, 1], size: [72, 72, 48] },
  "coronal slices": { direction: [1, 0, 0, 0, 0, 1, 0, -1, 0], size: [72, 48, 60] },
  "sagittal slices": { direction: [0, 0, 1, 1, 0, 0, 0, -1, 0], size: [72, 48, 60] },
  "gantry tilt": { direction: tilt(0.3, HEAD_FIRST), size: [72, 72, 48] },
  "oblique, feet first": { direction: tilt(-0.35, [-1, 0, 0, 0, 1, 0, 0, 0, -1]), size: [72, 72, 48] },
};

test(
  "left and right, head and feet, front and back in every view and orientation",
  { skip: missing(), timeout: 300000 },
  async () => {
    for (const [name, options] of Object.entries(ORIENTATIONS))
      await withCase(makePatient(options), async (browser, address, server) => {
        const { page, errors } = await visit(browser, address, 1000, 700);
        await page.evaluate(() => {
          Object.assign((window as any).review, { names: false });
        });
        const at = async (organ: string, plane: string) => {
          await chooseOrgan(page, organ);
          await settle(page);
          return seen(page, plane, server.patient.info.organs.find((o) => o.name === organ)!.colour);
        };
        for (const plane of ["axial", "coronal"]) {
          const [left, right] = [await at("Parotid_L", plane), await at("Parotid_R", plane)];
          assert.ok(
            left.x > right.x + 0.2,
            `${name}, ${plane}: the left gland at ${left.x}, the right one at ${right.x}`,
          );
        }
        for (const plane of ["coronal", "sagittal"]) {
          const [head, feet] = [await at("Eye_L", plane), await at("Larynx", plane)];
          assert.ok(head.y < feet.y - 0.2, `${name}, ${plane}: eye at ${head.y}, larynx at ${feet.y}`);
        }
        const [front, back] = [await at("Eye_R", "sagittal"), await at("SpinalCord", "sagittal")];
        assert.ok(front.x < back.x - 0.2, `${name}, sagittal: eye at ${front.x}, cord at ${back.x}`);
        const [above, below] = [await at("Eye_R", "axial"), await at("SpinalCord", "axial")];
        assert.ok(above.y < below.y - 0.2, `${name}, axial: eye at ${above.y}, cord at ${below.y}`);
        const letters = await page.evaluate(() =>
          Object.fromEntries(
            [...document.querySelectorAll<HTMLElement>(".view[data-plane]")].map((v) => [
              v.dataset.plane,
              ["left", "right", "top", "bottom"].map((e) => v.querySelector(`.edge.${e}`)!.textContent![0]).join(""),
            ]),
          ),
        );
        assert.deepEqual(letters, { axial: "RLAP", coronal: "RLHF", sagittal: "APHF" }, name);
        await checkSpace(page, name);
        assert.deepEqual(errors, []);
      });
  },
);

// From the front, the left gland is on the right of the picture, and the eyes are above the larynx.
async function checkSpace(page: Page, name: string): Promise<void> {
  await page.evaluate(async () => {
    const { review } = window as any;
    for (const organ of review.organs) organ.visible = ["Parotid_L", "Larynx"].includes(organ.info.name);
    review.active = 0;
    review.layout = "space";
    review.emit("display");
    review.emit("organs");
  });
  const read = () =>
    page.evaluate(() => {
      const { layout } = window as any;
      const space = layout.spaceView;
      if (!space || !space.ready) return null;
      space.turn(180, 0);
      const canvas = document.querySelector<HTMLCanvasElement>(".view.space canvas")!;
      const copy = document.createElement("canvas");
      [copy.width, copy.height] = [canvas.width, canvas.height];
      const context = copy.getContext("2d")!;
      context.drawImage(canvas, 0, 0);
      const { data } = context.getImageData(0, 0, copy.width, copy.height);
      const found = { pink: [0, 0, 0], orange: [0, 0, 0] };
      for (let i = 0; i < data.length; i += 4) {
        const [r, g, b] = [data[i], data[i + 1], data[i + 2]];
        const kind =
          r > 80 && b > 0.45 * r && g < 0.35 * r
            ? found.pink
            : r > 80 && g > 0.4 * r && b < 0.5 * r && b > 0.2 * r
              ? found.orange
              : null;
        if (!kind) continue;
        kind[0] += ((i / 4) % copy.width) / copy.width;
        kind[1] += Math.floor(i / 4 / copy.width) / copy.height;
        kind[2]++;
      }
      return { pink: found.pink.map((v) => v / found.pink[2]), orange: found.orange.map((v) => v / found.orange[2]) };
    });
  let places = await read();
  for (let tries = 0; tries < 40 && !(places && places.pink[0] > 0 && places.orange[0] > 0); tries++) {
    await new Promise((done) => setTimeout(done, 250));
    places = await read();
  }
  assert.ok(places, `${name}: the space view starts`);
  assert.ok(
    places.pink[0] > places.orange[0] + 0.1,
    `${name}, space: the left gland at ${places.pink[0]}, the larynx at ${places.orange[0]}`,
  );
  assert.ok(
    places.pink[1] < places.orange[1] - 0.1,
    `${name}, space: the gland at ${places.pink[1]}, the larynx at ${places.orange[1]}`,
  );
}
