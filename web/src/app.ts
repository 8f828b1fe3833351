import { Actions } from "./case/actions";
import { loadReview } from "./case/load";
import type { Review } from "./case/review";
import { server } from "./case/server";
import { type Command, commandsOf, listenForKeys } from "./panels/commands";
import { Dialogs } from "./panels/dialogs";
import { Header } from "./panels/header";
import { OrganPanel } from "./panels/organ_panel";
import { ToolPanel } from "./panels/tool_panel";
import { Layout } from "./views/layout";

const SEND_EVERY_MS = 2000; // well below the 5 s of work that may be lost
const HEARTBEAT_MS = 10000;
const IDLE_AFTER_MS = 30000; // longer pauses do not count as time spent

async function start(): Promise<void> {
  const began = performance.now();
  history.replaceState(null, "", location.pathname); // the token stays out of bookmarks and pictures of the screen
  const progress = document.getElementById("loading")!;
  const review = await loadReview((text) => {
    progress.textContent = text;
  });
  goToKeptPlace(review);
  const actions = new Actions(review);
  const layout = new Layout(review, actions);
  const dialogs = new Dialogs(review);
  const commands = commandsOf(
    review,
    actions,
    layout,
    {
      save: () => dialogs.save(),
      approve: () => dialogs.approve(),
      edits: () => void dialogs.edits(),
      help: () => dialogs.help(),
    },
    () => void takeOver(review),
  );
  dialogs.commands = commands;
  const header = new Header(review, commands);
  const tools = new ToolPanel(review, commands);
  const organs = new OrganPanel(review, actions);
  document.title = `${review.info.case} - review of contours`;
  document.body.replaceChildren(header.root, tools.root, layout.root, organs.root, header.foot);
  const may = (command: Command) => {
    const missing = command.missing?.() ?? "";
    if (missing) {
      review.say(`${command.text}: ${missing}.`, true);
      return false;
    }
    if (!command.edits || review.editable) return true;
    review.say(`You look only: ${review.looksBecause}.`, true);
    return false;
  };
  listenForKeys(commands, () => tools.singleKeys, may);
  await layout.arrange();
  review.emit("cursor");
  keepDrafts(review);
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      document.body.dataset.ready = String(Math.round(performance.now() - began));
    }),
  );
  Object.assign(window, { review, layout, actions }); // for tests and for who wants to look inside
}

// Who looked becomes the editor, with what the other one left, at the same place.
async function takeOver(review: Review): Promise<void> {
  try {
    await server.edit();
    const { active, cursor, layout, window: grey } = review;
    sessionStorage.setItem("place", JSON.stringify({ active, cursor, layout, window: grey }));
    location.reload();
  } catch (error) {
    review.say(error instanceof Error ? error.message : String(error), true);
  }
}

function goToKeptPlace(review: Review): void {
  const kept = sessionStorage.getItem("place");
  sessionStorage.removeItem("place");
  if (!kept) return;
  const { active, cursor, layout, window: grey } = JSON.parse(kept);
  Object.assign(review, { layout, window: grey });
  if (review.organ(active)) review.choose(active);
  review.moveTo(cursor);
}

function keepDrafts(review: Review): void {
  let last = performance.now();
  const busy = () => {
    const now = performance.now();
    if (review.editable && now - last < IDLE_AFTER_MS) review.drafts.spent(review.active, (now - last) / 1000);
    last = now;
  };
  for (const event of ["pointerdown", "pointerup", "keydown", "wheel"])
    document.addEventListener(event, busy, { capture: true, passive: true });
  window.setInterval(() => void review.drafts.flush(), SEND_EVERY_MS);
  window.setInterval(
    () =>
      void server
        .heartbeat()
        .then((answer) => {
          if (answer.looks_because) review.looksOnly(answer.looks_because);
          else if (answer.may_edit) review.offerTakeOver();
        })
        .catch((error: unknown) =>
          review.say(`The server does not answer: ${error instanceof Error ? error.message : String(error)}`, true),
        ),
    HEARTBEAT_MS,
  );
  window.addEventListener("pagehide", () => {
    void review.drafts.flush(true);
    server.goodbye();
  });
  window.addEventListener("beforeunload", (event) => {
    if (review.drafts.pending) event.preventDefault();
  });
}

start().catch((error: unknown) => {
  const text = error instanceof Error ? error.message : String(error);
  document.getElementById("loading")?.replaceChildren(`The case could not be opened: ${text}`);
});
