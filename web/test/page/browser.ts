import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer, { type Browser, type BrowserContext, type Page } from "puppeteer-core";
import type { Patient } from "../mock/patient";
import { MockServer } from "../mock/server";

// Where the tests run from: web/.tests/page/; ANATOMYNET_WEB_DIST may name another built page.
export const WEB = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
export const DIST = process.env.ANATOMYNET_WEB_DIST ?? join(WEB, "dist");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const BROWSER = process.env.ANATOMYNET_BROWSER === "firefox" ? "firefox" : "chrome";
const FIREFOX = "/usr/bin/firefox-esr";

export const missing = (): string | false => {
  const path = BROWSER === "firefox" ? FIREFOX : CHROMIUM;
  return existsSync(path) ? false : `${path} is missing: make setup FOR=web`;
};

// anyCertificate: also of servers whose certificate nobody signed.
export async function open(anyCertificate = false): Promise<Browser> {
  if (BROWSER === "firefox")
    return puppeteer.launch({
      browser: "firefox",
      executablePath: FIREFOX,
      headless: true,
      protocolTimeout: 120000,
      acceptInsecureCerts: anyCertificate,
    });
  return puppeteer.launch({
    executablePath: CHROMIUM,
    headless: true,
    protocolTimeout: 120000,
    acceptInsecureCerts: anyCertificate,
    // Software WebGL, as on a laptop without 3D hardware.
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--use-angle=swiftshader",
      "--enable-unsafe-swiftshader",
      "--enable-precise-memory-info",
      "--force-color-profile=srgb",
      ...(process.env.CHROMIUM_FLAGS?.split(" ") ?? []),
    ],
  });
}

// A page on the address, once the case is shown; errors of the page and of its policy are collected.
export async function visit(
  browser: Browser | BrowserContext,
  address: string,
  width = 1400,
  height = 900,
): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage();
  await page.setViewport({ width, height });
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(address);
  await page.waitForSelector("body[data-ready]", { timeout: 90000 });
  return { page, errors };
}

// The middle of a view, and the place of voxels in it, in pixels of the page.
export async function placeIn(page: Page, plane: string, voxel: readonly number[]): Promise<{ x: number; y: number }> {
  return page.evaluate(
    (name, at) => {
      const view = (window as any).layout.views.find((v: any) => v.plane === name);
      const box = view.root.getBoundingClientRect();
      const [x, y] = view.frame.toScreen(at);
      return { x: box.left + x / devicePixelRatio, y: box.top + y / devicePixelRatio };
    },
    plane,
    [...voxel],
  );
}

export async function settle(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

// Runs `act` with a browser and a mock server of the patient; both end whatever happens.
export async function withCase(
  patient: Patient,
  act: (browser: Browser, address: string, server: MockServer) => Promise<void>,
): Promise<void> {
  const server = new MockServer(patient, DIST);
  const address = await server.listen();
  try {
    const browser = await open();
    try {
      await act(browser, address, server);
    } finally {
      await browser.close();
    }
  } finally {
    await server.close();
  }
}
