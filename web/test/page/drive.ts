import assert from "node:assert/strict";
import type { Page } from "puppeteer-core";
import type { Triple } from "../../src/voxels/box";
import { placeIn, settle } from "./browser";

// What a person does on the page, for tests.
export interface Organ {
  id: number;
  count: number;
  tight: number[];
}

export const organ = (page: Page, name: string): Promise<Organ> =>
  page.evaluate((wanted) => {
    const found = (window as any).review.organs.find((o: any) => o.info.name === wanted);
    return { id: found.info.id, count: found.mask.count(), tight: [...found.mask.tight()] };
  }, name);

export const voxelOf = (page: Page, name: string, at: readonly number[]): Promise<number> =>
  page.evaluate(
    (wanted, v) => (window as any).review.organs.find((o: any) => o.info.name === wanted).mask.get(v[0], v[1], v[2]),
    name,
    [...at],
  );

export const cursor = (page: Page): Promise<Triple> => page.evaluate(() => [...(window as any).review.cursor] as any);

// The whole mask as the page has it.
export async function maskOf(page: Page, id: number): Promise<Uint8Array> {
  const text = await page.evaluate((wanted) => {
    const { mask } = (window as any).review.organs.find((o: any) => o.info.id === wanted);
    const all = mask.crop([0, 0, 0, ...mask.size]);
    let bits = "";
    for (let i = 0; i < all.length; i++) bits += all[i];
    return bits;
  }, id);
  return Uint8Array.from(text, (c) => (c === "1" ? 1 : 0));
}

// Moves the crosshair, so that the slices of all views go through these voxels.
export async function lookAt(page: Page, voxel: readonly number[]): Promise<void> {
  await page.evaluate((at) => (window as any).review.moveTo(at), [...voxel]);
  await settle(page);
}

export async function chooseOrgan(page: Page, name: string): Promise<void> {
  const clicked = await page.evaluate((wanted) => {
    const button = [...document.querySelectorAll<HTMLElement>(".organ-list .name")].find(
      (b) => b.querySelector(".organ-name")!.textContent === wanted,
    );
    button?.click();
    return Boolean(button);
  }, name);
  assert.ok(clicked, `${name} is in the list`);
  await settle(page);
}

// Drags the mouse in a view from one place in voxels to another.
export async function dragIn(
  page: Page,
  plane: string,
  from: readonly number[],
  to: readonly number[],
  button: "left" | "right" = "left",
): Promise<void> {
  const [a, b] = [await placeIn(page, plane, from), await placeIn(page, plane, to)];
  await page.mouse.move(a.x, a.y);
  await page.mouse.down({ button });
  await page.mouse.move((a.x + b.x) / 2, (a.y + b.y) / 2, { steps: 3 });
  await page.mouse.move(b.x, b.y, { steps: 3 });
  await page.mouse.up({ button });
  await settle(page);
}

export async function chord(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys.slice(0, -1)) await page.keyboard.down(key as any);
  await page.keyboard.press(keys.at(-1) as any);
  for (const key of keys.slice(0, -1).reverse()) await page.keyboard.up(key as any);
  await settle(page);
}

export const status = (page: Page): Promise<string> =>
  page.evaluate(
    () => document.getElementById("alarm")!.textContent || document.getElementById("status")!.textContent || "",
  );

export async function stored(page: Page): Promise<void> {
  await page.waitForFunction(
    () => (window as any).review.drafts.state === "saved" && !(window as any).review.drafts.pending,
    { timeout: 15000 },
  );
}

// Fills the open dialog's form and sends it.
export async function fill(page: Page, initials: string, tick = false): Promise<void> {
  await page.waitForSelector("dialog[open] input[type=text]");
  await page.type("dialog[open] input[type=text]", initials);
  if (tick) await page.click("dialog[open] input[type=checkbox]");
  await page.click("dialog[open] button[type=submit]");
  await page.waitForFunction(
    () => !document.querySelector("dialog[open]") || document.querySelector("dialog[open] .problem")!.textContent,
    { timeout: 90000 },
  );
  assert.equal(await page.evaluate(() => document.querySelector("dialog[open] .problem")?.textContent ?? ""), "");
}

// The middle of an organ's line on a view's contour canvas, as shares of its width and height.
export async function seen(page: Page, plane: string, colour: string): Promise<{ x: number; y: number }> {
  return page.evaluate(
    (name, wanted) => {
      const canvas = document.querySelector<HTMLCanvasElement>(`[data-plane=${name}] canvas.contours`)!;
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      const rgb = [1, 3, 5].map((at) => parseInt(wanted.slice(at, at + 2), 16));
      let [x, y, n] = [0, 0, 0];
      for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] > 200 && rgb.every((v, c) => Math.abs(data[i + c] - v) < 6)) {
          x += (i / 4) % canvas.width;
          y += Math.floor(i / 4 / canvas.width);
          n++;
        }
      return { x: x / n / canvas.width, y: y / n / canvas.height };
    },
    plane,
    colour,
  );
}
