import { element } from "../panels/element";
import type { Triple } from "../voxels/box";
import { type Plane, edgeLetters } from "../voxels/grid";
import type { Review, Shown } from "../case/review";
import { ContourLayer } from "./contour_layer";
import { CtLayer } from "./ct_layer";
import { Frame } from "./frame";
import { type Marks, drawMarks } from "./mark_layer";

// One plane of the patient: the CT, contours and marks in a canvas each, the letters of its edges as text.
export class SliceView {
  readonly root: HTMLElement;
  readonly frame: Frame;
  readonly marks: Marks = { pointer: null, corners: [] };
  organs: () => readonly Shown[];
  private canvases: HTMLCanvasElement[];
  private facts = element("div", { class: "facts" });
  private ct = new CtLayer();
  private contours = new ContourLayer();
  private stale = { ct: true, contours: true, marks: true };
  private waiting = false;
  private ratio = 1;
  twin: SliceView | null = null; // the view beside, which shows the same place

  constructor(
    readonly review: Review,
    readonly plane: Plane,
    title: string,
    organs?: () => readonly Shown[],
  ) {
    this.organs = organs ?? (() => review.shownOrgans());
    this.frame = new Frame(review.grid, review.cuts[plane], review.body);
    this.canvases = ["ct", "contours", "marks"].map((name) => element("canvas", { class: `layer ${name}` }));
    const letters = edgeLetters(review.grid, review.cuts[plane]);
    this.root = element(
      "section",
      {
        class: "view",
        tabindex: "0",
        role: "application",
        "data-plane": plane,
        "aria-label": `${title} view. Arrow keys move the crosshair, page keys change the slice, space uses the tool.`,
      },
      ...this.canvases,
      ...Object.entries(letters).map(([edge, text]) => element("span", { class: `edge ${edge}` }, text)),
      element("h2", { class: "title" }, title),
      this.facts,
    );
    new ResizeObserver(() => this.resize()).observe(this.root);
    review.on(["cursor", "display"], () => this.redraw());
    review.on(["masks", "organs", "case"], () => this.redraw("contours", "marks"));
    review.on(["tool"], () => {
      this.marks.corners = [];
      this.redraw("marks");
    });
  }

  private resize(): void {
    this.ratio = window.devicePixelRatio || 1;
    const [width, height] = [this.root.clientWidth, this.root.clientHeight].map((n) => Math.round(n * this.ratio));
    if (width === 0 || height === 0) return;
    const grow = this.frame.width > 1 ? Math.min(width / this.frame.width, height / this.frame.height) : 0;
    for (const canvas of this.canvases) {
      canvas.width = width;
      canvas.height = height;
    }
    this.frame.width = width;
    this.frame.height = height;
    if (grow) this.frame.zoom *= grow;
    else this.frame.fit();
    this.moved();
  }

  fit(): void {
    this.frame.fit();
    this.moved();
  }

  // Draws both views anew where the place that they show has changed.
  private moved(): void {
    this.redraw();
    if (!this.twin?.root.isConnected) return;
    this.twin.follow(this);
  }

  follow(other: SliceView): void {
    this.frame.zoom = other.frame.zoom;
    this.frame.middle = [...other.frame.middle];
    this.redraw();
  }

  // The place in voxels under a mouse event.
  placeOf(event: MouseEvent): Triple {
    const box = this.root.getBoundingClientRect();
    return this.frame.toVoxels(
      (event.clientX - box.left) * this.ratio,
      (event.clientY - box.top) * this.ratio,
      this.review.cursor,
    );
  }

  zoom(factor: number, event?: MouseEvent): void {
    const box = this.root.getBoundingClientRect();
    const [x, y] = event
      ? [(event.clientX - box.left) * this.ratio, (event.clientY - box.top) * this.ratio]
      : this.frame.toScreen(this.review.cursor);
    this.frame.zoomAt(factor, x, y);
    this.moved();
  }

  pan(dx: number, dy: number): void {
    this.frame.pan(dx * this.ratio, dy * this.ratio);
    this.moved();
  }

  // Draws these layers with the next picture of the screen; all of them where none is named.
  redraw(...layers: ("ct" | "contours" | "marks")[]): void {
    for (const layer of layers.length ? layers : (["ct", "contours", "marks"] as const)) this.stale[layer] = true;
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  draw(): void {
    if (!this.root.isConnected || this.root.clientWidth === 0) return;
    const { review, frame, canvases } = this;
    if (this.stale.ct) this.ct.draw(canvases[0], frame, review);
    if (this.stale.contours) this.contours.draw(canvases[1], frame, review, this.organs(), this.ratio);
    if (this.stale.marks) {
      const through = frame.cut.through.axis;
      const at = review.cursor[through];
      const measures = review.measures.filter((m) => m.plane === this.plane && Math.round(m.from[through]) === at);
      const unsure = (review.activeOrgan?.info.unsure ?? []).filter((p) => Math.round(p[through]) === at);
      drawMarks(canvases[2], frame, review, this.marks, measures, unsure, this.ratio);
      this.facts.textContent = `${at + 1} / ${review.grid.size[through]}`;
    }
    this.stale = { ct: false, contours: false, marks: false };
  }
}
