import assert from "node:assert/strict";
import test from "node:test";
import type { Box, Triple } from "../../src/voxels/box";
import { brushed } from "../../src/edit/brush";
import { Editor, Refused, copiedSlice, otherSide, type Others } from "../../src/edit/editor";
import { Mask } from "../../src/voxels/mask";
import { Drafts } from "../../src/case/drafts";
import { ServerError } from "../../src/case/server";
import { decodeRuns } from "../../src/voxels/runs";
import { forEach, maskOf, random, whole } from "./random";

const SIZE: Triple = [14, 12, 8];

function editorOf(masks: Mask[], priority: number[] = []): Editor {
  const editor = new Editor(SIZE, priority, () => undefined);
  masks.forEach((mask, i) => editor.organs.set(i + 1, { id: i + 1, mask, locked: false }));
  return editor;
}

const noTimes = async (): Promise<number> => assert.fail("no time is to be sent");

test("every step can be undone and done again, in any order of tools", () => {
  const next = random(12);
  const editor = editorOf([new Mask(SIZE), new Mask(SIZE), new Mask(SIZE)], [2, 1, 3]);
  const states: Uint8Array[][] = [];
  const now = () => [...editor.organs.values()].map((o) => whole(o.mask));
  states.push(now());
  const modes: Others[] = ["leave", "take", "overlap"];
  for (let step = 0; step < 60;) {
    const edit = editor.begin("stroke", 1 + Math.floor(next() * 3), modes[Math.floor(next() * 3)]);
    for (let dab = 0; dab < 3; dab++) {
      const place = () => SIZE.map((n) => next() * (n - 1)) as unknown as Triple;
      edit.paint(brushed(place(), place(), 2.5, null, [1, 1, 1.5], SIZE), next() < 0.7 ? 1 : 0);
    }
    if (!edit.commit()) continue;
    states.push(now());
    step++;
  }
  for (let step = 59; step >= 0; step--) {
    editor.undo();
    assert.deepEqual(now(), states[step]);
  }
  assert.equal(editor.undo(), undefined);
  for (let step = 1; step <= 60; step++) {
    editor.redo();
    assert.deepEqual(now(), states[step]);
  }
  assert.equal(editor.redo(), undefined);
  editor.undo();
  const edit = editor.begin("other way", 1);
  const flipped = editor.organs.get(1)!.mask.get(0, 0, 0) ? 0 : 1;
  edit.replace({ box: [0, 0, 0, 1, 1, 1], values: Uint8Array.of(flipped) });
  assert.ok(edit.commit());
  assert.equal(editor.redo(), undefined, "a new step ends what could be done again");
});

test("a cancelled stroke leaves nothing", () => {
  const editor = editorOf([maskOf(SIZE, (x) => x < 4), maskOf(SIZE, (x) => x > 6)], [1, 2]);
  const before = [...editor.organs.values()].map((o) => whole(o.mask));
  const edit = editor.begin("stroke", 1, "take");
  edit.paint(brushed([2, 5, 3], [11, 5, 3], 3, null, [1, 1, 1], SIZE), 1);
  edit.cancel();
  assert.deepEqual(
    [...editor.organs.values()].map((o) => whole(o.mask)),
    before,
  );
  assert.equal(editor.history.length, 0);
});

// What painting gives by the rules, voxel by voxel.
function expected(
  masks: Uint8Array[],
  locked: boolean[],
  priority: number[],
  drawn: number,
  stencil: Uint8Array,
  others: Others,
) {
  const after = masks.map((m) => Uint8Array.from(m));
  const rank = (organ: number) => (priority.includes(organ + 1) ? priority.indexOf(organ + 1) : priority.length);
  const total = masks[drawn].reduce((a, b) => a + b, 0);
  const holder = masks.map((m) => 2 * m.reduce((sum, v, i) => sum + (v & masks[drawn][i]), 0) > total);
  stencil.forEach((wanted, i) => {
    if (!wanted || masks[drawn][i]) return;
    const here = masks.map((_, o) => o).filter((o) => o !== drawn && masks[o][i] && others !== "overlap" && !holder[o]);
    const free = here.every((o) => others === "take" && !locked[o] && rank(o) > rank(drawn));
    if (!free) return;
    after[drawn][i] = 1;
    here.forEach((o) => {
      after[o][i] = 0;
    });
  });
  return after;
}

test("other organs are left, taken from by priority, or overlapped; locked ones never change", () => {
  const next = random(13);
  for (let round = 0; round < 60; round++) {
    const masks = [0, 1, 2, 3].map(() => {
      const c = SIZE.map((n) => next() * n);
      const r = 2 + 3 * next();
      return maskOf(SIZE, (x, y, z) => Math.hypot(x - c[0], y - c[1], z - c[2]) < r);
    });
    const priority = [1, 2, 3, 4].sort(() => next() - 0.5).slice(0, 3);
    const others = (["leave", "take", "overlap"] as Others[])[round % 3];
    const drawn = Math.floor(next() * 4);
    const locked = masks.map((_, i) => i !== drawn && next() < 0.3);
    const place = () => SIZE.map((n) => next() * (n - 1)) as unknown as Triple;
    const stencil = brushed(place(), place(), 3, null, [1, 1, 1], SIZE);
    const spread = new Mask(SIZE);
    spread.write(stencil.box, stencil.values);
    const wanted = expected(masks.map(whole), locked, priority, drawn, whole(spread), others);
    const editor = editorOf(masks, priority);
    locked.forEach((l, i) => {
      editor.organs.get(i + 1)!.locked = l;
    });
    const edit = editor.begin("stroke", drawn + 1, others);
    edit.paint(stencil, 1);
    edit.commit();
    assert.deepEqual(masks.map(whole), wanted);
  }
});

test("a locked organ is neither drawn in nor changed by undoing", () => {
  const editor = editorOf([new Mask(SIZE)]);
  const edit = editor.begin("stroke", 1);
  edit.paint({ box: [1, 1, 1, 2, 2, 2], values: Uint8Array.of(1) }, 1);
  edit.commit();
  editor.organs.get(1)!.locked = true;
  assert.throws(() => editor.begin("stroke", 1), Refused);
  assert.throws(() => editor.undo(), /locked/);
  assert.equal(editor.organs.get(1)!.mask.count(), 1);
  assert.equal(editor.history.length, 1);
});

test("sides of a pair by TG-263", () => {
  assert.equal(otherSide("Parotid_L"), "Parotid_R");
  assert.equal(otherSide("Glnd_Submand_R"), "Glnd_Submand_L");
  assert.equal(otherSide("Lens_L_PRV03"), "Lens_R_PRV03");
  assert.equal(otherSide("Mandible"), null);
  assert.equal(otherSide("Larynx"), null);
});

test("a slice is copied whole, on each axis", () => {
  const mask = maskOf(SIZE, (x, y, z) => (x * 7 + y * 3 + z * 5) % 4 === 0 && x > 2 && y > 1 && z > 1);
  for (const axis of [0, 1, 2]) {
    const copy = new Mask(SIZE);
    copy.write([0, 0, 0, ...SIZE], whole(mask));
    const stencil = copiedSlice(copy, axis, 5, 6);
    copy.write(stencil.box, stencil.values);
    forEach(SIZE, (x, y, z) => {
      const voxel = [x, y, z];
      const from = [...voxel];
      if (voxel[axis] === 6) from[axis] = 5;
      assert.equal(copy.get(x, y, z), mask.get(from[0], from[1], from[2]));
    });
    assert.equal(copiedSlice(mask, axis, SIZE[axis] - 1, SIZE[axis]).values.length, 0);
  }
});

test("drafts reach the server through failures, lost answers and a revision that moved on", async () => {
  const next = random(14);
  const mask = new Mask(SIZE);
  const kept = new Mask(SIZE);
  let revision = 7;
  let seconds = 0;
  const server = {
    async sendMask(_: number, had: number, box: Box, runs: Uint32Array, spent: number) {
      const luck = next();
      if (luck < 0.2) throw new TypeError("network");
      if (had !== revision) throw new ServerError("old revision", 409, revision);
      kept.write(box, decodeRuns(runs, (box[3] - box[0]) * (box[4] - box[1]) * (box[5] - box[2])));
      seconds += spent;
      revision++;
      if (luck < 0.35) throw new TypeError("the answer was lost");
      return revision;
    },
    spend: noTimes,
  };
  const drafts = new Drafts(
    server,
    () => mask,
    revision,
    () => undefined,
  );
  const editor = new Editor(SIZE, [], (organ, box) => drafts.changed(organ, box));
  editor.organs.set(1, { id: 1, mask, locked: false });
  for (let i = 0; i < 100; i++) {
    const place = () => SIZE.map((n) => next() * (n - 1)) as unknown as Triple;
    const edit = editor.begin("stroke", 1);
    edit.paint(brushed(place(), place(), 2, null, [1, 1, 1], SIZE), next() < 0.6 ? 1 : 0);
    edit.commit();
    drafts.spent(1, 1);
    if (next() < 0.5) await drafts.flush();
  }
  for (let i = 0; i < 50 && drafts.pending; i++) await drafts.flush();
  assert.equal(drafts.state, "saved");
  assert.deepEqual(whole(kept), whole(mask));
  assert.ok(seconds >= 100);
});

test("drafts and requests that move the revision on never meet", async () => {
  let revision = 3;
  let conflicts = 0;
  const slow = () => new Promise((done) => setTimeout(done, 1));
  const server = {
    async sendMask(_: number, had: number): Promise<number> {
      await slow();
      if (had !== revision) {
        conflicts++;
        throw new ServerError("old revision", 409, revision);
      }
      revision++;
      await slow();
      return revision;
    },
    spend: noTimes,
  };
  const drafts = new Drafts(
    server,
    () => new Mask(SIZE),
    revision,
    () => undefined,
  );
  const lock = async () => {
    await slow();
    revision++;
    await slow();
    return { revision };
  };
  const refused = async (): Promise<{ revision?: number }> => {
    await slow();
    throw new ServerError("no", 423);
  };
  const all: Promise<unknown>[] = [];
  for (let i = 0; i < 30; i++) {
    drafts.changed(1, [0, 0, 0, 1, 1, 1]);
    all.push(drafts.flush(), drafts.alone(lock), assert.rejects(drafts.alone(refused), ServerError));
    if (i % 3 === 0) await slow();
  }
  await Promise.all(all);
  await drafts.flush();
  assert.equal(conflicts, 0);
  assert.equal(drafts.revision, revision);
  assert.equal(drafts.state, "saved");
  assert.equal(drafts.pending, false);
});

test("drafts stop where the server refuses them, and say why", async () => {
  let calls = 0;
  const server = {
    async sendMask(): Promise<number> {
      calls++;
      throw new ServerError("Anna edits this case", 423);
    },
    spend: noTimes,
  };
  const drafts = new Drafts(
    server,
    () => new Mask(SIZE),
    1,
    () => undefined,
  );
  drafts.changed(1, [0, 0, 0, 1, 1, 1]);
  await drafts.flush();
  await drafts.flush();
  assert.equal(calls, 1);
  assert.equal(drafts.state, "refused");
  assert.equal(drafts.problem, "Anna edits this case");
});

test("time on organs that were looked at arrives once, with a version or when it is long", async () => {
  const got: [number, number][] = [];
  let revision = 1;
  let ill = false;
  const server = {
    sendMask: async (organ: number, _r: number, _b: Box, _runs: Uint32Array, seconds: number): Promise<number> => {
      got.push([organ, seconds]);
      return ++revision;
    },
    spend: async (organ: number, seconds: number): Promise<number> => {
      if (ill) throw new TypeError("the server is ill");
      got.push([organ, seconds]);
      return ++revision;
    },
  };
  const drafts = new Drafts(
    server,
    () => new Mask(SIZE),
    revision,
    () => undefined,
  );
  drafts.spent(1, 12);
  drafts.spent(2, 7);
  drafts.changed(2, [0, 0, 0, 1, 1, 1]);
  await drafts.flush();
  assert.deepEqual(got, [[2, 7]], "short looks wait");
  drafts.spent(1, 20);
  await drafts.flush();
  assert.deepEqual(got.at(-1), [1, 32]);
  drafts.spent(3, 4);
  ill = true;
  await drafts.flush(false, true);
  assert.equal(drafts.state, "saved");
  ill = false;
  await drafts.flush(false, true);
  await drafts.flush(false, true);
  assert.deepEqual(got.slice(2), [[3, 4]]);
  assert.equal(drafts.revision, revision);
});
