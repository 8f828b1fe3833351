import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import type { Browser, BrowserContext, Page } from "puppeteer-core";
import { missing, open } from "./browser";
import { PROGRAM, absent, configured, ended, freePort, phantom, sendCt, until } from "./node_server";
import { chooseOrgan, cursor, dragIn, fill, maskOf, organ, status, stored } from "./drive";

// The page as the node serves it: people sign in, find the job that waits, correct and approve it.
const skip = missing() || absent();
const PEOPLE = { rita: "rita reviews them all", otto: "otto reviews as well" };

function configure(folder: string, dicom: number, port: number): string {
  const run = (command: string, args: string[], input = "") => execFileSync(command, args, { input, stdio: "pipe" });
  run("openssl", [
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=node"],
    ...["-keyout", join(folder, "node.key"), "-out", join(folder, "node.pem")],
  ]);
  const config = configured(
    folder,
    dicom,
    `port = ${port}
accounts = "accounts"
[http.tls]
certificate = "node.pem"
key = "node.key"`,
  );
  for (const [name, password] of Object.entries(PEOPLE))
    run(PROGRAM, ["serve", "accounts", "add", name, "--role", "review", "--config", config], password);
  return config;
}

async function signedIn(browser: Browser | BrowserContext, root: string, name: keyof typeof PEOPLE): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(root);
  assert.equal(new URL(page.url()).pathname, "/login");
  await page.type("#name", name);
  await page.type("#password", PEOPLE[name]);
  await Promise.all([page.waitForNavigation(), page.click("button")]);
  assert.equal(new URL(page.url()).pathname, "/", await page.content());
  return page;
}

async function reviewed(page: Page): Promise<void> {
  await page.waitForSelector('a[href="/review/1/"]', { timeout: 60000 });
  await page.goto(new URL("/review/1/", page.url()).href);
  await page.waitForSelector("body[data-ready]", { timeout: 90000 });
}

test("with the node: sign in, correct, approve; a second person looks only", { skip, timeout: 400000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "node-page-"));
  const [dicom, port] = [await freePort(), await freePort()];
  const config = configure(folder, dicom, port);
  const node = spawn(PROGRAM, ["serve", "--config", config], { stdio: "ignore" });
  const browser = await open(true);
  try {
    phantom(folder, 9);
    await until("the node takes the CT", () => sendCt(folder, dicom));
    const jobs = () => JSON.parse(String(execFileSync(PROGRAM, ["serve", "jobs", "--json", "--config", config])));
    await until("a review waits", () => jobs()[0]?.state === "review");

    const root = `https://127.0.0.1:${port}/`;
    const rita = await signedIn(browser, root, "rita");
    const errors: string[] = [];
    rita.on("pageerror", (error) => errors.push(String(error)));
    rita.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await reviewed(rita);
    const otto = await signedIn(await browser.createBrowserContext(), root, "otto");
    await reviewed(otto);
    assert.match(await otto.$eval(".role", (e) => e.textContent!), /Look only: rita edits this case/);
    await chooseOrgan(otto, "Brainstem");
    const seen = await organ(otto, "Brainstem");
    const there = await cursor(otto);
    await otto.keyboard.press("b");
    await dragIn(otto, "axial", there, [there[0] + 8, there[1], there[2]]);
    assert.match(await status(otto), /You look only: rita edits this case/);
    assert.deepEqual(await organ(otto, "Brainstem"), seen, "who looks draws nothing");
    const answered = await otto.evaluate(async (id) => {
      const { token } = await (await fetch("api/case")).json();
      const headers = { "X-AnatomyNet": "1", "X-AnatomyNet-Page": "other", "X-AnatomyNet-Token": token };
      return (await fetch(`api/organ/${id}`, { method: "POST", headers, body: '{"locked": true}' })).status;
    }, seen.id);
    assert.equal(answered, 423, "and the server takes nothing from this page");

    await rita.bringToFront();
    assert.equal(await rita.$eval(".role", (e) => e.textContent), "");
    await chooseOrgan(rita, "Brainstem");
    const { id, count } = await organ(rita, "Brainstem");
    const middle = await cursor(rita);
    await rita.evaluate(() => {
      (window as any).review.keep = "overlap";
    });
    await rita.keyboard.press("b");
    await dragIn(
      rita,
      "axial",
      middle,
      middle.map((v, axis) => (axis === 0 ? v + 8 : v)),
    );
    assert.ok((await organ(rita, "Brainstem")).count > count);
    await stored(rita);
    const drawn = await maskOf(rita, id);
    await rita.reload();
    await rita.waitForSelector("body[data-ready]");
    assert.deepEqual(await maskOf(rita, id), drawn, "after a reload, by the same page, which keeps its right");
    assert.equal(await rita.$eval(".role", (e) => e.textContent), "");
    assert.deepEqual(readdirSync(join(folder, "out")), [], "nothing is sent before the approval");
    await rita.click("[data-command=approve]");
    await fill(rita, "x", true);
    assert.match(await rita.$eval("#version", (e) => e.textContent!), /approved by rita/);
    await until("the structures arrive", () => readdirSync(join(folder, "out")).length === 1);
    assert.match(readdirSync(join(folder, "out"))[0], /^RTSTRUCT\.[0-9.]+\.dcm$/);
    assert.match(await rita.$eval(".role", (e) => e.textContent!), /Look only: the review is over/);
    await otto.bringToFront();
    await until("the second page is told", async () => /the review is over/.test(await status(otto)));
    assert.deepEqual(errors, []);
  } finally {
    await browser.close();
    await ended(node);
    rmSync(folder, { recursive: true, force: true });
  }
});
