import assert from "node:assert/strict";
import { type ChildProcess, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

// A node for the tests of its pages: its configuration, and CTs that come to it.
export const PROGRAM = process.env.ANATOMYNET_PROGRAM ?? "";
export const MODEL = process.env.ANATOMYNET_MODEL ?? "";
const STORESCU = "/usr/bin/storescu";

export const absent = (): string | false =>
  (!existsSync(PROGRAM) && "ANATOMYNET_PROGRAM names no program") ||
  (!existsSync(MODEL) && "ANATOMYNET_MODEL names no weights") ||
  (!existsSync(STORESCU) && `${STORESCU} is missing: make setup FOR=tests`);

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

// FOLDER/node.toml: all CTs are contoured, wait for a review and go to FOLDER/out; `http` are lines of [http] and after it.
export function configured(folder: string, dicom: number, http: string): string {
  mkdirSync(join(folder, "out"));
  const config = join(folder, "node.toml");
  writeFileSync(
    config,
    `[store]
folder = "store"
min_free_mb = 16
[dicom]
port = ${dicom}
any_peer = true
[complete]
quiet_s = 0.5
[http]
${http}
[[destination]]
name = "folder"
kind = "folder"
folder = "out"
[[rule]]
name = "all"
match = { Modality = "CT" }
model = "${MODEL}"
destinations = ["folder"]
review = true
`,
  );
  return config;
}

// A synthetic CT in FOLDER/phantom, in place of the one before.
export function phantom(folder: string, seed: number): void {
  rmSync(join(folder, "phantom"), { recursive: true, force: true });
  execFileSync(
    PROGRAM,
    [
      ...["phantom", "--dicom", "--seed", String(seed), "--size", "24x48x48", "--spacing", "8x6x6"],
      ...["-o", join(folder, "phantom")],
    ],
    { stdio: "ignore" },
  );
}

// Whether the node took it.
export function sendCt(folder: string, dicom: number): boolean {
  try {
    execFileSync(STORESCU, ["-aec", "ANATOMYNET", "+sd", "127.0.0.1", String(dicom), join(folder, "phantom/dicom")], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}

export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 120000; Date.now() < end; await new Promise((done) => setTimeout(done, 300)))
    if (await holds()) return;
  assert.fail(`not within two minutes: ${what}`);
}

export async function ended(node: ChildProcess): Promise<void> {
  node.kill("SIGTERM");
  await new Promise((done) =>
    node.exitCode === null && node.signalCode === null ? node.on("exit", done) : done(null),
  );
}
