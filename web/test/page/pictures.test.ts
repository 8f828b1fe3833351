import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import type { Page } from "puppeteer-core";
import { makePatient } from "../mock/patient";
import { BROWSER, WEB, missing, settle, visit, withCase } from "./browser";
import { chooseOrgan } from "./drive";

// The views as pictures, compared with those in test/pictures that a person has looked at. A pixel differs where a colour
// does by more than 40 of 255; up to LIMIT of all pixels may, since fonts and lines are drawn a little differently elsewhere.
const LIMIT = 0.01;
const FOLDER = join(WEB, "test/pictures");
const MAKE = process.env.ANATOMYNET_MAKE_PICTURES === "1"; // writes them anew, to be looked at

async function differing(page: Page, a: Uint8Array, b: Uint8Array): Promise<number> {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  return page.evaluate(
    async (first, second) => {
      const pixels = async (base64: string) => {
        const image = await createImageBitmap(
          new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], { type: "image/png" }),
        );
        const context = new OffscreenCanvas(image.width, image.height).getContext("2d")!;
        context.drawImage(image, 0, 0);
        return {
          size: `${image.width} x ${image.height}`,
          data: context.getImageData(0, 0, image.width, image.height).data,
        };
      };
      const [p, q] = [await pixels(first), await pixels(second)];
      if (p.size !== q.size) return 1;
      let count = 0;
      for (let i = 0; i < p.data.length; i += 4)
        if ([0, 1, 2].some((c) => Math.abs(p.data[i + c] - q.data[i + c]) > 40)) count++;
      return count / (p.data.length / 4);
    },
    text(a),
    text(b),
  );
}

test(
  "the views look as they did when a person looked at them",
  { skip: missing() || (BROWSER !== "chrome" && "for Chromium"), timeout: 180000 },
  async (t) => {
    await withCase(makePatient({}), async (browser, address) => {
      const { page, errors } = await visit(browser, address, 1000, 700);
      await page.waitForFunction(() => (window as any).layout.spaceView?.ready, { timeout: 60000 });
      const show = (change: string) =>
        page.evaluate((code) => {
          const { review } = window as any;
          Object.assign(review, JSON.parse(code));
          for (const kind of ["display", "organs", "tool"]) review.emit(kind);
        }, change);
      const scenes: Record<string, () => Promise<void>> = {
        all: () => chooseOrgan(page, "Parotid_L"),
        fills: () => show('{"layout": "axial", "style": "both", "opacity": 0.4}'),
        safe: () => show('{"layout": "coronal", "plane": "coronal", "style": "outlines", "safeColours": true}'),
        brush: () =>
          show(
            '{"layout": "sagittal", "plane": "sagittal", "tool": "brush", "onlyActive": true, "safeColours": false}',
          ),
        compare: async () => {
          await show(
            '{"layout": "compare", "plane": "axial", "tool": "look", "onlyActive": false, "compared": "comparison=prior"}',
          );
          await page.waitForFunction(() => (window as any).review.others.size === 1);
        },
      };
      mkdirSync(FOLDER, { recursive: true });
      for (const [name, scene] of Object.entries(scenes)) {
        await scene();
        await settle(page);
        await new Promise((done) => setTimeout(done, name === "all" ? 1500 : 300));
        const picture = await (await page.$("#views"))!.screenshot();
        const file = join(FOLDER, `${name}.png`);
        if (MAKE || !existsSync(file)) {
          writeFileSync(file, picture);
          if (!MAKE) assert.fail(`${file} was missing and is made now: look at it`);
          continue;
        }
        const share = await differing(page, readFileSync(file), picture);
        t.diagnostic(`${name}: ${(100 * share).toFixed(2)} % of the pixels differ`);
        if (!(share <= LIMIT)) writeFileSync(join(WEB, `.tests/${name}.png`), picture);
        assert.ok(
          share <= LIMIT,
          `${name}: ${(100 * share).toFixed(1)} % of the pixels differ; see web/.tests/${name}.png`,
        );
      }
      assert.deepEqual(errors, []);
    });
  },
);
