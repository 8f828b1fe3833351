// build.mjs [--out DIR] [--tests DIR]: the page into DIR (dist), and with --tests its tests and the mock server as programs
// for node. Types are checked by `npm run check`.
import { build } from "esbuild";
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const top = dirname(fileURLToPath(import.meta.url));
const option = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);

// NiiVue brings decoders of zarr chunks (1.4 MB) for images that this page never loads.
const withoutZarrDecoders = {
  name: "without-zarr-decoders",
  setup(bundle) {
    bundle.onResolve({ filter: /^numcodecs\// }, (found) => ({ path: found.path, namespace: "left-out" }));
    bundle.onLoad({ filter: /.*/, namespace: "left-out" }, () => ({ contents: "export default undefined;" }));
  },
};

async function page(out) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  await build({
    entryPoints: { app: join(top, "src/app.ts") },
    chunkNames: "[name]-[hash]",
    splitting: true,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    outdir: out,
    legalComments: "none",
    logLevel: "warning",
    plugins: [withoutZarrDecoders],
  });
  for (const file of ["index.html", "app.css"]) copyFileSync(join(top, file), join(out, file));
  writeFileSync(join(out, "licences.txt"), licences());
}

// The licences of what is bundled: NiiVue and what it brings.
function licences() {
  const names = [
    "@niivue/niivue",
    "gl-matrix",
    "nifti-reader-js",
    "fflate",
    "@lukeed/uuid",
    "@ungap/structured-clone",
    "array-equal",
    "zarrita",
  ];
  return names
    .map((name) => {
      const folder = join(top, "node_modules", name);
      const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file ? readFileSync(join(folder, file), "utf8").trim() : `Licence: ${about.license}`;
      return `${name} ${about.version} (${about.license})\n\n${text}\n`;
    })
    .join("\n----\n\n");
}

async function tests(out) {
  rmSync(out, { recursive: true, force: true });
  const files = ["pure", "page"].flatMap((folder) =>
    readdirSync(join(top, "test", folder))
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => join(top, "test", folder, name)),
  );
  await build({
    entryPoints: [...files, join(top, "test/mock/main.ts")],
    outbase: join(top, "test"),
    outdir: out,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node18",
    outExtension: { ".js": ".mjs" },
    logLevel: "warning",
    sourcemap: "inline",
    packages: "external",
  });
}

await page(option("--out") ?? join(top, "dist"));
if (option("--tests")) await tests(option("--tests"));
