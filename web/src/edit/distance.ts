import type { Triple } from "../voxels/box";

const FAR = 1e20;

// Squared distance in mm from each voxel's centre to the nearest voxel whose value is 1 (1e20 where there is none), exact:
// lower envelopes of parabolas, axis by axis (Felzenszwalb and Huttenlocher, Theory of Computing 8, 2012).
export function squaredDistances(values: Uint8Array, size: Triple, spacing: Triple): Float64Array {
  const result = Float64Array.from(values, (value) => (value ? 0 : FAR));
  const strides = [1, size[0], size[0] * size[1]];
  for (let axis = 0; axis < 3; axis++) {
    const n = size[axis];
    if (n < 2) continue;
    const line = new Float64Array(n);
    const vertex = new Int32Array(n);
    const border = new Float64Array(n + 1);
    const [p, q] = axis === 0 ? [1, 2] : axis === 1 ? [0, 2] : [0, 1];
    for (let j = 0; j < size[q]; j++)
      for (let i = 0; i < size[p]; i++)
        alongLine(result, i * strides[p] + j * strides[q], strides[axis], n, spacing[axis] ** 2, line, vertex, border);
  }
  return result;
}

function alongLine(
  d: Float64Array,
  start: number,
  stride: number,
  n: number,
  step2: number,
  line: Float64Array,
  vertex: Int32Array,
  border: Float64Array,
): void {
  let count = 0;
  for (let i = 0; i < n; i++) {
    line[i] = d[start + i * stride];
    if (line[i] >= FAR) continue;
    const height = line[i] / step2 + i * i;
    let cross = -Infinity;
    while (count > 0) {
      const v = vertex[count - 1];
      cross = (height - (line[v] / step2 + v * v)) / (2 * (i - v));
      if (cross > border[count - 1]) break;
      count--;
    }
    border[count] = count > 0 ? cross : -Infinity;
    vertex[count++] = i;
  }
  if (count === 0) return;
  for (let i = 0, k = 0; i < n; i++) {
    while (k + 1 < count && border[k + 1] < i) k++;
    d[start + i * stride] = line[vertex[k]] + step2 * (i - vertex[k]) ** 2;
  }
}
