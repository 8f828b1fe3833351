import { element } from "../panels/element";
import { PLANES, type Plane } from "../voxels/grid";
import type { Actions } from "../case/actions";
import { loadOther } from "../case/load";
import type { Review, Shown } from "../case/review";
import { Pointer } from "./pointer";
import { SliceView } from "./slice_view";
import type { SpaceView } from "./space";

const TITLES: Record<Plane, string> = { axial: "Axial", coronal: "Coronal", sagittal: "Sagittal" };

// Arranges the views: all four, one alone, or one beside a comparison.
export class Layout {
  readonly root = element("main", { id: "views", class: "views", "aria-label": "Views" });
  readonly views: SliceView[];
  private compared: Shown[] = [];
  private beside: Record<Plane, SliceView>;
  private space: HTMLElement | null = null;
  spaceView: SpaceView | null = null;
  private shown = "";

  constructor(
    private review: Review,
    actions: Actions,
  ) {
    const make = (plane: Plane, title: string, organs?: () => readonly Shown[]) => {
      const view = new SliceView(review, plane, title, organs);
      new Pointer(view, review, actions);
      return view;
    };
    this.views = PLANES.map((plane) => make(plane, TITLES[plane]));
    this.beside = Object.fromEntries(
      PLANES.map((plane) => [plane, make(plane, `${TITLES[plane]}, comparison`, () => this.compared)]),
    ) as Record<Plane, SliceView>;
    for (const plane of PLANES)
      [this.view(plane).twin, this.beside[plane].twin] = [this.beside[plane], this.view(plane)];
    review.on(["display", "tool", "case"], () => void this.arrange());
  }

  view(plane: Plane): SliceView {
    return this.views[PLANES.indexOf(plane)];
  }

  async arrange(): Promise<void> {
    const { layout, plane, compared } = this.review;
    const wanted = layout === "compare" ? `compare ${plane} ${compared}` : layout;
    if (wanted === this.shown) return;
    this.shown = wanted;
    this.root.className = `views ${layout}`;
    if (layout === "compare") {
      this.root.replaceChildren(this.view(plane).root, this.beside[plane].root);
      await this.compare(plane);
    } else if (layout === "space") this.root.replaceChildren(await this.spaceRoot());
    else if (layout === "four") {
      this.root.replaceChildren(...this.views.map((v) => v.root));
      const space = await this.spaceRoot();
      if (this.shown === "four") this.root.append(space);
    } else this.root.replaceChildren(this.view(layout).root);
  }

  private async compare(plane: Plane): Promise<void> {
    const query = this.review.compared;
    try {
      this.compared = query ? await loadOther(this.review, query) : [];
    } catch (error) {
      this.compared = [];
      this.review.say(error instanceof Error ? error.message : String(error), true);
    }
    this.beside[plane].redraw();
  }

  // NiiVue is large, and 3D may be missing, so it comes when it is needed.
  private async spaceRoot(): Promise<HTMLElement> {
    if (this.space) return this.space;
    try {
      const { SpaceView } = await import("./space");
      const view = new SpaceView(this.review);
      this.space = view.root;
      this.spaceView = view;
      requestAnimationFrame(() => void view.start().catch((error: unknown) => this.noSpace(error)));
    } catch (error) {
      this.noSpace(error);
    }
    return this.space!;
  }

  private noSpace(error: unknown): void {
    const text = `The space view needs WebGL 2: ${error instanceof Error ? error.message : String(error)}`;
    const message = element("section", { class: "view space", "aria-label": "Space view" }, element("p", {}, text));
    this.space?.replaceWith(message);
    this.space = message;
  }
}
