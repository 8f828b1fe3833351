import { type Box, type Triple, intersect, isEmpty, wholeGrid } from "../voxels/box";
import { distanceMm } from "../voxels/grid";
import type { Actions } from "../case/actions";
import type { Review } from "../case/review";
import type { SliceView } from "./slice_view";

// What the mouse and the keys do in a view.
export class Pointer {
  private drag: { kind: "window" | "pan" | "look" | "stroke"; x: number; y: number; erase: boolean } | null = null;

  constructor(
    private view: SliceView,
    private review: Review,
    private actions: Actions,
  ) {
    const root = view.root;
    root.addEventListener("pointerdown", (event) => this.down(event));
    root.addEventListener("pointermove", (event) => this.move(event));
    root.addEventListener("pointerup", (event) => this.up(event));
    root.addEventListener("pointercancel", () => {
      this.drag = null;
      this.actions.cancelStroke();
    });
    root.addEventListener("pointerleave", () => {
      view.marks.pointer = null;
      view.redraw("marks");
    });
    root.addEventListener("contextmenu", (event) => event.preventDefault());
    root.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    root.addEventListener("dblclick", () => {
      if (review.tool === "polygon") this.enter();
    });
    root.addEventListener("focus", () => this.use());
    root.addEventListener("keydown", (event) => this.key(event));
  }

  private use(): void {
    if (this.review.plane === this.view.plane) return;
    this.review.plane = this.view.plane;
    this.review.emit("tool");
  }

  private down(event: PointerEvent): void {
    this.use();
    this.view.root.focus({ preventScroll: true });
    this.view.root.setPointerCapture(event.pointerId);
    event.preventDefault();
    const at = this.view.placeOf(event);
    const start = (kind: "window" | "pan" | "look" | "stroke", erase = false) => {
      this.drag = { kind, x: event.clientX, y: event.clientY, erase };
    };
    if (event.button === 2) return start("window");
    if (event.button === 1 || event.ctrlKey) return start("pan");
    const { tool } = this.review;
    if (tool === "brush" || tool === "eraser") {
      const erase = (tool === "eraser") !== event.shiftKey;
      if (this.actions.beginStroke(at, erase)) start("stroke", erase);
    } else if (tool === "look") {
      start("look");
      this.review.moveTo(at);
    } else this.point(at, event.shiftKey);
  }

  private move(event: PointerEvent): void {
    const at = this.view.placeOf(event);
    this.view.marks.pointer = at;
    const { drag, review, view } = this;
    if (drag) {
      const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
      if (drag.kind === "stroke") this.actions.strokeTo(at, drag.erase);
      if (drag.kind === "look") review.moveTo(at);
      if (drag.kind === "pan") view.pan(dx, dy);
      if (drag.kind === "window") {
        review.window = {
          centre: Math.round(review.window.centre - 2 * dy),
          width: Math.max(1, Math.round(review.window.width + 2 * dx)),
        };
        review.emit("display");
      }
      drag.x = event.clientX;
      drag.y = event.clientY;
    }
    view.redraw("marks");
  }

  private up(event: PointerEvent): void {
    if (this.drag?.kind === "stroke") this.actions.endStroke(this.view.placeOf(event));
    this.drag = null;
  }

  // A corner of what is being drawn.
  point(at: Triple, erase = false): void {
    const { marks } = this.view;
    const { tool, review } = { tool: this.review.tool, review: this.review };
    if (tool === "brush" || tool === "eraser") {
      if (this.actions.beginStroke(at, (tool === "eraser") !== erase)) this.actions.endStroke(at);
    } else if (tool === "polygon") marks.corners.push(at);
    else if (tool === "measure" || tool === "box") {
      marks.corners.push(at);
      if (marks.corners.length === 2) this.finishPair(marks.corners[0], at);
    } else review.moveTo(at);
    this.view.redraw("marks");
  }

  private finishPair(from: Triple, to: Triple): void {
    this.view.marks.corners = [];
    if (this.review.tool === "measure") {
      this.review.measures.push({ plane: this.view.plane, from, to });
      this.review.say(`Distance ${distanceMm(this.review.grid, from, to, this.review.info.slices_mm).toFixed(1)} mm`);
      return;
    }
    // A box drawn on one slice reaches through the organ, and a little beyond it.
    const axis = this.view.frame.cut.through.axis;
    const mask = this.review.activeOrgan?.mask.tight();
    const low = [0, 1, 2].map((i) => Math.round(Math.min(from[i], to[i])));
    const high = [0, 1, 2].map((i) => Math.round(Math.max(from[i], to[i])) + 1);
    if (mask && !isEmpty(mask)) {
      low[axis] = Math.min(low[axis], mask[axis] - 2);
      high[axis] = Math.max(high[axis], mask[axis + 3] + 2);
    } else {
      // As deep as it is wide.
      const { spacing } = this.review.grid;
      const mm = Math.max(...[0, 1, 2].map((i) => (i === axis ? 0 : (high[i] - low[i]) * spacing[i])));
      low[axis] -= Math.round(mm / 2 / spacing[axis]);
      high[axis] += Math.round(mm / 2 / spacing[axis]);
    }
    const box = intersect([...low, ...high] as unknown as Box, wholeGrid(this.review.grid.size));
    if (!isEmpty(box)) void this.actions.recontour(box);
  }

  private enter(erase = false): void {
    const { marks } = this.view;
    if (this.review.tool === "polygon" && marks.corners.length) {
      this.actions.polygon(marks.corners, erase);
      marks.corners = [];
      this.view.redraw("marks");
    }
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    this.use();
    const down = event.deltaY || event.deltaX; // shift turns the wheel sideways in some browsers
    if (event.ctrlKey) return this.view.zoom(down < 0 ? 1.15 : 1 / 1.15, event);
    if (event.shiftKey || event.altKey) return this.resizeBrush(down < 0 ? 1.15 : 1 / 1.15);
    this.review.scroll(this.view.plane, down < 0 ? 1 : -1);
  }

  resizeBrush(factor: number): void {
    const { brush } = this.review;
    brush.radius = Math.min(60, Math.max(0.5, Math.round(10 * brush.radius * factor) / 10));
    this.review.emit("tool");
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { cut } = this.view.frame;
    const to = [...this.review.cursor];
    const step = event.shiftKey ? 10 : 1;
    const moves: Record<string, () => void> = {
      ArrowRight: () => {
        to[cut.right.axis] += step * cut.right.sign;
      },
      ArrowLeft: () => {
        to[cut.right.axis] -= step * cut.right.sign;
      },
      ArrowDown: () => {
        to[cut.down.axis] += step * cut.down.sign;
      },
      ArrowUp: () => {
        to[cut.down.axis] -= step * cut.down.sign;
      },
      PageUp: () => {
        to[cut.through.axis] += step * cut.through.sign;
      },
      PageDown: () => {
        to[cut.through.axis] -= step * cut.through.sign;
      },
    };
    if (moves[event.key]) {
      moves[event.key]();
      this.review.moveTo(to);
      this.view.marks.pointer = null;
    } else if (event.key === " ") this.point([...this.review.cursor], event.shiftKey);
    else if (event.key === "Enter") this.enter(event.shiftKey);
    else if (event.key === "Escape") {
      this.actions.cancelStroke();
      this.drag = null;
      this.view.marks.corners = [];
      this.view.redraw("marks");
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
