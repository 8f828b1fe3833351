import { type Box, type Triple, isEmpty, wholeGrid } from "../voxels/box";
import { type Cut, type Grid, type Plane, PLANES, cutOf } from "../voxels/grid";
import { Mask } from "../voxels/mask";
import { Editor, type Others } from "../edit/editor";
import type { CaseInfo, OrganInfo } from "./contract";
import { Drafts } from "./drafts";
import { type Server, server } from "./server";

export type Tool = "look" | "brush" | "eraser" | "polygon" | "measure" | "box";
export type Layout = "four" | Plane | "space" | "compare";
export type Style = "outlines" | "fills" | "both";
export type Kind = "cursor" | "display" | "masks" | "organs" | "tool" | "case";

// An organ as the page shows it. key is its letter in the views, dash its line: both tell it without its colour.
export interface Shown {
  info: OrganInfo;
  mask: Mask;
  visible: boolean;
  key: string;
  dash: number[];
}

export interface Measure {
  plane: Plane;
  from: Triple;
  to: Triple;
}

const DASHES = [[], [7, 3], [2, 3], [9, 3, 2, 3], [5, 5], [12, 4]];
const KEYS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

// Dark and light, blue and orange, so that no two that stand together differ in red and green alone (Okabe and Ito, 2008).
export const SAFE_COLOURS = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#3f8fd0", "#d55e00", "#cc79a7", "#ffffff"];

// One case on the page: what is shown, what is drawn in, and who listens to changes of it.
export class Review {
  ct: Int16Array = new Int16Array(0);
  body: Box; // around the patient
  readonly organs: Shown[] = [];
  readonly others = new Map<string, Shown[]>(); // of versions and comparisons, by the query that loads them
  readonly cuts: Record<Plane, Cut>;
  readonly editor: Editor;
  readonly drafts: Drafts;

  cursor: Triple;
  active = 0;
  plane: Plane = "axial"; // the one last used
  layout: Layout = "four";
  compared = "";
  tool: Tool = "look";
  window = { centre: 40, width: 350 };
  style: Style = "outlines";
  opacity = 0.35;
  names = true;
  safeColours = false;
  onlyActive = false;
  brush = { radius: 5, ball: false };
  hu = { on: false, low: -150, high: 250 };
  keep: Others = "leave";
  marginMm = 2;
  measures: Measure[] = [];
  drawn = new Map<number, Map<number, Set<number>>>(); // slices that were edited: of an organ, across an axis

  private listeners = new Map<Kind, (() => void)[]>();
  status = "";
  mayTakeOver = false; // the page only looks, but who edited has left
  private toldStatus: (text: string, alarm: boolean) => void = () => undefined;

  constructor(public info: CaseInfo) {
    const grid = info.grid;
    this.body = wholeGrid(grid.size);
    this.cuts = Object.fromEntries(PLANES.map((p) => [p, cutOf(grid, p)])) as Record<Plane, Cut>;
    this.cursor = grid.size.map((n) => Math.floor(n / 2)) as unknown as Triple;
    this.editor = new Editor(grid.size, info.priority, (organ, box) => this.masksChanged(organ, box));
    this.drafts = new Drafts(
      server as Server,
      (id) => this.organ(id)!.mask,
      info.revision,
      () => this.emit("case"),
    );
  }

  get grid(): Grid {
    return this.info.grid;
  }

  get looksBecause(): string {
    return this.info.looks_because ?? `${this.info.editor || "somebody else"} edits this case`;
  }

  // Why no box can be contoured anew; empty: it can.
  get noRecontour(): string {
    return this.info.recontour ? this.info.recontour.none_because : "the server cannot contour";
  }

  // The server says that nothing may be changed any more.
  looksOnly(because: string): void {
    this.mayTakeOver = false;
    if (this.info.looks_because === because) return;
    this.info.role = "look";
    this.info.looks_because = because;
    this.say(`Nothing can be changed any more: ${because}.`, !this.info.versions.at(-1)?.approved);
    this.emit("case");
  }

  // The server says that nobody edits the case any more.
  offerTakeOver(): void {
    if (this.editable || this.mayTakeOver) return;
    this.mayTakeOver = true;
    this.say("Nobody edits this case any more. Shift + E: edit it here; it is loaded anew.");
    this.emit("case");
  }

  get editable(): boolean {
    return this.info.role === "edit";
  }

  on(kinds: Kind[], listener: () => void): void {
    for (const kind of kinds) this.listeners.set(kind, [...(this.listeners.get(kind) ?? []), listener]);
  }

  emit(kind: Kind): void {
    for (const listener of this.listeners.get(kind) ?? []) listener();
  }

  onStatus(told: (text: string, alarm: boolean) => void): void {
    this.toldStatus = told;
  }

  say(text: string, alarm = false): void {
    this.status = text;
    this.toldStatus(text, alarm);
  }

  organ(id: number): Shown | undefined {
    return this.organs.find((o) => o.info.id === id);
  }

  get activeOrgan(): Shown | undefined {
    return this.organ(this.active);
  }

  addOrgan(info: OrganInfo, mask: Mask): Shown {
    const shown = shownAt(info, mask, this.organs.length);
    this.organs.push(shown);
    this.editor.organs.set(info.id, { id: info.id, mask, locked: info.locked });
    if (!this.editor.priority.includes(info.id)) this.editor.priority.push(info.id);
    return shown;
  }

  colour(shown: Shown): string {
    if (!this.safeColours) return shown.info.colour;
    const at = Math.max(0, KEYS.indexOf(shown.key[0])) + 26 * (shown.key.length - 1);
    return SAFE_COLOURS[at % SAFE_COLOURS.length];
  }

  // What a view draws, the active organ last.
  shownOrgans(): Shown[] {
    const visible = this.organs.filter((o) => o.info.id === this.active || (o.visible && !this.onlyActive));
    return [...visible.filter((o) => o.info.id !== this.active), ...visible.filter((o) => o.info.id === this.active)];
  }

  private masksChanged(organ: number, box: Box): void {
    this.info.changed = true;
    this.drafts.changed(organ, box);
    this.emit("masks");
  }

  moveTo(place: readonly number[]): void {
    this.cursor = place.map((c, i) => Math.min(this.grid.size[i] - 1, Math.max(0, Math.round(c)))) as unknown as Triple;
    this.emit("cursor");
  }

  // Steps slices of a plane: +1 is towards the patient's head, back or left.
  scroll(plane: Plane, steps: number): void {
    const { axis, sign } = this.cuts[plane].through;
    const to = [...this.cursor];
    to[axis] += sign * steps;
    this.moveTo(to);
  }

  choose(id: number, jump = false): void {
    this.active = id;
    const organ = this.activeOrgan;
    const box = organ?.mask.tight();
    if (jump && box && !isEmpty(box)) this.moveTo([0, 1, 2].map((i) => (box[i] + box[i + 3] - 1) / 2));
    this.emit("organs");
  }

  huAt(place: Triple): number {
    const [nx, ny] = this.grid.size;
    return this.ct[place[0] + nx * (place[1] + ny * place[2])];
  }

  // In ml.
  volume(shown: Shown): number {
    const s = this.grid.spacing;
    return (shown.mask.count() * s[0] * s[1] * s[2]) / 1000;
  }

  slicesDrawn(organ: number, axis: number): Set<number> {
    if (!this.drawn.has(organ)) this.drawn.set(organ, new Map());
    const axes = this.drawn.get(organ)!;
    if (!axes.has(axis)) axes.set(axis, new Set());
    return axes.get(axis)!;
  }
}

export function shownAt(info: OrganInfo, mask: Mask, at: number): Shown {
  const key = KEYS[at % 26] + (at < 26 ? "" : String(Math.floor(at / 26)));
  return { info, mask, visible: true, key, dash: DASHES[at % DASHES.length] };
}
