import type { Triple } from "../voxels/box";
import { distanceMm } from "../voxels/grid";
import type { Measure, Review } from "../case/review";
import type { Frame } from "./frame";

export interface Marks {
  pointer: Triple | null; // where the mouse is
  corners: Triple[]; // of the polygon, distance or box that is being drawn
}

// Crosshair, brush, distances and what is being drawn.
export function drawMarks(
  canvas: HTMLCanvasElement,
  frame: Frame,
  review: Review,
  marks: Marks,
  measures: readonly Measure[],
  unsure: readonly Triple[],
  ratio: number,
): void {
  const context = canvas.getContext("2d")!;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.lineWidth = ratio;
  drawCrosshair(context, frame, review.cursor, ratio);
  for (const place of unsure) drawUnsure(context, frame.toScreen(place), ratio);
  for (const measure of measures) drawDistance(context, frame, review, measure.from, measure.to, ratio);
  const { tool } = review;
  const tip = marks.pointer;
  if (tool === "measure" && marks.corners.length === 1 && tip)
    drawDistance(context, frame, review, marks.corners[0], tip, ratio);
  if (tool === "polygon" && marks.corners.length)
    drawLine(context, frame, [...marks.corners, ...(tip ? [tip] : [])], ratio);
  if (tool === "box" && marks.corners.length === 1 && tip) drawBox(context, frame, marks.corners[0], tip, ratio);
  if (tool === "brush" || tool === "eraser") drawBrush(context, frame, tip ?? review.cursor, review, ratio);
}

function drawCrosshair(context: CanvasRenderingContext2D, frame: Frame, at: Triple, ratio: number): void {
  const [x, y] = frame.toScreen(at);
  const gap = 10 * ratio;
  context.strokeStyle = "rgba(120, 220, 255, 0.7)";
  context.beginPath();
  for (const [x0, y0, x1, y1] of [
    [0, y, x - gap, y],
    [x + gap, y, frame.width, y],
    [x, 0, x, y - gap],
    [x, y + gap, x, frame.height],
  ]) {
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
  }
  context.stroke();
}

function drawUnsure(context: CanvasRenderingContext2D, [x, y]: [number, number], ratio: number): void {
  context.strokeStyle = "#ffd34d";
  context.lineWidth = 2 * ratio;
  context.strokeRect(x - 6 * ratio, y - 6 * ratio, 12 * ratio, 12 * ratio);
  context.lineWidth = ratio;
}

function drawBrush(context: CanvasRenderingContext2D, frame: Frame, at: Triple, review: Review, ratio: number): void {
  const [x, y] = frame.toScreen(at);
  context.strokeStyle = review.tool === "eraser" ? "#ff9d9d" : "#ffffff";
  context.lineWidth = 1.5 * ratio;
  context.setLineDash(review.tool === "eraser" ? [4 * ratio, 3 * ratio] : []);
  context.beginPath();
  context.arc(x, y, review.brush.radius * frame.zoom, 0, 2 * Math.PI);
  context.stroke();
  if (review.brush.ball) {
    // an inner ring tells the ball from the disc
    context.beginPath();
    context.arc(x, y, Math.max(2, review.brush.radius * frame.zoom - 4 * ratio), 0, 2 * Math.PI);
    context.stroke();
  }
  context.setLineDash([]);
}

function drawLine(context: CanvasRenderingContext2D, frame: Frame, corners: readonly Triple[], ratio: number): void {
  context.strokeStyle = "#ffffff";
  context.lineWidth = 1.5 * ratio;
  context.beginPath();
  corners.map((c) => frame.toScreen(c)).forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
}

function drawBox(context: CanvasRenderingContext2D, frame: Frame, from: Triple, to: Triple, ratio: number): void {
  const [[x0, y0], [x1, y1]] = [frame.toScreen(from), frame.toScreen(to)];
  context.strokeStyle = "#ffffff";
  context.setLineDash([6 * ratio, 4 * ratio]);
  context.strokeRect(Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0));
  context.setLineDash([]);
}

function drawDistance(
  context: CanvasRenderingContext2D,
  frame: Frame,
  review: Review,
  from: Triple,
  to: Triple,
  ratio: number,
): void {
  drawLine(context, frame, [from, to], ratio);
  const [x, y] = frame.toScreen(to);
  const text = `${distanceMm(review.grid, from, to, review.info.slices_mm).toFixed(1)} mm`;
  context.font = `${13 * ratio}px sans-serif`;
  const width = context.measureText(text).width;
  context.fillStyle = "rgba(0, 0, 0, 0.8)";
  context.fillRect(x + 6 * ratio, y - 10 * ratio, width + 8 * ratio, 20 * ratio);
  context.fillStyle = "#ffffff";
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(text, x + 10 * ratio, y);
}
