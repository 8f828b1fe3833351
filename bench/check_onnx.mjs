// Compares an exported model in ONNX Runtime with reference logits.
//   anatomynet export --onnx model.onnx --check bench/check
//   node bench/check_onnx.mjs model.onnx bench/check
// The folder holds one pair a size: DxHxW.image and DxHxW.logits, raw floats. Fails where the largest difference is
// not under 1e-3 of the largest logit.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import ort from "onnxruntime-node";

const [model, folder] = process.argv.slice(2);
const floats = (path) => {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
};
const session = await ort.InferenceSession.create(model);
let pairs = 0;
let failed = false;
for (const name of readdirSync(folder).filter((n) => n.endsWith(".image")).sort()) {
  const shape = name.replace(".image", "").split("x").map(Number);
  const image = new ort.Tensor("float32", floats(join(folder, name)), [1, 1, ...shape]);
  const { logits } = await session.run({ image });
  const expected = floats(join(folder, name.replace(".image", ".logits")));
  if (logits.data.length !== expected.length) throw new Error(`${name}: ${logits.data.length} logits, expected ${expected.length}`);
  let difference = 0;
  let largest = 0;
  expected.forEach((v, i) => {
    difference = Math.max(difference, Math.abs(v - logits.data[i]));
    largest = Math.max(largest, Math.abs(v));
  });
  console.log(`${name}: largest difference ${difference.toExponential(2)}, ${(difference / largest).toExponential(2)} of the largest logit`);
  pairs += 1;
  failed ||= !(difference < 1e-3 * largest);
}
process.exit(failed || pairs === 0 ? 1 : 0);
