import { spawn } from "node:child_process";
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
const XVFB = "/usr/bin/Xvfb";

export const missing = (): string | false => {
  const needed = BROWSER === "firefox" ? [FIREFOX, ...(process.env.DISPLAY ? [] : [XVFB])] : [CHROMIUM];
  const absent = needed.find((path) => !existsSync(path));
  return absent ? `${absent} is missing: make setup FOR=tests` : false;
};

// Firefox has no WebGL where it is headless, so it gets a display in memory (Mesa's llvmpipe draws), which ends with the tests.
let display: Promise<string> | null = null;
const startDisplay = (): Promise<string> =>
  new Promise((resolve, reject) => {
    const server = spawn(XVFB, ["-displayfd", "3", "-screen", "0", "1600x1100x24", "-nolisten", "tcp"], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    process.on("exit", () => server.kill());
    server.on("exit", (code) => reject(new Error(`Xvfb ended with ${code}`)));
    server.stdio[3]!.once("data", (number) => {
      server.unref();
      (server.stdio[3] as any).unref();
      resolve(`:${String(number).trim()}`);
    });
  });

// anyCertificate: also of servers whose certificate nobody signed.
export async function open(anyCertificate = false): Promise<Browser> {
  if (BROWSER === "firefox")
    return puppeteer.launch({
      browser: "firefox",
      executablePath: FIREFOX,
      headless: false,
      env: { ...process.env, DISPLAY: process.env.DISPLAY ?? (await (display ??= startDisplay())) },
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
