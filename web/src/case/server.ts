import type { Box, Triple } from "../voxels/box";
import { Mask } from "../voxels/mask";
import { bytesToRuns, fromBase64, runsToBytes, toBase64 } from "../voxels/runs";
import type { CaseInfo, OrganInfo } from "./contract";

export class ServerError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly revision?: number,
  ) {
    super(message);
  }
}

// Which page this is, also after it was loaded anew: of two pages on one case the second looks only.
function pageName(): string {
  const known = sessionStorage.getItem("page");
  if (known) return known;
  const made = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  sessionStorage.setItem("page", made);
  return made;
}

let token = ""; // of the session, where the server has accounts
const marks = (): Record<string, string> => ({
  "X-AnatomyNet": "1",
  "X-AnatomyNet-Page": pageName(),
  ...(token && { "X-AnatomyNet-Token": token }),
});

async function checked(answer: Response): Promise<Response> {
  if (answer.ok) return answer;
  let text = `${answer.status} ${answer.statusText}`;
  let revision: number | undefined;
  try {
    const body = await answer.json();
    if (typeof body.error === "string") text = body.error;
    if (typeof body.revision === "number") revision = body.revision;
  } catch {
    // not our server's JSON; the status has to do
  }
  throw new ServerError(text, answer.status, revision);
}

async function get(path: string): Promise<Response> {
  return checked(await fetch(path, { cache: "no-store", credentials: "same-origin", headers: marks() }));
}

async function post(path: string, body: unknown = {}, keepalive = false): Promise<any> {
  const answer = await fetch(path, {
    method: "POST",
    credentials: "same-origin",
    keepalive,
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...marks() },
  });
  const type = (await checked(answer)).headers.get("Content-Type") ?? "";
  if (answer.status === 204) return {};
  return type.includes("json") ? answer.json() : answer.arrayBuffer();
}

export const server = {
  async case(): Promise<CaseInfo> {
    const info: CaseInfo = await (await get("api/case")).json();
    token = info.token ?? "";
    return info;
  },

  // HU of the whole grid, read as it comes; progress gets the share that is there.
  async ct(size: Triple, progress: (share: number) => void): Promise<Int16Array<ArrayBuffer>> {
    const count = size[0] * size[1] * size[2];
    const bytes = new Uint8Array(2 * count);
    const reader = (await get("api/ct")).body!.getReader();
    let at = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (at + part.value.length > bytes.length) throw new ServerError(`CT: more than ${bytes.length} bytes came`, 0);
      bytes.set(part.value, at);
      at += part.value.length;
      progress(at / bytes.length);
    }
    if (at !== bytes.length) throw new ServerError(`CT: ${at} bytes came, expected ${bytes.length}`, 0);
    return new Int16Array(bytes.buffer);
  },

  async mask(id: number, size: Triple, query = ""): Promise<Mask> {
    return Mask.fromRuns(size, bytesToRuns(await (await get(`api/mask/${id}${query}`)).arrayBuffer()));
  },

  async sendMask(
    id: number,
    revision: number,
    box: Box,
    runs: Uint32Array,
    seconds: number,
    keepalive = false,
  ): Promise<number> {
    const answer = await post(
      `api/mask/${id}`,
      { revision, box, runs: toBase64(runsToBytes(runs)), seconds },
      keepalive,
    );
    return answer.revision;
  },

  // Seconds that were spent on an organ without a change of its voxels.
  async spend(id: number, seconds: number): Promise<number> {
    return (await post(`api/organ/${id}`, { seconds })).revision;
  },

  newOrgan: (name: string, colour: string): Promise<OrganInfo & { revision?: number }> =>
    post("api/organ", { name, colour }),
  changeOrgan: (
    id: number,
    change: { locked?: boolean; colour?: string; name?: string },
  ): Promise<{ revision?: number }> => post(`api/organ/${id}`, change),
  save: (by: string, reason: string): Promise<{ version: number; revision?: number }> =>
    post("api/save", { by, reason }),
  approve: (by: string): Promise<{ version: number; revision?: number }> => post("api/approve", { by }),
  edits: async (): Promise<unknown> => (await get("api/edits")).json(),
  heartbeat: (): Promise<{ looks_because?: string; may_edit?: boolean }> => post("api/heartbeat"),
  // Becomes the editor where nobody is any more; the case must be loaded anew then.
  edit: (): Promise<{ revision: number }> => post("api/edit"),
  // A beacon arrives in more browsers than a request of a page that is gone, but can carry no token.
  goodbye(): void {
    if (token) void post("api/goodbye", {}, true).catch(() => {});
    else navigator.sendBeacon(`api/goodbye?page=${pageName()}`);
  },

  // The model's own mask in a box, as run lengths in it.
  async recontour(id: number, box: Box): Promise<Uint32Array> {
    return bytesToRuns(fromBase64((await post("api/recontour", { id, box })).runs));
  },
};

export type Server = typeof server;
