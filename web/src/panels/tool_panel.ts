import type { Review, Style } from "../case/review";
import type { Others } from "../edit/editor";
import { button, check, choice, element, field, number } from "./element";
import { type Command, WINDOWS } from "./commands";

// Tools, their settings and what can be done with the chosen organ.
export class ToolPanel {
  readonly root = element("aside", { class: "panel tools", "aria-label": "Tools" });
  singleKeys = true;
  private refresh: (() => void)[] = [];

  constructor(
    private review: Review,
    private commands: readonly Command[],
  ) {
    this.root.append(
      this.buttons("Tools", ["look", "brush", "eraser", "polygon", "measure", "box"], true),
      this.settings(),
      this.buttons("Change", [
        "undo",
        "redo",
        "interpolate",
        "copy-next",
        "copy-previous",
        "clear-slice",
        "holes",
        "smooth",
        "grow",
        "shrink",
        "detached",
        "swap",
      ]),
      this.drawnSlices(),
      this.buttons("Go to", ["next-organ", "next-flag", "next-unsure"]),
      this.display(),
    );
    review.on(["tool", "display", "organs", "case", "masks"], () => this.refresh.forEach((run) => run()));
    this.refresh.forEach((run) => run());
  }

  private buttons(title: string, ids: string[], tools = false): HTMLElement {
    const row = element("div", { class: "buttons", role: "group", "aria-label": title });
    const missed = element("p", { class: "hint missing" });
    missed.hidden = true;
    for (const id of ids) {
      const command = this.commands.find((c) => c.id === id)!;
      const made = button(command.text, () => command.run(), {
        "data-command": id,
        title: `Key ${command.keys[0]}`,
        "aria-keyshortcuts": shortcut(command.keys[0]),
      });
      this.refresh.push(() => {
        const missing = command.missing?.() ?? "";
        made.disabled = (Boolean(command.edits) && !this.review.editable) || missing !== "";
        made.title = missing || `Key ${command.keys[0]}`;
        if (tools) made.setAttribute("aria-pressed", String(this.review.tool === id));
        if (!missing) return;
        missed.textContent = `${command.text}: ${missing}`;
        missed.hidden = false;
      });
      row.append(made);
    }
    return element("section", {}, element("h2", {}, title), row, missed);
  }

  private settings(): HTMLElement {
    const { review } = this;
    const size = number(review.brush.radius, { min: 0.5, max: 60, step: 0.5 }, (mm) => {
      review.brush.radius = mm;
      review.emit("tool");
    });
    const ball = check("Ball (all slices)", review.brush.ball, (on) => {
      review.brush.ball = on;
      review.emit("tool");
    });
    const hu = check("Only HU from", review.hu.on, (on) => {
      review.hu.on = on;
      review.emit("tool");
    });
    const low = number(review.hu.low, { min: -32768, max: 32767, step: 10 }, (v) => {
      review.hu.low = v;
    });
    const high = number(review.hu.high, { min: -32768, max: 32767, step: 10 }, (v) => {
      review.hu.high = v;
    });
    low.setAttribute("aria-label", "Lowest HU");
    high.setAttribute("aria-label", "Highest HU");
    const presets = choice(
      [
        ["", "HU preset"],
        ["fat", "Fat"],
        ["soft", "Soft tissue"],
        ["bone", "Bone"],
      ],
      "",
      (kind) => {
        const ranges: Record<string, [number, number]> = { fat: [-150, -30], soft: [-20, 150], bone: [200, 3000] };
        if (!ranges[kind]) return;
        [review.hu.low, review.hu.high] = ranges[kind];
        review.hu.on = true;
        review.emit("tool");
      },
    );
    presets.setAttribute("aria-label", "HU preset");
    const keep = choice<Others>(
      [
        ["leave", "leave them"],
        ["take", "take by priority"],
        ["overlap", "overlap"],
      ],
      review.keep,
      (value) => {
        review.keep = value;
        review.emit("tool");
      },
    );
    const mm = number(review.marginMm, { min: 0.5, max: 30, step: 0.5 }, (v) => {
      review.marginMm = v;
    });
    this.refresh.push(() => {
      size.value = String(review.brush.radius);
      ball.input.checked = review.brush.ball;
      hu.input.checked = review.hu.on;
      [low.value, high.value] = [String(review.hu.low), String(review.hu.high)];
      keep.value = review.keep;
    });
    const priority = element("p", { class: "hint" });
    this.refresh.push(() => {
      priority.textContent =
        review.keep !== "take"
          ? ""
          : `First keeps: ${review.editor.priority
              .map((id) => review.organ(id)?.info.name)
              .filter(Boolean)
              .join(" > ")}. Locked organs keep theirs.`;
    });
    return element(
      "section",
      {},
      field("Brush radius, mm", size),
      ball.label,
      element("div", { class: "row" }, hu.label, low, element("span", {}, "to"), high, presets),
      field("Other organs", keep),
      priority,
      field("Grow and shrink by, mm", mm),
    );
  }

  private drawnSlices(): HTMLElement {
    const text = element("p", { class: "hint", id: "drawn-slices" });
    const forget = button(
      "Forget",
      () => {
        this.review.slicesDrawn(this.review.active, this.review.cuts[this.review.plane].through.axis).clear();
        this.review.emit("organs");
      },
      { class: "small", "aria-label": "Forget edited slices" },
    );
    this.refresh.push(() => {
      const { plane, active } = this.review;
      const slices = [...this.review.slicesDrawn(active, this.review.cuts[plane].through.axis)].sort((a, b) => a - b);
      text.textContent = `Edited ${plane} slices: ${slices.map((s) => s + 1).join(", ") || "none"}`;
      forget.hidden = slices.length === 0;
    });
    return element("div", { class: "row" }, text, forget);
  }

  private display(): HTMLElement {
    const { review } = this;
    const changed = () => review.emit("display");
    const presets = choice([...WINDOWS.map(([name]) => [name, name] as const), ["", "Own"] as const], "", (name) => {
      const found = WINDOWS.find(([known]) => known === name);
      if (found) review.window = { centre: found[1], width: found[2] };
      changed();
    });
    const centre = number(40, { min: -4000, max: 8000, step: 10 }, (v) => {
      review.window.centre = v;
      changed();
    });
    const width = number(350, { min: 1, max: 16000, step: 10 }, (v) => {
      review.window.width = v;
      changed();
    });
    const style = choice<Style>(
      [
        ["outlines", "Outlines"],
        ["fills", "Fills"],
        ["both", "Both"],
      ],
      review.style,
      (v) => {
        review.style = v;
        changed();
      },
    );
    const opacity = element("input", { type: "range", min: "0", max: "100", step: "5" });
    opacity.addEventListener("input", () => {
      review.opacity = opacity.valueAsNumber / 100;
      changed();
    });
    const redraw = () => {
      changed();
      review.emit("organs");
    };
    const alone = check("The chosen organ alone", review.onlyActive, (on) => {
      review.onlyActive = on;
      redraw();
    });
    const names = check("Letters at contours", review.names, (on) => {
      review.names = on;
      changed();
    });
    const safe = check("Colours for the colour-blind", review.safeColours, (on) => {
      review.safeColours = on;
      redraw();
    });
    const keys = check("Single-letter keys", this.singleKeys, (on) => {
      this.singleKeys = on;
    });
    this.refresh.push(() => {
      presets.value = WINDOWS.find(([, c, w]) => c === review.window.centre && w === review.window.width)?.[0] ?? "";
      [centre.value, width.value] = [String(review.window.centre), String(review.window.width)];
      style.value = review.style;
      opacity.value = String(Math.round(100 * review.opacity));
      alone.input.checked = review.onlyActive;
    });
    return element(
      "section",
      {},
      element("h2", {}, "Display"),
      field("Window", presets),
      field("Centre, HU", centre),
      field("Width, HU", width),
      field("Contours", style),
      field("Opacity of fills", opacity),
      alone.label,
      names.label,
      safe.label,
      keys.label,
    );
  }
}

// As aria-keyshortcuts has it.
export function shortcut(key: string): string {
  return key === "+" ? "Plus" : key.replace("Ctrl", "Control");
}
