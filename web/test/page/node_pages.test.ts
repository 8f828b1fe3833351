import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import type { Page } from "puppeteer-core";
import { accessible } from "./accessible";
import { missing, open } from "./browser";
import { MODEL, PROGRAM, absent, configured, ended, freePort, phantom, sendCt, until } from "./node_server";

// The worklist and the watch page stay open while CTs come: they follow without being loaded anew.
const BASELINE = 15;

// 15 results to compare with, three of them contoured.
function makeBaseline(folder: string): void {
  mkdirSync(join(folder, "commissioned"));
  for (let k = 0; k < 3; k++) {
    phantom(folder, 20 + k);
    const first = join(folder, `commissioned/c${k}`);
    execFileSync(PROGRAM, ["segment", join(folder, "phantom/dicom"), "--model", MODEL, "-o", first], {
      stdio: "ignore",
    });
    for (let copy = 3 + k; copy < BASELINE; copy += 3)
      cpSync(first, join(folder, `commissioned/c${copy}`), { recursive: true });
  }
}

const text = (page: Page, selector: string): Promise<string> => page.$eval(selector, (e) => e.textContent ?? "");

// A page, marked so that loading it anew would show, with what its console says.
async function opened(page: Page, address: string): Promise<string[]> {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => errors.push(message.text()));
  await page.goto(address);
  await page.evaluate(() => Object.assign(window, { marked: true }));
  return errors;
}

// A tab behind another one asks nothing, so it is brought to the front first.
async function follows(page: Page, what: string, holds: () => Promise<boolean>): Promise<void> {
  await page.bringToFront();
  await until(what, holds);
  assert.equal(await page.evaluate(() => (window as any).marked), true, `${what}: without a reload`);
}

test(
  "worklist and watch page follow what comes, without a reload",
  { skip: missing() || absent(), timeout: 500000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "node-pages-"));
    const [dicom, port] = [await freePort(), await freePort()];
    makeBaseline(folder);
    const config = configured(folder, dicom, `port = ${port}\n[watch]\nbaseline = "commissioned"`);
    const start = (): ChildProcess => spawn(PROGRAM, ["serve", "--config", config], { stdio: "ignore" });
    let node = start();
    const browser = await open();
    try {
      const root = `http://127.0.0.1:${port}/`;
      await until("the node answers", () =>
        fetch(`${root}health`).then(
          (answer) => answer.ok,
          () => false,
        ),
      );
      const [list, watch] = [await browser.newPage(), await browser.newPage()];
      const errors = [await opened(list, root), await opened(watch, `${root}watch`)];
      await follows(list, "no jobs yet", async () => (await text(list, "#health")) === "The node is well.");
      assert.equal(await list.$eval("#none", (e) => e.checkVisibility()), true);
      assert.match(await text(list, "#watch"), /no result since the 15 cases of the baseline/);
      assert.match(await text(watch, "main"), /no result since the 15 cases of the baseline/);
      assert.equal((await watch.$$("main svg")).length, 0);

      const state = (job: number) => list.$eval(`tr[data-job="${job}"] td span`, (e) => e.textContent).catch(() => "");
      for (const job of [1, 2]) {
        phantom(folder, 20 + job);
        assert.ok(sendCt(folder, dicom));
        await follows(list, `job ${job} waits for its review`, async () => (await state(job)) === "review");
        await follows(list, "the verdict follows", async () =>
          /^(moved|quiet|nothing moved)/i.test(await text(list, "#watch")),
        );
        await follows(watch, `${job} on the watch page`, async () =>
          (await text(watch, "main")).includes(`${job} cases of`),
        );
        assert.ok((await watch.$$("main svg")).length > 5, "charts");
      }
      assert.equal((await list.$$("#rows tr")).length, 2);

      // The focus stays on the button of a row that changes meanwhile.
      await list.bringToFront();
      await list.focus('tr[data-job="2"] button[data-kind="history"]');
      await list.evaluate(() => Object.assign(document.querySelector('tr[data-job="1"]')!, { kept: true }));
      execFileSync(PROGRAM, ["serve", "release", "2", "--config", config], { stdio: "ignore" });
      await follows(list, "job 2 is sent", async () => (await state(2)) === "sent");
      assert.equal(
        await list.evaluate(() => document.activeElement?.getAttribute("aria-label")),
        "history, job 2",
        "the focus stays",
      );
      assert.equal(
        await list.$eval('tr[data-job="1"]', (row) => (row as any).kept),
        true,
        "a row that is as it was stays",
      );
      await list.keyboard.press("Enter");
      await list.waitForSelector("dialog[open]");
      assert.match(await text(list, "#history"), /received.*complete.*running.*review.*sending.*sent/s);
      await accessible(list, "history");
      await list.keyboard.press("Escape");

      for (const scheme of ["light", "dark"]) {
        for (const page of [list, watch]) {
          await page.bringToFront();
          await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
          await accessible(page, `${page.url()}, ${scheme}`);
        }
      }
      assert.deepEqual(errors, [[], []], "nothing on the console");

      // A node that is away is told of, and its return too; what it says then is shown, whatever its counters begin with.
      await ended(node);
      await follows(list, "the worklist says so", async () => /does not answer/.test(await text(list, "#health")));
      await follows(watch, "the watch page says so", async () => /does not answer/.test(await text(watch, "#said")));
      node = start();
      await follows(watch, "the watch page is well again", async () => (await text(watch, "#said")) === "");
      await follows(
        list,
        "the worklist is well again",
        async () => (await text(list, "#health")) === "The node is well.",
      );
      phantom(folder, 23);
      await until("the node takes the third CT", () => sendCt(folder, dicom));
      await follows(watch, "three on the watch page", async () => (await text(watch, "main")).includes("3 cases of"));
      await follows(list, "job 3 waits for its review", async () => (await state(3)) === "review");
    } finally {
      await browser.close();
      await ended(node);
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
