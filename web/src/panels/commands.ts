import type { Actions } from "../case/actions";
import type { Layout as LayoutKind, Review, Tool } from "../case/review";
import type { Others } from "../edit/editor";
import type { Triple } from "../voxels/box";
import type { Layout } from "../views/layout";

export interface Command {
  id: string;
  text: string;
  group: "Views" | "Go to" | "Tools" | "Change" | "Case";
  keys: string[]; // as KeyboardEvent.key, with "Ctrl+" and "Shift+" in front
  edits?: boolean;
  missing?(): string; // why it cannot be done in this case; empty: it can
  run(): void;
}

export const WINDOWS: readonly (readonly [string, number, number])[] = [
  ["Soft tissue", 40, 350],
  ["Brain", 40, 80],
  ["Bone", 500, 2000],
  ["Lung and air", -600, 1500],
  ["All", 500, 4000],
];

const KEEPS: readonly Others[] = ["leave", "take", "overlap"];

// Everything that buttons and keys do, once.
export function commandsOf(
  review: Review,
  actions: Actions,
  layout: Layout,
  dialogs: { save(): void; approve(): void; edits(): void; help(): void },
  takeOver: () => void,
): Command[] {
  const show = (kind: LayoutKind) => () => {
    review.layout = kind;
    review.emit("display");
  };
  const tool = (kind: Tool) => () => {
    review.tool = kind;
    review.emit("tool");
    layout.view(review.plane).root.focus({ preventScroll: true });
  };
  const resize = (factor: number) => () => {
    review.brush.radius = Math.min(60, Math.max(0.5, Math.round(10 * review.brush.radius * factor) / 10));
    review.emit("tool");
  };
  const edit = (id: string, text: string, keys: string[], run: () => void): Command => ({
    id,
    text,
    group: "Change",
    keys,
    edits: true,
    run,
  });
  return [
    { id: "four", text: "All views", group: "Views", keys: ["0"], run: show("four") },
    {
      id: "axial",
      text: "Axial",
      group: "Views",
      keys: ["1"],
      run: () => {
        review.plane = "axial";
        show("axial")();
      },
    },
    {
      id: "coronal",
      text: "Coronal",
      group: "Views",
      keys: ["2"],
      run: () => {
        review.plane = "coronal";
        show("coronal")();
      },
    },
    {
      id: "sagittal",
      text: "Sagittal",
      group: "Views",
      keys: ["3"],
      run: () => {
        review.plane = "sagittal";
        show("sagittal")();
      },
    },
    { id: "space", text: "Space", group: "Views", keys: ["4"], run: show("space") },
    { id: "compare", text: "Side by side", group: "Views", keys: ["5"], run: show("compare") },
    { id: "fit", text: "Fit", group: "Views", keys: ["Home"], run: () => layout.views.forEach((v) => v.fit()) },
    { id: "zoom-in", text: "Zoom in", group: "Views", keys: ["z"], run: () => layout.view(review.plane).zoom(1.25) },
    {
      id: "zoom-out",
      text: "Zoom out",
      group: "Views",
      keys: ["Shift+Z"],
      run: () => layout.view(review.plane).zoom(0.8),
    },
    { id: "window", text: "Next window", group: "Views", keys: ["w"], run: () => nextWindow(review) },
    {
      id: "style",
      text: "Outlines, fills, both",
      group: "Views",
      keys: ["f"],
      run: () => {
        review.style = review.style === "outlines" ? "fills" : review.style === "fills" ? "both" : "outlines";
        review.emit("display");
      },
    },
    {
      id: "alone",
      text: "This organ alone",
      group: "Views",
      keys: ["g"],
      run: () => {
        review.onlyActive = !review.onlyActive;
        review.emit("display");
        review.emit("organs");
      },
    },
    { id: "next-organ", text: "Next organ", group: "Go to", keys: ["j"], run: () => stepOrgan(review, 1) },
    {
      id: "previous-organ",
      text: "Previous organ",
      group: "Go to",
      keys: ["Shift+J"],
      run: () => stepOrgan(review, -1),
    },
    { id: "next-flag", text: "Next flag", group: "Go to", keys: ["n"], run: () => nextFlag(review) },
    { id: "next-unsure", text: "Next unsure point", group: "Go to", keys: ["u"], run: () => nextUnsure(review) },
    { id: "look", text: "Look", group: "Tools", keys: ["v"], run: tool("look") },
    { id: "brush", text: "Brush", group: "Tools", keys: ["b"], edits: true, run: tool("brush") },
    { id: "eraser", text: "Eraser", group: "Tools", keys: ["e"], edits: true, run: tool("eraser") },
    { id: "polygon", text: "Polygon", group: "Tools", keys: ["p"], edits: true, run: tool("polygon") },
    { id: "measure", text: "Distance", group: "Tools", keys: ["m"], run: tool("measure") },
    {
      id: "box",
      text: "Re-contour box",
      group: "Tools",
      keys: ["x"],
      edits: true,
      missing: () => review.noRecontour,
      run: tool("box"),
    },
    {
      id: "ball",
      text: "Disc or ball",
      group: "Tools",
      keys: ["d"],
      run: () => {
        review.brush.ball = !review.brush.ball;
        review.emit("tool");
      },
    },
    { id: "smaller", text: "Smaller brush", group: "Tools", keys: ["["], run: resize(1 / 1.15) },
    { id: "larger", text: "Larger brush", group: "Tools", keys: ["]"], run: resize(1.15) },
    {
      id: "others",
      text: "Other organs: leave, take, overlap",
      group: "Tools",
      keys: ["o"],
      run: () => {
        review.keep = KEEPS[(KEEPS.indexOf(review.keep) + 1) % KEEPS.length];
        review.say(`Other organs: ${review.keep}`);
        review.emit("tool");
      },
    },
    edit("undo", "Undo", ["Ctrl+z"], () => actions.undo()),
    edit("redo", "Redo", ["Ctrl+y", "Ctrl+Shift+Z"], () => actions.redo()),
    edit("interpolate", "Interpolate", ["i"], () => actions.interpolate()),
    edit("copy-next", "Copy to next slice", ["t"], () => actions.copySlice(1)),
    edit("copy-previous", "Copy to previous slice", ["Shift+T"], () => actions.copySlice(-1)),
    edit("clear-slice", "Clear slice", ["Delete"], () => actions.clearSlice()),
    edit("holes", "Fill holes", ["h"], () => actions.fillHoles()),
    edit("smooth", "Smooth", ["s"], () => actions.smooth()),
    edit("grow", "Grow", ["+", "Shift++"], () => actions.margin(1)),
    edit("shrink", "Shrink", ["-"], () => actions.margin(-1)),
    edit("detached", "Delete detached", ["k"], () => actions.removeDetached()),
    edit("swap", "Swap sides", ["Shift+S"], () => actions.swapSides()),
    edit("lock", "Lock or unlock", ["l"], () => {
      const organ = review.activeOrgan;
      if (organ) void actions.lock(organ.info.id, !organ.info.locked);
    }),
    {
      id: "take-over",
      text: "Edit this case",
      group: "Case",
      keys: ["Shift+E"],
      missing: () => (review.mayTakeOver ? "" : review.editable ? "you do" : review.looksBecause),
      run: takeOver,
    },
    { id: "edits", text: "Changes so far", group: "Case", keys: ["c"], run: dialogs.edits },
    { id: "save", text: "Save", group: "Case", keys: ["Ctrl+s"], edits: true, run: dialogs.save },
    { id: "approve", text: "Approve", group: "Case", keys: ["Ctrl+Enter"], edits: true, run: dialogs.approve },
    { id: "help", text: "Keys", group: "Case", keys: ["?", "Shift+?", "F1"], run: dialogs.help },
  ];
}

function nextWindow(review: Review): void {
  const at = WINDOWS.findIndex(([, centre, width]) => centre === review.window.centre && width === review.window.width);
  const [name, centre, width] = WINDOWS[(at + 1) % WINDOWS.length];
  review.window = { centre, width };
  review.say(`Window: ${name}`);
  review.emit("display");
}

function stepOrgan(review: Review, step: number): void {
  const { organs } = review;
  if (organs.length === 0) return;
  const at = organs.findIndex((o) => o.info.id === review.active);
  const next = organs[(at + step + organs.length) % organs.length];
  review.choose(next.info.id, true);
  review.say(next.info.name);
}

function nextFlag(review: Review): void {
  const { organs } = review;
  const at = organs.findIndex((o) => o.info.id === review.active);
  const order = [...organs.slice(at + 1), ...organs.slice(0, at + 1)];
  const next = order.find((o) => o.info.flags.some((flag) => flag.code !== "derived"));
  if (!next) return review.say("No organ has a flag.");
  review.choose(next.info.id, true);
  review.say(`${next.info.name}: ${next.info.flags.map((f) => f.text).join("; ")}`);
}

function nextUnsure(review: Review): void {
  const points = review.organs.flatMap((o) =>
    o.info.unsure.map((at) => ({ organ: o.info, at: at.map(Math.round) as unknown as Triple })),
  );
  if (points.length === 0)
    return review.say("The model was sure everywhere, or the case does not say where it was not.");
  const same = (a: Triple, b: Triple) => a.every((v, i) => v === b[i]);
  const here = points.findIndex((p) => p.organ.id === review.active && same(p.at, review.cursor));
  // Elsewhere: the organ's first, or that of the next organ in the list that has some.
  const rank = (id: number) => review.organs.findIndex((o) => o.info.id === id);
  const from = points.findIndex((p) => rank(p.organ.id) >= rank(review.active));
  const at = here >= 0 ? (here + 1) % points.length : Math.max(0, from);
  const next = points[at];
  review.choose(next.organ.id);
  review.moveTo(next.at);
  review.say(`The model was unsure here: ${next.organ.name} (place ${at + 1} of ${points.length})`);
}

// Listens for the commands' keys; fields and dialogs keep theirs. Single keys can be turned off (WCAG 2.1.4).
export function listenForKeys(
  commands: readonly Command[],
  singleKeys: () => boolean,
  may: (command: Command) => boolean,
): void {
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]") || event.altKey) return;
    const command = Boolean(event.ctrlKey || event.metaKey);
    const typing =
      event.target instanceof Element && event.target.closest("input:not([type=checkbox]), select, textarea") !== null;
    if (typing && (!command || "zy".includes(event.key.toLowerCase()))) return;
    if (!command && event.key.length === 1 && !singleKeys()) return;
    const name = (command ? "Ctrl+" : "") + (event.shiftKey ? "Shift+" : "") + event.key;
    const found = commands.find((c) => c.keys.includes(name));
    if (!found) return;
    event.preventDefault();
    if (may(found)) found.run();
  });
}
