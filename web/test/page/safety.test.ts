import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { makePatient, wholeRuns } from "../mock/patient";
import { accessible } from "./accessible";
import { BROWSER, DIST, missing, settle, visit, withCase } from "./browser";
import { chooseOrgan, chord, dragIn, lookAt, maskOf, organ, status, stored } from "./drive";

const skip = missing();

test(
  "hostile names and texts show as text, under a policy without inline script and style",
  { skip, timeout: 120000 },
  async () => {
    await withCase(makePatient({ size: [48, 48, 24], hostile: true }), async (browser, address) => {
      const { page, errors } = await visit(browser, address);
      await page.evaluate(() => (window as any).review.choose(2, true));
      await page.keyboard.press("n");
      await page.keyboard.press("5");
      await settle(page);
      const text = await page.evaluate(() => document.body.innerText);
      assert.ok(text.includes('<img src=x onerror="window.hacked=1">Chiasm'));
      assert.ok(text.includes("</li><script>window.hacked=1</script>"));
      assert.equal(await page.evaluate(() => (window as any).hacked), undefined);
      assert.equal(
        await page.evaluate(() => document.querySelectorAll("img, [style]:not(.chip):not(canvas), [onerror]").length),
        0,
      );
      assert.deepEqual(errors, [], "nothing was refused by the policy");
    });
  },
);

test("no source makes markup of texts", () => {
  const app = readFileSync(join(DIST, "app.js"), "utf8");
  for (const word of ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"])
    assert.ok(!app.includes(word), `app.js has ${word}`);
  const page = readFileSync(join(DIST, "index.html"), "utf8");
  assert.ok(!/<script>|style=|<style|https?:\/\//.test(page));
});

test(
  "axe finds nothing: the page, a comparison, every dialog, colours for the colour-blind",
  { skip, timeout: 180000 },
  async () => {
    await withCase(makePatient({ size: [48, 48, 24] }), async (browser, address) => {
      const { page } = await visit(browser, address);
      await accessible(page, "page");
      await page.keyboard.press("5");
      await settle(page);
      await accessible(page, "side by side");
      await page.focus("[data-plane=axial]");
      await page.keyboard.press("z");
      await settle(page);
      const frames = await page.evaluate(() => {
        const view = (window as any).layout.view("axial");
        return [view, view.twin].map((v: any) => [v.frame.zoom, ...v.frame.middle]);
      });
      assert.deepEqual(frames[0], frames[1], "both sides show the same place");
      for (const command of ["help", "save", "approve", "edits"]) {
        await page.click(`[data-command=${command}]`);
        await page.waitForSelector("dialog[open]");
        await settle(page);
        await accessible(page, command);
        await page.click("dialog[open] .close");
        await page.waitForFunction(() => !document.querySelector("dialog"));
      }
      // Every organ can be told without its colour.
      const keys = await page.evaluate(() => (window as any).review.organs.map((o: any) => o.key));
      assert.equal(new Set(keys).size, keys.length);
    });
  },
);

test("who looks takes over when the editor has left", { skip, timeout: 120000 }, async () => {
  const patient = makePatient({});
  Object.assign(patient.info, { role: "look", editor: "Anna" });
  await withCase(patient, async (browser, address, server) => {
    const { page, errors } = await visit(browser, address);
    const button = () => page.$eval("[data-command=take-over]", (b) => (b as HTMLElement).offsetWidth);
    assert.equal(await button(), 0, "nothing is offered while Anna edits");
    await chord(page, "Shift", "E");
    assert.equal(await status(page), "Edit this case: Anna edits this case.");
    await chooseOrgan(page, "Larynx");
    await lookAt(page, [40, 41, 42]);
    server.free = true;
    await page.waitForFunction(() => /Nobody edits/.test(document.getElementById("status")!.textContent!), {
      timeout: 30000,
    });
    assert.ok((await button()) > 0);
    assert.match(await page.$eval(".role", (e) => e.textContent!), /nobody edits it any more/);
    // What Anna did last comes with it.
    const { id } = await organ(page, "Larynx");
    server.patient.masks.get(id)!.write([1, 1, 1, 3, 3, 3], new Uint8Array(8).fill(1));
    await Promise.all([page.waitForNavigation(), chord(page, "Shift", "E").catch(() => undefined)]);
    await page.waitForSelector("body[data-ready]");
    assert.equal(await page.$eval(".role", (e) => e.textContent), "");
    assert.deepEqual(await page.evaluate(() => [...(window as any).review.cursor]), [40, 41, 42]);
    assert.equal(await page.evaluate(() => (window as any).review.activeOrgan.info.name), "Larynx");
    assert.equal((await maskOf(page, id)).filter((v) => v).length, server.patient.masks.get(id)!.count());
    await page.keyboard.press("b");
    await dragIn(page, "axial", [40, 41, 42], [44, 41, 42]);
    await stored(page);
    assert.deepEqual(errors, []);
  });
});

test("the second person looks only", { skip, timeout: 120000 }, async () => {
  const patient = makePatient({ size: [48, 48, 24] });
  Object.assign(patient.info, { role: "look", editor: "Anna" });
  await withCase(patient, async (browser, address, server) => {
    const { page, errors } = await visit(browser, address);
    assert.match(
      await page.evaluate(() => document.querySelector(".role")!.textContent!),
      /Look only: Anna edits this case/,
    );
    await chooseOrgan(page, "Larynx");
    const { count, tight } = await organ(page, "Larynx");
    const at = tight.slice(0, 3).map((v, i) => (v + tight[i + 3]) / 2);
    await page.keyboard.press("b");
    await page.evaluate(() => {
      (window as any).review.tool = "eraser";
    });
    await dragIn(page, "axial", at, at);
    await page.keyboard.press("s");
    await chord(page, "Control", "s");
    assert.equal(await page.$("dialog[open]"), null);
    assert.equal((await organ(page, "Larynx")).count, count);
    assert.ok(await page.$eval("[data-command=save]", (b) => (b as HTMLButtonElement).disabled));
    await new Promise((done) => setTimeout(done, 2500));
    assert.ok(!server.posts.some((path) => path.startsWith("/api/mask")));
    assert.deepEqual(errors, []);
  });
});

test(
  "strokes drawn while the server is ill come when it is well; closing says goodbye",
  { skip, timeout: 120000 },
  async () => {
    await withCase(makePatient({ size: [48, 48, 24] }), async (browser, address, server) => {
      const { page } = await visit(browser, address);
      await chooseOrgan(page, "Larynx");
      const { id, tight } = await organ(page, "Larynx");
      const at = tight.slice(0, 3).map((v, i) => (v + tight[i + 3]) / 2);
      server.failing = true;
      await page.keyboard.press("e");
      await lookAt(page, at);
      await dragIn(
        page,
        "axial",
        at,
        at.map((v, i) => v + (i === 0 ? 4 : 0)),
      );
      await page.waitForFunction(() => document.getElementById("draft-state")!.dataset.state === "failed", {
        timeout: 10000,
      });
      assert.match(await page.$eval("#draft-state", (e) => e.textContent!), /not stored/);
      server.failing = false;
      await stored(page);
      assert.deepEqual(wholeRuns(server.patient.masks.get(id)!), await maskOf(page, id));
      await page.goto("about:blank");
      await new Promise((done) => setTimeout(done, 500));
      if (BROWSER === "chrome") assert.equal(server.goodbyes, 1);
    });
  },
);

test("single keys can be turned off, and fields keep their keys", { skip, timeout: 120000 }, async () => {
  await withCase(makePatient({ size: [48, 48, 24] }), async (browser, address) => {
    const { page } = await visit(browser, address);
    await page.type(".new-organ input[type=text]", "beta");
    assert.equal(await page.evaluate(() => (window as any).review.tool), "look");
    await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>(".check")].find((l) => /Single-letter/.test(l.textContent!))!.click(),
    );
    await page.focus("[data-plane=axial]");
    await page.keyboard.press("b");
    assert.equal(await page.evaluate(() => (window as any).review.tool), "look");
    assert.equal(await status(page), "");
  });
});
