import { type Box, extent, voxelCount } from "../voxels/box";
import type { Mask } from "../voxels/mask";
import { forEachRun } from "../voxels/runs";

// What one step changed in one organ's mask: the voxels of a box that change their value, as run lengths. The same change
// undoes and redoes. A stroke takes some hundred bytes, so steps are kept without limit.
export interface Change {
  organ: number;
  box: Box;
  runs: Uint32Array;
}

export interface Step {
  label: string;
  changes: Change[];
}

export function toggle(mask: Mask, change: Change): void {
  const { box } = change;
  mask.cover(box);
  const [nx, ny] = extent(box);
  forEachRun(change.runs, voxelCount(box), (from, to) => {
    for (let at = from; at < to; at++) {
      const index = mask.index(
        box[0] + (at % nx),
        box[1] + (Math.floor(at / nx) % ny),
        box[2] + Math.floor(at / (nx * ny)),
      );
      mask.data[index] ^= 1;
    }
  });
  mask.version++;
}

export class History {
  private done: Step[] = [];
  private undone: Step[] = [];

  push(step: Step): void {
    this.done.push(step);
    this.undone = [];
  }

  get next(): { undo: Step | undefined; redo: Step | undefined } {
    return { undo: this.done.at(-1), redo: this.undone.at(-1) };
  }

  // Moves a step over and returns it; undefined where there is none.
  undo(): Step | undefined {
    const step = this.done.pop();
    if (step) this.undone.push(step);
    return step;
  }

  redo(): Step | undefined {
    const step = this.undone.pop();
    if (step) this.done.push(step);
    return step;
  }

  get length(): number {
    return this.done.length;
  }

  bytes(): number {
    return [...this.done, ...this.undone].flatMap((s) => s.changes).reduce((sum, c) => sum + c.runs.byteLength + 64, 0);
  }
}
