// The mock server alone, to try the page by hand: node mock/main.mjs DIST [PORT] [WIDTHxHEIGHTxSLICES]
import type { Triple } from "../../src/voxels/box";
import { makePatient } from "./patient";
import { MockServer } from "./server";

const [dist, port, size] = process.argv.slice(2);
const patient = makePatient({ size: size ? (size.split("x").map(Number) as unknown as Triple) : undefined });
console.log(await new MockServer(patient, dist).listen(Number(port) || 0));
