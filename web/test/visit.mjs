// visit.mjs ADDRESS PICTURE: opens the review page as a newcomer's browser would, says what is shown, and closes it.
import assert from "node:assert/strict";
import puppeteer from "puppeteer-core";

const [address, picture] = process.argv.slice(2);
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
});
try {
  const page = await browser.newPage();
  await page.setViewport({ width: 1400, height: 900 });
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  const start = performance.now();
  await page.goto(address);
  await page.waitForSelector("body[data-ready]", { timeout: 90000 });
  const took = performance.now() - start;
  await new Promise((done) => setTimeout(done, 3000)); // the organs in space come after the planes
  await page.screenshot({ path: picture });
  const organs = await page.$$eval(".organ-list .organ-name", (names) => names.map((name) => name.textContent));
  const chosen = await page.evaluate(() => globalThis.review.activeOrgan?.info.name);
  await page.close(); // says goodbye, at which the program ends
  await new Promise((done) => setTimeout(done, 1000));
  assert.deepEqual(errors, []);
  assert.ok(organs.length > 0, "no organ is listed");
  console.log(`shown after ${(took / 1000).toFixed(1)} s; ${organs.length} organs, ${chosen} is chosen; ${picture}`);
} finally {
  await browser.close();
}
