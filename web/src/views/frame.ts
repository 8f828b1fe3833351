import type { Box, Triple } from "../voxels/box";
import type { Cut, Grid } from "../voxels/grid";

// From voxels of a plane to pixels of a canvas and back: zoom in pixels a mm, and the place in voxels that stands in the
// canvas's middle.
export class Frame {
  width = 1;
  height = 1;
  zoom = 1;
  middle: [number, number]; // voxel indices along the axes that run right and down

  // shown: what is to be seen at first, such as the patient without the air around.
  constructor(
    private grid: Grid,
    readonly cut: Cut,
    private shown: Box,
  ) {
    this.middle = this.shownMiddle();
  }

  private shownMiddle(): [number, number] {
    const middle = (axis: number) => (this.shown[axis] + this.shown[axis + 3] - 1) / 2;
    return [middle(this.cut.right.axis), middle(this.cut.down.axis)];
  }

  get sizeRight(): number {
    return this.grid.size[this.cut.right.axis];
  }

  get sizeDown(): number {
    return this.grid.size[this.cut.down.axis];
  }

  // Pixels a voxel, with the sign of the index's way on the screen.
  get stepRight(): number {
    return this.cut.right.sign * this.grid.spacing[this.cut.right.axis] * this.zoom;
  }

  get stepDown(): number {
    return this.cut.down.sign * this.grid.spacing[this.cut.down.axis] * this.zoom;
  }

  fit(): void {
    this.middle = this.shownMiddle();
    const mm = (axis: number) => (this.shown[axis + 3] - this.shown[axis]) * this.grid.spacing[axis];
    this.zoom = Math.min(this.width / mm(this.cut.right.axis), this.height / mm(this.cut.down.axis));
  }

  toScreen(place: readonly number[]): [number, number] {
    return [
      this.width / 2 + (place[this.cut.right.axis] - this.middle[0]) * this.stepRight,
      this.height / 2 + (place[this.cut.down.axis] - this.middle[1]) * this.stepDown,
    ];
  }

  // The place under a pixel; on the axis through the plane it is that of `at`.
  toVoxels(x: number, y: number, at: Triple): Triple {
    const place: [number, number, number] = [...at];
    place[this.cut.right.axis] = this.middle[0] + (x - this.width / 2) / this.stepRight;
    place[this.cut.down.axis] = this.middle[1] + (y - this.height / 2) / this.stepDown;
    return place;
  }

  pan(dx: number, dy: number): void {
    this.middle = [this.middle[0] - dx / this.stepRight, this.middle[1] - dy / this.stepDown];
  }

  // Zooms so that what is under the pixel stays there.
  zoomAt(factor: number, x: number, y: number): void {
    this.pan(this.width / 2 - x, this.height / 2 - y);
    this.zoom = Math.min(60, Math.max(0.2, this.zoom * factor));
    this.pan(x - this.width / 2, y - this.height / 2);
  }
}
