// A worker of `anatomynet bench --peer`: runs an ONNX model on the CPU in ONNX Runtime when told.
//   node bench/onnxruntime.mjs MODEL.onnx          (size and threads in ANATOMYNET_BENCH_SIZE and _THREADS)
// Says "ready", answers "run" with seconds and "peak" with its largest resident size in bytes.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import ort from "onnxruntime-node";

const [depth, height, width] = process.env.ANATOMYNET_BENCH_SIZE.split("x").map(Number);
const threads = Number(process.env.ANATOMYNET_BENCH_THREADS);
const session = await ort.InferenceSession.create(process.argv[2], {
  executionProviders: ["cpu"],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  graphOptimizationLevel: "all",
});
const voxels = Float32Array.from({ length: depth * height * width }, (_, i) => ((i * 7919) % 1000) / 1000);
const image = new ort.Tensor("float32", voxels, [1, 1, depth, height, width]);
console.log("ready");
for await (const word of createInterface({ input: process.stdin })) {
  if (word === "peak") {
    console.log(Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024);
    break;
  }
  const start = performance.now();
  await session.run({ image });
  console.log((performance.now() - start) / 1000);
}
process.exit(0);
