import { NVMesh, Niivue, SLICE_TYPE } from "@niivue/niivue";
import { element } from "../panels/element";
import type { Review, Shown } from "../case/review";
import { toMm } from "../voxels/grid";
import { surfaceOf } from "../voxels/surface";

// The organs as surfaces in space, drawn by NiiVue. It is loaded when it is first shown; surfaces follow the masks when
// drawing rests, since a large one takes some tenths of a second, and the crosshair when it rests, since a picture takes
// Firefox 40 ms without 3D hardware, for which slices would wait.
export class SpaceView {
  readonly root: HTMLElement;
  private nv = new Niivue({
    backColor: [0.07, 0.08, 0.1, 1],
    show3Dcrosshair: true,
    isOrientCube: true,
    dragAndDropEnabled: false,
    loadingText: "",
    crosshairColor: [0.47, 0.86, 1, 0.7],
    crosshairWidth: 0.5,
    logLevel: "error",
  });
  private canvas = element("canvas", { "aria-hidden": "true" });
  private meshes = new Map<Shown, { mesh: NVMesh | null; version: number; colour: string }>();
  private timer = 0;
  private crosshairTimer = 0;
  ready = false;

  constructor(private review: Review) {
    this.root = element(
      "section",
      {
        class: "view space",
        tabindex: "0",
        role: "application",
        "aria-label": "Space view: organs as surfaces. Arrow keys turn it.",
      },
      this.canvas,
      element("h2", { class: "title" }, "Space"),
    );
    this.root.addEventListener("keydown", (event) => this.key(event));
    review.on(["masks"], () => this.later(600));
    review.on(["organs", "display"], () => this.later(50));
    review.on(["cursor"], () => {
      window.clearTimeout(this.crosshairTimer);
      this.crosshairTimer = window.setTimeout(() => this.moveCrosshair(), 60);
    });
  }

  async start(): Promise<void> {
    await this.nv.attachToCanvas(this.canvas);
    this.canvas.removeAttribute("tabindex"); // the section around it takes the keys
    this.nv.setSliceType(SLICE_TYPE.RENDER);
    this.turn(160, 10);
    this.update();
    this.ready = true;
  }

  // Degrees: from the front at 180, from above at elevation 90.
  turn(azimuth: number, elevation: number): void {
    this.nv.setRenderAzimuthElevation(azimuth, elevation);
  }

  private later(ms: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.update(), ms);
  }

  private update(): void {
    if (!this.root.isConnected || this.root.clientWidth === 0) return this.later(1000);
    const wanted = this.review.shownOrgans();
    for (const [shown, known] of this.meshes)
      if (
        !wanted.includes(shown) ||
        known.version !== shown.mask.version ||
        known.colour !== this.review.colour(shown)
      ) {
        if (known.mesh) this.nv.removeMesh(known.mesh);
        this.meshes.delete(shown);
      }
    for (const shown of wanted) {
      if (this.meshes.has(shown)) continue;
      const mesh = this.meshOf(shown);
      this.meshes.set(shown, { mesh, version: shown.mask.version, colour: this.review.colour(shown) });
      if (mesh) this.nv.addMesh(mesh);
    }
    this.moveCrosshair();
  }

  // In mm of NiiVue's space: right-handed, x to the patient's right is negative (RAS), where the grid is LPS.
  private meshOf(shown: Shown): NVMesh | null {
    const { places, triangles } = surfaceOf(shown.mask);
    if (triangles.length === 0) return null;
    const grid = this.review.grid;
    const points = new Float32Array(places.length);
    for (let i = 0; i < places.length; i += 3) {
      const [x, y, z] = toMm(grid, [places[i], places[i + 1], places[i + 2]]);
      points.set([-x, -y, z], i);
    }
    const d = grid.direction;
    const handed =
      d[0] * (d[4] * d[8] - d[5] * d[7]) - d[1] * (d[3] * d[8] - d[5] * d[6]) + d[2] * (d[3] * d[7] - d[4] * d[6]);
    if (handed < 0)
      for (let i = 0; i < triangles.length; i += 3)
        [triangles[i + 1], triangles[i + 2]] = [triangles[i + 2], triangles[i + 1]];
    const colour = this.review.colour(shown);
    const rgba = Uint8Array.of(...[1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) || 0), 255);
    return new NVMesh(points, triangles, String(shown.info.id), rgba, 1, true, this.nv.gl);
  }

  private moveCrosshair(): void {
    if (!this.nv.meshes?.length || !this.root.isConnected) return;
    const [x, y, z] = toMm(this.review.grid, this.review.cursor);
    this.nv.scene.crosshairPos = this.nv.mm2frac([-x, -y, z]);
    this.nv.drawScene();
  }

  private key(event: KeyboardEvent): void {
    const turn: Record<string, [number, number]> = {
      ArrowLeft: [-15, 0],
      ArrowRight: [15, 0],
      ArrowUp: [0, 15],
      ArrowDown: [0, -15],
    };
    const by = turn[event.key];
    if (!by) return;
    this.turn(this.nv.scene.renderAzimuth + by[0], this.nv.scene.renderElevation + by[1]);
    event.preventDefault();
  }
}
