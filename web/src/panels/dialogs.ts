import { loadVersions } from "../case/load";
import type { Review } from "../case/review";
import { server } from "../case/server";
import type { Command } from "./commands";
import { button, element } from "./element";

// Save, approve, the figures of what was changed, and the list of keys.
export class Dialogs {
  commands: readonly Command[] = [];
  private by = "";

  constructor(private review: Review) {}

  private open(title: string, content: (Node | string)[], actions: HTMLElement[]): HTMLDialogElement {
    const heading = element("h2", { id: "dialog-title" }, title);
    const dialog = element("dialog", { "aria-labelledby": "dialog-title" }, heading, ...content);
    dialog.append(
      element(
        "div",
        { class: "buttons" },
        ...actions,
        button("Close", () => dialog.close(), { class: "close" }),
      ),
    );
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
  }

  // A form of initials and what else is asked; sent as one request after the drafts.
  private form(
    title: string,
    fields: HTMLElement[],
    text: string,
    send: (by: string) => Promise<{ version: number }>,
  ): void {
    const by = element("input", { type: "text", required: "", maxlength: "16", autocomplete: "off" });
    by.value = this.review.info.by ?? this.by;
    by.readOnly = this.review.info.by !== undefined;
    const problem = element("p", { class: "problem", role: "alert" });
    const form = element(
      "form",
      {},
      element("label", { class: "field" }, element("span", {}, by.readOnly ? "Your account" : "Your initials"), by),
      ...fields,
      problem,
      element("button", { type: "submit", class: "main" }, text),
    );
    const dialog = this.open(title, [form], []);
    by.focus();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.by = by.value.trim();
      void this.send(dialog, problem, () => send(this.by));
    });
  }

  private async send(
    dialog: HTMLDialogElement,
    problem: HTMLElement,
    request: () => Promise<{ version: number; revision?: number }>,
  ): Promise<void> {
    const buttons = [...dialog.querySelectorAll<HTMLButtonElement>("button[type=submit]")];
    buttons.forEach((b) => {
      b.disabled = true;
    });
    try {
      await this.review.drafts.flush(false, true);
      if (this.review.drafts.pending)
        throw new Error(`The last strokes could not be sent: ${this.review.drafts.problem}`);
      const { version } = await this.review.drafts.alone(request);
      await loadVersions(this.review);
      this.review.say(`Version ${version} is saved.`);
      dialog.close();
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
      buttons.forEach((b) => {
        b.disabled = false;
      });
    }
  }

  save(): void {
    const reason = element("input", { type: "text", maxlength: "200", autocomplete: "off" });
    this.form(
      "Save a version",
      [element("label", { class: "field" }, element("span", {}, "Why (may be empty)"), reason)],
      "Save",
      (by) => server.save(by, reason.value.trim()),
    );
  }

  approve(): void {
    const sure = element("input", { type: "checkbox", required: "" });
    this.form(
      "Approve the contours",
      [
        element(
          "p",
          {},
          "The structure set gets the status APPROVED with your name, date and time. Rules that wait for a review send it then.",
        ),
        element("label", { class: "check" }, sure, element("span", {}, "I have looked at every organ")),
      ],
      "Approve",
      (by) => server.approve(by),
    );
  }

  async edits(): Promise<void> {
    const place = element(
      "div",
      { class: "figures", tabindex: "0", role: "region", "aria-label": "Figures" },
      "Computing ...",
    );
    this.open("Changes so far", [place], []);
    try {
      await this.review.drafts.flush(false, true);
      place.replaceChildren(tableOf(await server.edits()));
    } catch (error) {
      place.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  help(): void {
    const groups = [...new Set(this.commands.map((c) => c.group))];
    const lists = groups.map((group) =>
      element(
        "section",
        {},
        element("h3", {}, group),
        element(
          "dl",
          {},
          ...this.commands
            .filter((c) => c.group === group)
            .flatMap((c) => [element("dt", {}, element("kbd", {}, c.keys[0])), element("dd", {}, c.text)]),
        ),
      ),
    );
    const mouse = [
      ["Wheel", "slices"],
      ["Ctrl + wheel", "zoom"],
      ["Shift + wheel", "brush size"],
      ["Right button, drag", "window"],
      ["Middle button or Ctrl, drag", "pan"],
      ["Shift while drawing", "erase (the eraser draws)"],
    ];
    const keys = [
      ["Arrows, Shift + arrows", "crosshair by 1 or 10 voxels"],
      ["Page up, Page down", "slices"],
      ["Space", "use the tool at the crosshair"],
      ["Enter", "close the polygon (Shift erases)"],
      ["Escape", "cancel"],
    ];
    const list = (title: string, rows: string[][]) =>
      element(
        "section",
        {},
        element("h3", {}, title),
        element(
          "dl",
          {},
          ...rows.flatMap(([key, text]) => [element("dt", {}, element("kbd", {}, key)), element("dd", {}, text)]),
        ),
      );
    this.open(
      "Keys",
      [
        element(
          "div",
          { class: "keys", tabindex: "0", role: "region", "aria-label": "List of keys" },
          ...lists,
          list("In a view", keys),
          list("Mouse", mouse),
        ),
      ],
      [],
    );
  }
}

// The figures of docs/review.md that are shown, in this order.
const COLUMNS: readonly (readonly [string, string])[] = [
  ["name", "Organ"],
  ["unchanged", "Unchanged"],
  ["dice", "Dice"],
  ["surface_dice", "Surface Dice"],
  ["hd95_mm", "HD95, mm"],
  ["added_path_mm", "Added path, mm"],
  ["added_path_mm_per_slice", "a slice"],
  ["before_ml", "Before, ml"],
  ["after_ml", "After, ml"],
  ["seconds", "Seconds"],
];

function tableOf(edits: unknown): HTMLElement {
  const source = (edits as { organs?: unknown })?.organs;
  const rows = (Array.isArray(source) ? source : []) as Record<string, unknown>[];
  if (rows.length === 0) return element("p", {}, "There are no figures.");
  const columns = COLUMNS.filter(([key]) => rows.some((row) => key in row));
  const text = (value: unknown) =>
    typeof value === "number"
      ? String(Math.round(1000 * value) / 1000)
      : typeof value === "boolean"
        ? value
          ? "yes"
          : "no"
        : String(value ?? "");
  return element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...columns.map(([, title]) => element("th", { scope: "col" }, title)))),
    element(
      "tbody",
      {},
      ...rows.map((row) => element("tr", {}, ...columns.map(([key]) => element("td", {}, text(row[key]))))),
    ),
  );
}
