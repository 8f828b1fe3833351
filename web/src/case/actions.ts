import { type Box, type Triple, EMPTY, around, extent, isEmpty, voxelCount } from "../voxels/box";
import { decodeRuns } from "../voxels/runs";
import { type Stencil, brushed, keepHu } from "../edit/brush";
import { largestComponent } from "../edit/components";
import { Refused, type Transaction, copiedSlice, otherSide } from "../edit/editor";
import { interpolated } from "../edit/interpolate";
import { holesFilled, margin, smoothed } from "../edit/morphology";
import { polygon } from "../edit/polygon";
import type { Review } from "./review";
import { server } from "./server";

// Distances of more voxels than this would take a GB; so large a structure is the body's outline.
const MOST_VOXELS = 30e6;

// What the tools do with the active organ, each as one step that can be undone. Messages go to the status line.
export class Actions {
  private stroke: Transaction | null = null;
  private last: Triple | null = null;

  constructor(private review: Review) {}

  // Runs a step; says why where it is refused.
  private guarded<T>(run: () => T): T | undefined {
    try {
      if (!this.review.editable) throw new Refused(`You look only: ${this.review.looksBecause}.`);
      return run();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.review.say(error.message, true);
      return undefined;
    }
  }

  private get axis(): number {
    return this.review.cuts[this.review.plane].through.axis;
  }

  private nameOf(id: number): string {
    return this.review.organ(id)?.info.name ?? String(id);
  }

  // Replaces the active organ's mask by what `make` gives.
  private change(label: string, make: () => Stencil, said: (voxels: number) => string, heavy = false): void {
    this.guarded(() => {
      const edit = this.review.editor.begin(label, this.review.active, this.review.keep);
      const { mask } = this.review.activeOrgan!;
      if (heavy && voxelCount(mask.tight()) > MOST_VOXELS)
        throw new Refused(`${this.nameOf(this.review.active)} is too large for this tool; use brush or polygon.`);
      const before = mask.count();
      edit.replace(make());
      const after = mask.count();
      this.finish(edit, said(after - before));
    });
  }

  private finish(edit: Transaction, text: string): void {
    const changed = edit.commit();
    const held = [...edit.heldBy].map(([id, count]) => `${count} voxels stayed with ${this.nameOf(id)}`);
    this.review.say([changed ? text : "Nothing changed.", ...held].join("; "));
    this.review.emit("organs");
  }

  beginStroke(at: Triple, erase: boolean): boolean {
    return (
      this.guarded(() => {
        this.stroke = this.review.editor.begin(erase ? "erase" : "brush", this.review.active, this.review.keep);
        this.last = null;
        this.strokeTo(at, erase);
        return true;
      }) ?? false
    );
  }

  strokeTo(at: Triple, erase: boolean): void {
    if (!this.stroke) return;
    const { brush, hu, grid } = this.review;
    const axis = brush.ball ? null : this.axis;
    const stencil = brushed(this.last ?? at, at, brush.radius, axis, grid.spacing, grid.size);
    if (hu.on) keepHu(stencil, this.review.ct, grid.size, hu.low, hu.high);
    this.stroke.paint(stencil, erase ? 0 : 1);
    this.last = at;
  }

  endStroke(at: Triple): void {
    const stroke = this.stroke;
    if (!stroke) return;
    this.stroke = null;
    this.mark(at);
    this.finish(stroke, `${this.nameOf(this.review.active)} changed`);
  }

  cancelStroke(): void {
    this.stroke?.cancel();
    this.stroke = null;
  }

  private mark(at: Triple): void {
    this.review.slicesDrawn(this.review.active, this.axis).add(Math.round(at[this.axis]));
  }

  polygon(corners: readonly Triple[], erase: boolean): void {
    if (corners.length < 3) return this.review.say("A polygon needs three corners at least.", true);
    this.guarded(() => {
      const axis = this.axis;
      const [a, b] = [0, 1, 2].filter((i) => i !== axis);
      const at = Math.round(corners[0][axis]);
      const stencil = polygon(
        corners.map((c) => [c[a], c[b]] as const),
        axis,
        at,
        this.review.grid.size,
      );
      if (this.review.hu.on)
        keepHu(stencil, this.review.ct, this.review.grid.size, this.review.hu.low, this.review.hu.high);
      const edit = this.review.editor.begin("polygon", this.review.active, this.review.keep);
      edit.paint(stencil, erase ? 0 : 1);
      this.mark(corners[0]);
      this.finish(edit, erase ? "Polygon erased" : "Polygon drawn");
    });
  }

  interpolate(): void {
    const drawn = [...this.review.slicesDrawn(this.review.active, this.axis)].sort((a, b) => a - b);
    if (drawn.length < 2)
      return this.review.say(`Edit two ${this.review.plane} slices first; slices between them are made anew.`, true);
    this.change(
      "interpolate",
      () => interpolated(this.review.activeOrgan!.mask, this.axis, drawn, this.review.grid.spacing),
      () => `Interpolated between slices ${drawn.map((s) => s + 1).join(", ")}`,
      true,
    );
  }

  forgetDrawn(): void {
    this.review.slicesDrawn(this.review.active, this.axis).clear();
    this.review.emit("organs");
  }

  fillHoles(): void {
    this.change(
      "fill holes",
      () => holesFilled(this.review.activeOrgan!.mask, this.axis),
      (n) => `Holes filled: ${n} voxels`,
    );
  }

  smooth(): void {
    this.change(
      "smooth",
      () => smoothed(this.review.activeOrgan!.mask, 1.5, this.review.grid.spacing),
      () => "Smoothed",
      true,
    );
  }

  margin(sign: 1 | -1): void {
    const mm = this.review.marginMm;
    this.change(
      sign > 0 ? "grow" : "shrink",
      () => margin(this.review.activeOrgan!.mask, sign * mm, this.review.grid.spacing),
      (n) => `${sign > 0 ? "Grown" : "Shrunk"} by ${mm} mm: ${n} voxels`,
      true,
    );
  }

  copySlice(steps: 1 | -1): void {
    const { axis, sign } = this.review.cuts[this.review.plane].through;
    const from = this.review.cursor[axis];
    const to = from + sign * steps;
    this.change(
      "copy slice",
      () => copiedSlice(this.review.activeOrgan!.mask, axis, from, to),
      () => `Slice ${from + 1} copied to ${to + 1}`,
    );
    this.review.slicesDrawn(this.review.active, axis).add(from).add(to);
    this.review.scroll(this.review.plane, steps);
  }

  removeDetached(): void {
    let removed = 0;
    this.change(
      "delete detached",
      () => {
        const result = largestComponent(this.review.activeOrgan!.mask);
        removed = result.removed;
        return result;
      },
      (n) => `${removed} detached components deleted: ${-n} voxels`,
      true,
    );
  }

  clearSlice(): void {
    this.change(
      "clear slice",
      () => {
        const box = [...this.review.activeOrgan!.mask.box] as [number, number, number, number, number, number];
        box[this.axis] = this.review.cursor[this.axis];
        box[this.axis + 3] = box[this.axis] + 1;
        return isEmpty(box)
          ? { box: EMPTY, values: new Uint8Array(0) }
          : { box, values: new Uint8Array(voxelCount(box)) };
      },
      () => "Slice cleared",
    );
  }

  swapSides(): void {
    this.guarded(() => {
      const organ = this.review.activeOrgan;
      const pair = organ && otherSide(organ.info.name);
      const other = this.review.organs.find((o) => o.info.name === pair);
      if (!organ || !other) throw new Refused("This organ has no other side in the case.");
      const edit = this.review.editor.begin("swap sides", organ.info.id);
      const box = [organ.mask, other.mask].map((m) => m.tight()).reduce(around, EMPTY);
      const [mine, theirs] = [organ.mask.crop(box), other.mask.crop(box)];
      try {
        edit.replaceOther(other.info.id, { box, values: mine });
      } catch (error) {
        edit.cancel();
        throw error;
      }
      edit.replace({ box, values: theirs });
      this.finish(edit, `${organ.info.name} and ${other.info.name} swapped`);
    });
  }

  // Asks the server for the model's own mask in a box and takes it over.
  async recontour(box: Box): Promise<void> {
    const id = this.review.active;
    try {
      this.review.say("Contouring the box anew ...");
      const values = decodeRuns(await server.recontour(id, box), voxelCount(box));
      this.guarded(() => {
        const edit = this.review.editor.begin("re-contour", id, this.review.keep);
        edit.replace({ box, values });
        const by = this.review.info.recontour?.model;
        this.finish(
          edit,
          `${this.nameOf(id)} contoured anew in a box of ${extent(box).join(" x ")} voxels${by ? ` by ${by}` : ""}`,
        );
      });
    } catch (error) {
      this.review.say(error instanceof Error ? error.message : String(error), true);
    }
  }

  undo(): void {
    this.guarded(() => {
      const step = this.review.editor.undo();
      this.review.say(step ? `Undone: ${step.label}` : "There is nothing to undo.");
      this.review.emit("organs");
    });
  }

  redo(): void {
    this.guarded(() => {
      const step = this.review.editor.redo();
      this.review.say(step ? `Done again: ${step.label}` : "There is nothing to do again.");
      this.review.emit("organs");
    });
  }

  async lock(id: number, locked: boolean): Promise<void> {
    const organ = this.review.organ(id);
    if (!organ || !this.review.editable) return;
    const editable = this.review.editor.organs.get(id)!;
    const before = editable.locked;
    try {
      if (locked) editable.locked = true; // the server refuses drafts of a locked organ: none may follow these
      await this.review.drafts.flush();
      await this.review.drafts.alone(() => server.changeOrgan(id, { locked }));
      organ.info.locked = locked;
      editable.locked = locked;
      this.review.say(`${organ.info.name} ${locked ? "locked" : "unlocked"}`);
      this.review.emit("organs");
    } catch (error) {
      editable.locked = before;
      this.review.say(error instanceof Error ? error.message : String(error), true);
    }
  }
}
