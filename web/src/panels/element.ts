// Makes elements. Texts become text nodes and nothing else, so a name from a file cannot become markup; styles are set in
// app.css alone, since the server's policy forbids them in markup.
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function button(text: string, act: () => void, attributes: Record<string, string> = {}): HTMLButtonElement {
  const made = element("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", act);
  return made;
}

// A labelled field; the label is in front of it.
export function field(text: string, input: HTMLElement): HTMLLabelElement {
  return element("label", { class: "field" }, element("span", {}, text), input);
}

export function choice<T extends string>(
  options: readonly (readonly [T, string])[],
  value: T,
  changed: (value: T) => void,
): HTMLSelectElement {
  const select = element("select", {}, ...options.map(([key, text]) => element("option", { value: key }, text)));
  select.value = value;
  select.addEventListener("change", () => changed(select.value as T));
  return select;
}

export function number(
  value: number,
  limits: { min: number; max: number; step: number },
  changed: (value: number) => void,
): HTMLInputElement {
  const input = element("input", {
    type: "number",
    min: String(limits.min),
    max: String(limits.max),
    step: String(limits.step),
  });
  input.value = String(value);
  input.addEventListener("change", () => {
    const given = input.valueAsNumber;
    if (Number.isFinite(given)) changed(Math.min(limits.max, Math.max(limits.min, given)));
  });
  return input;
}

export function check(
  text: string,
  value: boolean,
  changed: (value: boolean) => void,
): { label: HTMLLabelElement; input: HTMLInputElement } {
  const input = element("input", { type: "checkbox" });
  input.checked = value;
  input.addEventListener("change", () => changed(input.checked));
  return { label: element("label", { class: "check" }, input, element("span", {}, text)), input };
}
