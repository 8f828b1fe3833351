import type { Actions } from "../case/actions";
import type { Review, Shown } from "../case/review";
import { server } from "../case/server";
import { Mask } from "../voxels/mask";
import { button, element } from "./element";

const MADE: Record<string, string> = { AUTOMATIC: "model", SEMIAUTOMATIC: "corrected", MANUAL: "by hand" };

// The list of organs: letter, name, volume, flags; to choose, show, lock; and a form for new ones.
export class OrganPanel {
  readonly root = element("aside", { class: "panel organs", "aria-label": "Organs" });
  private list = element("ul", { class: "organ-list", "aria-label": "Organs of this case" });
  private flags = element("div", { class: "flags", role: "region", "aria-label": "Flags of the chosen organ" });
  private volumes = new Map<Shown, { version: number; ml: number }>();

  constructor(
    private review: Review,
    private actions: Actions,
  ) {
    this.root.append(element("h2", {}, "Organs"), this.list, this.flags, this.form());
    review.on(["organs", "case"], () => this.fill());
    this.fill();
  }

  private ml(shown: Shown): number {
    const known = this.volumes.get(shown);
    if (known?.version === shown.mask.version) return known.ml;
    const ml = this.review.volume(shown);
    this.volumes.set(shown, { version: shown.mask.version, ml });
    return ml;
  }

  private fill(): void {
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.focus : undefined;
    this.list.replaceChildren(...this.review.organs.map((shown) => this.row(shown)));
    if (focused) this.list.querySelector<HTMLElement>(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
    const organ = this.review.activeOrgan;
    const flags = organ?.info.flags ?? [];
    this.flags.replaceChildren(
      element(
        "h3",
        {},
        organ ? `${organ.info.name}: ${flags.length ? `${flags.length} to look at` : "no flags"}` : "No organ chosen",
      ),
      element("ul", {}, ...flags.map((flag) => element("li", {}, element("code", {}, flag.code), ` ${flag.text}`))),
    );
  }

  private row(shown: Shown): HTMLLIElement {
    const { info } = shown;
    const { id } = info;
    const active = id === this.review.active;
    const chip = element("span", { class: "chip", "aria-hidden": "true" }, shown.key);
    chip.style.borderColor = this.review.colour(shown);
    const choose = button("", () => this.review.choose(id, true), {
      class: "name",
      "aria-pressed": String(active),
      "data-focus": `choose ${id}`,
      title: info.label,
    });
    choose.append(
      element("span", { class: "organ-name" }, info.name),
      element(
        "span",
        { class: "organ-facts" },
        `${this.ml(shown).toFixed(2)} ml, ${MADE[info.generation] ?? info.generation}` +
          (info.flags.length ? `, ${info.flags.length} flag${info.flags.length > 1 ? "s" : ""}` : ""),
      ),
    );
    const show = button(
      "Show",
      () => {
        shown.visible = !shown.visible;
        this.review.emit("organs");
      },
      {
        class: "small",
        "aria-pressed": String(shown.visible),
        "aria-label": `Show ${info.name}`,
        "data-focus": `show ${id}`,
      },
    );
    const lock = button("Lock", () => void this.actions.lock(id, !info.locked), {
      class: "small",
      "aria-pressed": String(info.locked),
      "aria-label": `Lock ${info.name}`,
      "data-focus": `lock ${id}`,
    });
    lock.disabled = !this.review.editable;
    return element("li", { class: active ? "active" : "", "data-organ": String(id) }, chip, choose, show, lock);
  }

  private form(): HTMLFormElement {
    const name = element("input", {
      type: "text",
      required: "",
      maxlength: "64",
      "aria-label": "Name of the new organ",
      placeholder: "OpticChiasm",
    });
    const colour = element("input", { type: "color", value: "#56b4e9", "aria-label": "Colour of the new organ" });
    const add = element("button", { type: "submit" }, "New organ");
    const form = element("form", { class: "new-organ" }, name, colour, add);
    add.disabled = !this.review.editable;
    this.review.on(["case"], () => {
      add.disabled = !this.review.editable;
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.add(name.value.trim(), colour.value).then((done) => {
        if (done) name.value = "";
      });
    });
    return form;
  }

  private async add(name: string, colour: string): Promise<boolean> {
    try {
      const info = await this.review.drafts.alone(() => server.newOrgan(name, colour));
      this.review.info.organs.push(info);
      this.review.info.changed = true;
      this.review.addOrgan(info, new Mask(this.review.grid.size));
      this.review.choose(info.id);
      this.review.say(`${info.name} is new: draw it. Where it overlaps others, choose "overlap" under "Other organs".`);
      return true;
    } catch (error) {
      this.review.say(error instanceof Error ? error.message : String(error), true);
      return false;
    }
  }
}
