import assert from "node:assert/strict";
import test from "node:test";
import { makePatient, wholeRuns } from "../mock/patient";
import { missing, placeIn, settle, visit, withCase } from "./browser";
import { chooseOrgan, chord, cursor, dragIn, fill, lookAt, maskOf, organ, status, stored, voxelOf } from "./drive";

const skip = missing();

test(
  "open, window, brush in three planes, interpolate, undo, save, reload, approve",
  { skip, timeout: 180000 },
  async () => {
    await withCase(makePatient({}), async (browser, address, server) => {
      const { page, errors } = await visit(browser, address);
      const first = await organ(page, "Larynx");
      await chooseOrgan(page, "Larynx");
      const middle = await cursor(page);
      assert.equal(await voxelOf(page, "Larynx", middle), 1, "choosing an organ goes to it");

      // The window: by its key, and by dragging with the right button.
      await page.keyboard.press("w");
      assert.equal(await status(page), "Window: Brain");
      const before = await page.evaluate(() => ({ ...(window as any).review.window }));
      await dragIn(
        page,
        "axial",
        middle,
        middle.map((v, i) => v + (i === 0 ? 12 : 0)),
        "right",
      );
      const after = await page.evaluate(() => ({ ...(window as any).review.window }));
      assert.ok(after.width > before.width && after.centre === before.centre);

      // A stroke in each plane, away from all organs.
      await page.keyboard.press("b");
      let count = first.count;
      const start = [middle[0] + 25, middle[1] + 30, middle[2] + 4];
      for (const [plane, way] of [
        ["axial", [8, 0, 0]],
        ["coronal", [0, 0, 5]],
        ["sagittal", [0, 9, 0]],
      ] as const) {
        await lookAt(page, start);
        await dragIn(
          page,
          plane,
          start,
          start.map((v, i) => v + way[i]),
        );
        const now = await organ(page, "Larynx");
        assert.ok(now.count > count, `${plane}: ${now.count} voxels`);
        assert.equal(
          await voxelOf(
            page,
            "Larynx",
            start.map((v, i) => Math.round(v + way[i] / 2)),
          ),
          1,
        );
        count = now.count;
      }
      await stored(page);
      assert.deepEqual(
        wholeRuns(server.patient.masks.get(first.id)!),
        await maskOf(page, first.id),
        "the server has what was drawn",
      );

      // Interpolation between two drawn axial slices.
      await page.evaluate(() => (window as any).review.drawn.clear());
      const [low, high] = [
        [20, 100, 40],
        [20, 100, 48],
      ];
      for (const at of [low, high]) {
        await lookAt(page, at);
        await dragIn(
          page,
          "axial",
          at,
          at.map((v, i) => v + (i === 0 ? 4 : 0)),
        );
      }
      assert.equal(await voxelOf(page, "Larynx", [22, 100, 44]), 0);
      await page.keyboard.press("i");
      assert.match(await status(page), /Interpolated between slices 41, 49/);
      assert.equal(await voxelOf(page, "Larynx", [22, 100, 44]), 1);

      // Undo everything, and do it again.
      const drawn = await maskOf(page, first.id);
      for (let i = 0; i < 6; i++) await chord(page, "Control", "z");
      assert.equal((await organ(page, "Larynx")).count, first.count);
      await chord(page, "Control", "z");
      assert.match(await status(page), /nothing to undo/);
      for (let i = 0; i < 6; i++) await chord(page, "Control", "y");
      assert.deepEqual(await maskOf(page, first.id), drawn);

      await chord(page, "Control", "s");
      await fill(page, "AB");
      assert.equal(server.versions.length, 2);
      assert.deepEqual(wholeRuns(server.versions[1].get(first.id)!), drawn);
      await page.reload();
      await page.waitForSelector("body[data-ready]");
      assert.deepEqual(await maskOf(page, first.id), drawn, "the draft is there after a reload");
      await page.click("[data-command=approve]");
      await fill(page, "AB", true);
      assert.deepEqual(
        server.patient.info.versions.map((v) => v.approved),
        [false, false, true],
      );
      assert.match(await page.$eval("#version", (e) => e.textContent!), /version 2, approved by AB/);
      assert.deepEqual(errors, []);
    });
  },
);

test("U leads through the unsure places; a tool that the server lacks says so", { skip, timeout: 90000 }, async () => {
  const patient = makePatient({});
  const [first, second] = patient.info.organs;
  first.unsure = [
    [40, 50, 30],
    [44.4, 41, 22.6],
  ] as unknown as typeof first.unsure;
  second.unsure = [[60, 61, 40]];
  await withCase(patient, async (browser, address, server) => {
    server.recontour = false;
    const { page, errors } = await visit(browser, address);
    await chooseOrgan(page, first.name);
    for (const [name, at, place] of [
      [first.name, [40, 50, 30], 1],
      [first.name, [44, 41, 23], 2],
      [second.name, [60, 61, 40], 3],
      [first.name, [40, 50, 30], 1],
    ] as const) {
      await page.keyboard.press("u");
      assert.deepEqual(await cursor(page), at);
      assert.equal(await status(page), `The model was unsure here: ${name} (place ${place} of 3)`);
    }
    await chooseOrgan(page, patient.info.organs[2].name); // has none, as all after it: the first again
    await page.keyboard.press("u");
    assert.match(await status(page), /place 1 of 3/);
    await chooseOrgan(page, second.name);
    await page.keyboard.press("u");
    assert.match(await status(page), /place 3 of 3/);
    assert.equal(await page.$eval("[data-command=box]", (b) => (b as HTMLButtonElement).disabled), true);
    assert.match(
      await page.$eval(".tools .missing", (e) => e.textContent!),
      /Re-contour box: weights: none were given/,
    );
    await page.keyboard.press("x");
    assert.equal(await status(page), "Re-contour box: weights: none were given.");
    assert.equal(await page.evaluate(() => (window as any).review.tool), "look");
    assert.deepEqual(errors, []);
  });
});

test(
  "polygon, box, distance, eraser, ball, HU range, locks and pairs by keyboard and mouse",
  { skip, timeout: 180000 },
  async () => {
    await withCase(makePatient({}), async (browser, address, server) => {
      const { page, errors } = await visit(browser, address);
      await chooseOrgan(page, "Larynx");
      const { id, count } = await organ(page, "Larynx");
      const clicks = async (...places: number[][]) => {
        for (const place of places) {
          const { x, y } = await placeIn(page, "axial", place);
          await page.mouse.click(x, y);
        }
      };
      // A polygon of 10 x 6 voxels with its corners between voxels.
      await lookAt(page, [30, 100, 20]);
      await page.keyboard.press("p");
      await clicks([29.5, 99.5, 20], [39.5, 99.5, 20], [39.5, 105.5, 20], [29.5, 105.5, 20]);
      await page.keyboard.press("Enter");
      assert.equal((await organ(page, "Larynx")).count, count + 60);

      // The same by keys alone: corners with space at the crosshair.
      await lookAt(page, [60, 100, 20]);
      await page.focus("[data-plane=axial]");
      await page.keyboard.press("p");
      for (const keys of [[], Array(4).fill("ArrowRight"), Array(4).fill("ArrowDown"), Array(4).fill("ArrowLeft")]) {
        for (const key of keys) await page.keyboard.press(key);
        await page.keyboard.press(" ");
      }
      await page.keyboard.press("Enter");
      assert.ok((await organ(page, "Larynx")).count >= count + 60 + 16, "a polygon by keys");

      // Only bone under the brush.
      await page.evaluate(() => Object.assign((window as any).review.hu, { on: true, low: 500, high: 3000 }));
      await page.keyboard.press("b");
      await lookAt(page, [64, 110, 45]);
      const total = (await organ(page, "Larynx")).count;
      await dragIn(page, "axial", [64, 100, 45], [64, 122, 45]);
      const drawn = await page.evaluate(() => {
        const { review } = window as any;
        const mask = review.activeOrgan.mask;
        let [bone, others] = [0, 0];
        for (let y = 90; y < 128; y++)
          for (let x = 50; x < 80; x++) if (mask.get(x, y, 45)) review.huAt([x, y, 45]) >= 500 ? bone++ : others++;
        return { bone, others };
      });
      assert.ok(drawn.bone > 0 && drawn.others === 0);
      assert.equal((await organ(page, "Larynx")).count, total + drawn.bone);
      await page.evaluate(() => {
        (window as any).review.hu.on = false;
      });

      // Detached pieces go; the eraser, as a ball, takes from more than one slice.
      await page.keyboard.press("k");
      assert.match(await status(page), /detached components? deleted/);
      assert.equal((await organ(page, "Larynx")).count, count);
      await chooseOrgan(page, "Larynx");
      const middle = await cursor(page);
      await page.keyboard.press("e");
      await page.keyboard.press("d");
      await dragIn(page, "axial", middle, middle);
      assert.equal(await voxelOf(page, "Larynx", [middle[0], middle[1], middle[2] + 1]), 0);
      const holed = (await organ(page, "Larynx")).count;
      await chord(page, "Control", "z");

      // A new contour by the model in a box brings the erased part back.
      await chord(page, "Control", "y");
      await page.keyboard.press("x");
      await clicks([middle[0] - 12, middle[1] - 12, middle[2]], [middle[0] + 12, middle[1] + 12, middle[2]]);
      await page.waitForFunction(() => /contoured anew/.test(document.getElementById("status")!.textContent!));
      assert.ok(holed < count);
      assert.equal((await organ(page, "Larynx")).count, count);

      // Distances in mm.
      await page.keyboard.press("m");
      await clicks([40, 60, middle[2]], [60, 60, middle[2]]);
      const mm = Number(/Distance ([\d.]+) mm/.exec(await status(page))![1]);
      assert.ok(Math.abs(mm - 20 * (230 / 128)) <= 1, `${mm} mm`); // the mouse stands on whole pixels

      // A locked organ stays; the server knows of it.
      await page.keyboard.press("l");
      await page.waitForFunction(() => /locked/.test(document.getElementById("status")!.textContent!));
      assert.equal(server.patient.info.organs.find((o) => o.id === id)!.locked, true);
      await page.keyboard.press("s");
      assert.match(await status(page), /locked/);

      const [left, right] = [await organ(page, "Parotid_L"), await organ(page, "Parotid_R")];
      await chooseOrgan(page, "Parotid_L");
      await chord(page, "Shift", "S");
      assert.deepEqual((await organ(page, "Parotid_L")).tight, right.tight);
      assert.deepEqual((await organ(page, "Parotid_R")).tight, left.tight);

      // A new organ, drawn over another one when that is asked for.
      await page.type(".new-organ input[type=text]", "Chiasm_own");
      await page.click(".new-organ button");
      await page.waitForFunction(() => (window as any).review.activeOrgan.info.name === "Chiasm_own");
      const stem = await organ(page, "BrainStem");
      const inStem = stem.tight.slice(0, 3).map((v, i) => Math.floor((v + stem.tight[i + 3]) / 2));
      await lookAt(page, inStem);
      await page.keyboard.press("b");
      await page.focus("[data-plane=axial]");
      await page.keyboard.press(" ");
      assert.match(await status(page), /voxels stayed with BrainStem/);
      await chord(page, "o");
      await chord(page, "o");
      await page.focus("[data-plane=axial]");
      await page.keyboard.press(" ");
      assert.ok((await organ(page, "Chiasm_own")).count > 0);
      assert.equal((await organ(page, "BrainStem")).count, stem.count);
      await stored(page);
      assert.equal(server.patient.info.organs.at(-1)!.generation, "MANUAL");
      await settle(page);
      assert.deepEqual(errors, []);
    });
  },
);
