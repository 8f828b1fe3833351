import type { Review, Shown } from "../case/review";
import { outlines } from "../voxels/outline";
import type { Frame } from "./frame";

interface Known {
  version: number;
  at: number;
  rings: Int32Array[]; // in corners of voxels of the slice, the axes in the grid's order
}

// The organs' contours on a slice: outlines, fills, and each organ's letter. Rings are kept until mask or slice changes.
export class ContourLayer {
  private known = new Map<Shown, Known>();

  draw(canvas: HTMLCanvasElement, frame: Frame, review: Review, organs: readonly Shown[], ratio: number): void {
    const context = canvas.getContext("2d")!;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    const taken: [number, number][] = [];
    for (const organ of organs) {
      const rings = this.ringsOf(organ, frame.cut.through.axis, review.cursor[frame.cut.through.axis]);
      if (rings.length === 0) continue;
      const path = new Path2D();
      const end = addRings(path, rings, frame);
      const active = organ.info.id === review.active;
      const colour = review.colour(organ);
      if (review.style !== "outlines") {
        context.globalAlpha = review.opacity;
        context.fillStyle = colour;
        context.fill(path, "evenodd");
        context.globalAlpha = 1;
      }
      if (review.style !== "fills") {
        context.lineJoin = "round";
        if (active) {
          // a dark rim keeps the line apart from bone and from air
          context.setLineDash([]);
          context.strokeStyle = "rgba(0, 0, 0, 0.65)";
          context.lineWidth = 4.5 * ratio;
          context.stroke(path);
        }
        context.setLineDash(organ.dash.map((d) => d * ratio));
        context.strokeStyle = colour;
        context.lineWidth = (active ? 2.4 : 1.5) * ratio;
        context.stroke(path);
        context.setLineDash([]);
      }
      if (review.names) drawKey(context, organ, colour, end, taken, ratio);
    }
  }

  private ringsOf(organ: Shown, axis: number, at: number): Int32Array[] {
    const known = this.known.get(organ);
    if (known && known.version === organ.mask.version && known.at === at) return known.rings;
    const slice = organ.mask.slice(axis, at);
    const rings = outlines(slice.data, slice.width, slice.height);
    for (const ring of rings)
      for (let i = 0; i < ring.length; i += 2) {
        ring[i] += slice.a0;
        ring[i + 1] += slice.b0;
      }
    this.known.set(organ, { version: organ.mask.version, at, rings });
    return rings;
  }
}

// Adds the rings in pixels; returns the end at the right of them, for the letter.
function addRings(path: Path2D, rings: readonly Int32Array[], frame: Frame): [number, number] {
  const { right, down, through } = frame.cut;
  const first = through.axis === 0 ? 1 : 0; // the axis of a ring's x
  const place: [number, number, number] = [0, 0, 0];
  const second = 3 - first - through.axis;
  let end: [number, number] = [-Infinity, 0];
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      place[first] = ring[i] - 0.5;
      place[second] = ring[i + 1] - 0.5;
      const x = frame.width / 2 + (place[right.axis] - frame.middle[0]) * frame.stepRight;
      const y = frame.height / 2 + (place[down.axis] - frame.middle[1]) * frame.stepDown;
      if (i === 0) path.moveTo(x, y);
      else path.lineTo(x, y);
      if (x > end[0]) end = [x, y];
    }
    path.closePath();
  }
  return end;
}

function drawKey(
  context: CanvasRenderingContext2D,
  organ: Shown,
  colour: string,
  end: [number, number],
  taken: [number, number][],
  ratio: number,
): void {
  const [width, height] = [(6 + 8 * organ.key.length) * ratio, 15 * ratio];
  const x = end[0] + 4 * ratio;
  let y = end[1] - height / 2;
  while (taken.some(([tx, ty]) => Math.abs(tx - x) < width && Math.abs(ty - y) < height)) y += height;
  taken.push([x, y]);
  context.fillStyle = "rgba(0, 0, 0, 0.8)";
  context.fillRect(x, y, width, height);
  context.strokeStyle = colour;
  context.lineWidth = ratio;
  context.strokeRect(x, y, width, height);
  context.fillStyle = "#fff";
  context.font = `bold ${11 * ratio}px sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(organ.key, x + width / 2, y + height / 2);
}
