import type { Review } from "../case/review";
import type { Frame } from "./frame";

// The CT's slice in grey, drawn anew where slice or window changed.
export class CtLayer {
  private image: HTMLCanvasElement = document.createElement("canvas");
  private drawn = "";
  private greys = new Uint32Array(65536); // of a HU, read as uint16

  draw(canvas: HTMLCanvasElement, frame: Frame, review: Review): void {
    const { right, down, through } = frame.cut;
    const at = review.cursor[through.axis];
    const key = `${at} ${review.window.centre} ${review.window.width}`;
    if (key !== this.drawn) {
      this.drawn = key;
      this.fill(frame, review, at);
    }
    const context = canvas.getContext("2d", { alpha: false })!;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    const corner: [number, number, number] = [0, 0, 0];
    corner[right.axis] = -0.5;
    corner[down.axis] = -0.5;
    const [x, y] = frame.toScreen(corner);
    context.setTransform(frame.stepRight, 0, 0, frame.stepDown, x, y);
    context.imageSmoothingEnabled = Math.abs(frame.stepRight) < 12; // single voxels show when they are large
    context.drawImage(this.image, 0, 0);
  }

  private fill(frame: Frame, review: Review, at: number): void {
    const [width, height] = [frame.sizeRight, frame.sizeDown];
    if (this.image.width !== width || this.image.height !== height) {
      this.image.width = width;
      this.image.height = height;
    }
    this.fillGreys(review.window.centre, review.window.width);
    const context = this.image.getContext("2d", { alpha: false })!;
    const picture = context.createImageData(width, height);
    const pixels = new Uint32Array(picture.data.buffer);
    const [nx, ny] = review.grid.size;
    const strides = [1, nx, nx * ny];
    const [stepRight, stepDown] = [strides[frame.cut.right.axis], strides[frame.cut.down.axis]];
    const values = new Uint16Array(review.ct.buffer, review.ct.byteOffset, review.ct.length);
    const start = at * strides[frame.cut.through.axis];
    for (let j = 0, i = 0; j < height; j++)
      for (let k = 0, from = start + j * stepDown; k < width; k++, from += stepRight)
        pixels[i++] = this.greys[values[from]];
    context.putImageData(picture, 0, 0);
  }

  private fillGreys(centre: number, width: number): void {
    const low = centre - width / 2;
    for (let i = 0; i < 65536; i++) {
      const hu = i < 32768 ? i : i - 65536;
      const grey = Math.round(255 * Math.min(1, Math.max(0, (hu - low) / Math.max(1, width))));
      this.greys[i] = 0xff000000 | (grey << 16) | (grey << 8) | grey;
    }
  }
}
