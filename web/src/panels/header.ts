import type { Layout, Review } from "../case/review";
import { toMm } from "../voxels/grid";
import { button, choice, element } from "./element";
import type { Command } from "./commands";
import { shortcut } from "./tool_panel";

const STATES: Record<string, string> = {
  saved: "Draft is stored",
  waiting: "Draft: changes wait",
  sending: "Draft is being sent",
  failed: "Draft not stored; trying again",
  refused: "Draft refused",
};

// The case, how to look at it, whether the draft is stored; save and approve.
export class Header {
  readonly root = element("header", { class: "header" });
  readonly foot = element("footer", { class: "foot" });

  constructor(review: Review, commands: readonly Command[]) {
    const title = element("h1", {}, review.info.case);
    const draft = element("span", { class: "draft", id: "draft-state", role: "status" });
    const role = element("span", { class: "role" });
    const layouts: readonly (readonly [Layout, string])[] = [
      ["four", "All"],
      ["axial", "Axial"],
      ["coronal", "Coronal"],
      ["sagittal", "Sagittal"],
      ["space", "Space"],
      ["compare", "Side by side"],
    ];
    const tabs = element(
      "div",
      { class: "buttons layouts", role: "group", "aria-label": "Views" },
      ...layouts.map(([id, text]) =>
        button(text, () => commands.find((c) => c.id === id)!.run(), { "data-layout": id }),
      ),
    );
    const compared = element("span", { class: "compared" });
    const make = (id: string) => {
      const command = commands.find((c) => c.id === id)!;
      return button(command.text, () => command.run(), {
        "data-command": id,
        title: `Key ${command.keys[0]}`,
        "aria-keyshortcuts": shortcut(command.keys[0]),
      });
    };
    const last = ["edits", "save", "approve", "help"].map(make);
    const takeOver = make("take-over");
    const made = element("span", { class: "hint", id: "version" });
    this.root.append(
      title,
      made,
      role,
      takeOver,
      tabs,
      compared,
      draft,
      element("div", { class: "buttons", role: "group", "aria-label": "Case" }, ...last),
    );

    const status = element("div", { class: "status", id: "status", role: "status", "aria-live": "polite" });
    const alarm = element("div", { class: "status alarm", id: "alarm", role: "alert" });
    const place = element("div", { class: "place", id: "place" });
    this.foot.append(status, alarm, place, element("p", { class: "notice" }, review.info.notice));
    review.onStatus((text, bad) => {
      status.textContent = bad ? "" : text;
      alarm.textContent = bad ? text : "";
    });
    review.on(["cursor"], () => {
      const mm = toMm(review.grid, review.cursor)
        .map((v) => v.toFixed(1))
        .join(", ");
      place.textContent = `${review.huAt(review.cursor)} HU at ${mm} mm (left, back, head)`;
    });
    const refresh = () => {
      const { state, problem } = review.drafts;
      if (!review.editable && state === "saved") draft.textContent = "";
      else draft.textContent = STATES[state] + (problem && state !== "saved" ? `: ${problem}` : "");
      draft.dataset.state = state;
      takeOver.hidden = !review.mayTakeOver;
      role.textContent = review.editable
        ? ""
        : `Look only: ${review.mayTakeOver ? "nobody edits it any more" : review.looksBecause}`;
      for (const b of last) b.disabled = !review.editable && ["save", "approve"].includes(b.dataset.command!);
      for (const tab of tabs.children)
        tab.setAttribute("aria-pressed", String((tab as HTMLElement).dataset.layout === review.layout));
      const version = review.info.versions.at(-1);
      made.textContent = version
        ? `version ${version.number}` +
          (version.approved ? `, approved by ${version.by}` : version.number ? ` by ${version.by}` : "") +
          (review.info.changed ? ", changed since" : "")
        : "";
      made.title = version ? `${version.made}, ${version.by}` : "";
      compared.hidden = review.layout !== "compare";
    };
    review.on(["case", "display"], refresh);
    review.on(["case"], () => compared.replaceChildren(...this.comparisons(review)));
    compared.replaceChildren(...this.comparisons(review));
    refresh();
  }

  private comparisons(review: Review): Node[] {
    const options = [
      ["", "nothing"] as const,
      ...review.info.comparisons.map((c) => [`comparison=${encodeURIComponent(c.id)}`, c.name] as const),
      ...review.info.versions.map(
        (v) =>
          [`version=${v.number}`, v.number === 0 ? "version 0, as it came" : `version ${v.number} by ${v.by}`] as const,
      ),
    ];
    const select = choice(options, review.compared, (query) => {
      review.compared = query;
      review.emit("display");
    });
    select.setAttribute("aria-label", "Compare with");
    return [document.createTextNode("with "), select];
  }
}
