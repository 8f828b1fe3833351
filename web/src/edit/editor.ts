import { type Box, type Triple, EMPTY, intersect, isEmpty } from "../voxels/box";
import { Mask } from "../voxels/mask";
import { encodeRuns } from "../voxels/runs";
import type { Stencil } from "./brush";
import { type Change, History, type Step, toggle } from "./history";

// What happens where another organ lies:
// leave: nothing is drawn there. Organs that already hold most of the drawn one, as a brain holds its stem, are not in the way.
// take: the voxel goes over from unlocked organs that stand lower in the priority list; others keep it.
// overlap: both have it.
export type Others = "leave" | "take" | "overlap";

export interface EditedOrgan {
  id: number;
  mask: Mask;
  locked: boolean;
}

export class Refused extends Error {}

// Masks of all organs, changed in transactions that can be undone. Locked organs never change.
export class Editor {
  readonly history = new History();
  readonly organs = new Map<number, EditedOrgan>();

  constructor(
    readonly size: Triple,
    public priority: number[],
    private changed: (organ: number, box: Box) => void,
  ) {}

  begin(label: string, organ: number, others: Others = "overlap"): Transaction {
    const edited = this.organs.get(organ);
    if (!edited) throw new Refused("No organ is chosen.");
    if (edited.locked) throw new Refused("The organ is locked; unlock it to change it.");
    return new Transaction(this, label, edited, others, (step) => this.finish(step));
  }

  private finish(step: Step): void {
    this.history.push(step);
  }

  // Undoes or redoes the last step; undefined where there is none.
  undo(): Step | undefined {
    return this.apply(this.history.next.undo, () => this.history.undo());
  }

  redo(): Step | undefined {
    return this.apply(this.history.next.redo, () => this.history.redo());
  }

  private apply(step: Step | undefined, move: () => void): Step | undefined {
    if (!step) return undefined;
    if (step.changes.some((c) => this.organs.get(c.organ)?.locked))
      throw new Refused(`"${step.label}" changed an organ that is locked now; unlock it first.`);
    move();
    for (const change of step.changes) {
      const organ = this.organs.get(change.organ);
      if (!organ) continue;
      toggle(organ.mask, change);
      this.changed(change.organ, change.box);
    }
    return step;
  }

  // For transactions: tells who listens.
  tell(organ: number, box: Box): void {
    this.changed(organ, box);
  }

  rank(organ: number): number {
    const at = this.priority.indexOf(organ);
    return at < 0 ? this.priority.length : at;
  }
}

export class Transaction {
  private toggled = new Map<number, Mask>();
  private inTheWay: EditedOrgan[];
  heldBy = new Map<number, number>(); // voxels that stayed with another organ, by its id

  constructor(
    private editor: Editor,
    private label: string,
    private organ: EditedOrgan,
    private others: Others,
    private finish: (step: Step) => void,
  ) {
    this.inTheWay =
      others === "overlap" ? [] : [...editor.organs.values()].filter((o) => o !== organ && !this.holdsMost(o));
  }

  private holdsMost(other: EditedOrgan): boolean {
    const own = this.organ.mask;
    const shared = intersect(own.box, other.mask.box);
    if (isEmpty(shared)) return false;
    const [mine, theirs] = [own.crop(shared), other.mask.crop(shared)];
    let both = 0;
    for (let i = 0; i < mine.length; i++) both += mine[i] & theirs[i];
    return 2 * both > own.count();
  }

  // Draws (1) or erases (0) the stencil's voxels.
  paint(stencil: Stencil, value: 0 | 1): void {
    this.set(stencil, (wanted) => (wanted ? value : -1));
  }

  // Sets the organ's mask in the box to these values.
  replace(stencil: Stencil): void {
    this.set(stencil, (wanted) => wanted);
  }

  // The same for another organ, such as the other side of a pair; it must not be locked.
  replaceOther(id: number, stencil: Stencil): void {
    const other = this.editor.organs.get(id);
    if (!other || other.locked) throw new Refused("The other organ is locked; unlock it first.");
    if (isEmpty(stencil.box)) return;
    const before = other.mask.crop(stencil.box);
    const record = this.recordOf(id);
    record.write(
      stencil.box,
      record.crop(stencil.box).map((v, i) => v ^ before[i] ^ stencil.values[i]),
    );
    other.mask.write(stencil.box, stencil.values);
    this.editor.tell(id, stencil.box);
  }

  // Sets each voxel of the box to after(stencil's value), -1 leaving it, where others allow it.
  private set({ box, values }: Stencil, after: (value: number) => number): void {
    if (isEmpty(box)) return;
    const { mask } = this.organ;
    const record = this.recordOf(this.organ.id);
    mask.cover(box);
    record.cover(box);
    const others = this.inTheWay.filter((other) => !isEmpty(intersect(other.mask.box, box)));
    const lost = new Set<EditedOrgan>();
    let changed = false;
    for (let z = box[2], i = 0; z < box[5]; z++)
      for (let y = box[1]; y < box[4]; y++) {
        let at = mask.index(box[0], y, z);
        let kept = record.index(box[0], y, z);
        for (let x = box[0]; x < box[3]; x++, i++, at++, kept++) {
          const value = after(values[i]);
          if (value < 0 || mask.data[at] === value) continue;
          if (value === 1 && others.length > 0 && !this.free(others, x, y, z, lost)) continue;
          mask.data[at] = value;
          record.data[kept] ^= 1;
          changed = true;
        }
      }
    if (changed) this.told(this.organ, box);
    for (const other of lost) this.told(other, box);
  }

  // Whether the organ may have a voxel; takes it from the others where that is asked for.
  private free(others: readonly EditedOrgan[], x: number, y: number, z: number, lost: Set<EditedOrgan>): boolean {
    const here = others.filter((other) => other.mask.get(x, y, z));
    const keeping = here.filter(
      (other) =>
        this.others !== "take" || other.locked || this.editor.rank(other.id) <= this.editor.rank(this.organ.id),
    );
    for (const other of keeping) this.heldBy.set(other.id, (this.heldBy.get(other.id) ?? 0) + 1);
    if (keeping.length > 0) return false;
    for (const other of here) {
      const record = this.recordOf(other.id);
      record.cover([x, y, z, x + 1, y + 1, z + 1]);
      record.data[record.index(x, y, z)] ^= 1;
      other.mask.data[other.mask.index(x, y, z)] = 0;
      lost.add(other);
    }
    return true;
  }

  private told(organ: EditedOrgan, box: Box): void {
    organ.mask.version++;
    this.editor.tell(organ.id, box);
  }

  private recordOf(organ: number): Mask {
    let record = this.toggled.get(organ);
    if (!record) this.toggled.set(organ, (record = new Mask(this.editor.size)));
    return record;
  }

  private changes(): Change[] {
    return [...this.toggled]
      .map(([organ, record]) => {
        const box = record.tight();
        return { organ, box, runs: encodeRuns(record.crop(box)) };
      })
      .filter((change) => !isEmpty(change.box));
  }

  // Ends the step; false where nothing changed.
  commit(): boolean {
    const changes = this.changes();
    if (changes.length) this.finish({ label: this.label, changes });
    return changes.length > 0;
  }

  // Takes everything back, as for a stroke that is cancelled.
  cancel(): void {
    for (const change of this.changes()) {
      toggle(this.editor.organs.get(change.organ)!.mask, change);
      this.editor.tell(change.organ, change.box);
    }
    this.toggled.clear();
  }
}

// The whole mask of an organ as a stencil over a box, for swaps and copies.
export function wholeMask(mask: Mask, box: Box): Stencil {
  return { box, values: mask.crop(box) };
}

// The other side's name of a paired organ by TG-263 (Parotid_L and Parotid_R, Lens_L and Lens_R); null where there is none.
export function otherSide(name: string): string | null {
  const match = /^(.*_)([LR])((?:_.*)?)$/.exec(name);
  return match ? match[1] + (match[2] === "L" ? "R" : "L") + match[3] : null;
}

// A slice across an axis, copied from one place to another.
export function copiedSlice(mask: Mask, axis: number, from: number, to: number): Stencil {
  const tight = mask.tight();
  if (isEmpty(tight) || to < 0 || to >= mask.size[axis] || from < tight[axis] || from >= tight[axis + 3])
    return { box: EMPTY, values: new Uint8Array(0) };
  const at = (place: number) => {
    const box = [...tight] as [number, number, number, number, number, number];
    box[axis] = place;
    box[axis + 3] = place + 1;
    return box;
  };
  return { box: at(to), values: mask.crop(at(from)) };
}
