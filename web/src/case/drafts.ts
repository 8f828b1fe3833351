import { type Box, EMPTY, around, isEmpty } from "../voxels/box";
import type { Mask } from "../voxels/mask";
import { encodeRuns } from "../voxels/runs";
import { type Server, ServerError } from "./server";

const LONG_S = 30;

export type DraftState = "saved" | "waiting" | "sending" | "failed" | "refused";

// Sends what changed to the server every few seconds. What could not be sent is kept and sent again, since a message says what
// the mask is in a box, not how it changed.
// Time that was spent looking at an organ goes with its next change, else once it is long, or with `times`.
export class Drafts {
  private dirty = new Map<number, Box>();
  private seconds = new Map<number, number>();
  private sending: Promise<void> | null = null;
  state: DraftState = "saved";
  problem = "";

  constructor(
    private server: Pick<Server, "sendMask" | "spend">,
    private mask: (organ: number) => Mask,
    public revision: number,
    private told: (state: DraftState) => void,
  ) {}

  changed(organ: number, box: Box): void {
    this.dirty.set(organ, around(this.dirty.get(organ) ?? EMPTY, box));
    if (this.state === "saved") this.tell("waiting");
  }

  spent(organ: number, seconds: number): void {
    this.seconds.set(organ, (this.seconds.get(organ) ?? 0) + seconds);
  }

  get pending(): boolean {
    return this.dirty.size > 0 || this.sending !== null;
  }

  // Sends all that is not yet sent; resolves when the server has it, or when it does not take it (state says so).
  async flush(keepalive = false, times = false): Promise<void> {
    while (this.sending) await this.sending;
    const long = times ? 0 : LONG_S;
    const due = [...this.seconds].filter(([, seconds]) => seconds > long).map(([organ]) => organ);
    if (this.state === "refused" || (this.dirty.size === 0 && (due.length === 0 || keepalive))) return;
    this.sending = (this.dirty.size ? this.sendAll(keepalive) : Promise.resolve())
      .then(() => this.sendTimes(due))
      .finally(() => {
        this.sending = null;
      });
    await this.sending;
  }

  // Runs a request that moves the revision on (a lock, a new organ, a version) with no draft on its way meanwhile.
  async alone<T extends { revision?: number }>(request: () => Promise<T>): Promise<T> {
    while (this.sending) await this.sending;
    const answer = request().then((answered) => {
      if (answered.revision !== undefined) this.revision = answered.revision;
      return answered;
    });
    const settled = () => {
      this.sending = null;
    };
    this.sending = answer.then(settled, settled);
    return answer;
  }

  private async sendAll(keepalive: boolean): Promise<void> {
    this.tell("sending");
    for (const [organ, box] of [...this.dirty]) {
      this.dirty.delete(organ);
      const seconds = this.seconds.get(organ) ?? 0;
      this.seconds.delete(organ);
      try {
        await this.send(organ, box, seconds, keepalive);
      } catch (error) {
        this.changed(organ, box);
        this.spent(organ, seconds);
        this.problem = error instanceof Error ? error.message : String(error);
        const final = error instanceof ServerError && [400, 401, 403, 413, 423].includes(error.status);
        return this.tell(final ? "refused" : "failed");
      }
    }
    this.problem = "";
    this.tell(this.dirty.size ? "waiting" : "saved");
  }

  // A time that does not arrive is kept, and is nothing to trouble a person with.
  private async sendTimes(due: number[]): Promise<void> {
    for (const organ of due) {
      const seconds = this.seconds.get(organ);
      if (!seconds || this.state !== "saved") continue;
      this.seconds.delete(organ);
      try {
        this.revision = await this.server.spend(organ, seconds);
      } catch {
        this.spent(organ, seconds);
      }
    }
  }

  private async send(organ: number, box: Box, seconds: number, keepalive: boolean): Promise<void> {
    if (isEmpty(box)) return;
    const runs = encodeRuns(this.mask(organ).crop(box));
    for (let tries = 0; ; tries++)
      try {
        this.revision = await this.server.sendMask(organ, this.revision, box, runs, seconds, keepalive);
        return;
      } catch (error) {
        // An answer that got lost: the server is ahead. It lets one editor in only, so what we have counts.
        if (!(error instanceof ServerError) || error.status !== 409 || error.revision === undefined || tries === 3)
          throw error;
        this.revision = error.revision;
      }
  }

  private tell(state: DraftState): void {
    this.state = state;
    this.told(state);
  }
}
