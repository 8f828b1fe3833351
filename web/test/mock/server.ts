import { readFileSync, readdirSync } from "node:fs";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { extname, join } from "node:path";
import { type Box, type Triple, contains, voxelCount, wholeGrid } from "../../src/voxels/box";
import { Mask } from "../../src/voxels/mask";
import { bytesToRuns, decodeRuns, encodeRuns, fromBase64, runsToBytes, toBase64 } from "../../src/voxels/runs";
import type { Patient } from "./patient";

// The test double of `anatomynet review`: the same interface and the same headers, everything in memory.
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".txt": "text/plain",
};
const MAX_BODY = 64 * 1024 * 1024;

class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly more: object = {},
  ) {
    super(message);
  }
}

export class MockServer {
  readonly posts: string[] = [];
  readonly versions: Map<number, Mask>[] = [];
  readonly seconds = new Map<number, number>(); // spent on organs that were looked at
  recontour = true;
  free = false; // nobody edits the case any more
  failing = false; // answers nothing but 503, as when the server is ill
  goodbyes = 0;
  private http: Server;
  private token = "made-token";

  constructor(
    readonly patient: Patient,
    private dist: string,
  ) {
    this.versions.push(this.copies());
    this.http = createServer((request, response) => void this.answer(request, response));
  }

  listen(port = 0): Promise<string> {
    return new Promise((resolve) =>
      this.http.listen(port, "127.0.0.1", () => {
        const address = this.http.address() as { port: number };
        resolve(`http://127.0.0.1:${address.port}/?token=${this.token}`);
      }),
    );
  }

  close(): Promise<void> {
    this.http.closeAllConnections();
    return new Promise((resolve) => this.http.close(() => resolve()));
  }

  private copies(): Map<number, Mask> {
    return new Map(
      [...this.patient.masks].map(([id, mask]) => {
        const copy = new Mask(mask.size);
        copy.write(mask.box, mask.data);
        return [id, copy];
      }),
    );
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const headers: Record<string, string> = {
      "Content-Security-Policy": POLICY,
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
    };
    try {
      const url = new URL(request.url!, `http://${request.headers.host}`);
      if (this.failing) throw new Refusal(503, "the server is ill");
      if (url.searchParams.get("token") === this.token)
        headers["Set-Cookie"] = "session=made; HttpOnly; SameSite=Strict; Path=/";
      else if (!request.headers.cookie?.includes("session=made"))
        throw new Refusal(403, "session: none, open the printed address again");
      const { body, type } = request.method === "POST" ? await this.post(request, url) : this.get(url);
      response.writeHead(200, { ...headers, "Content-Type": type }).end(body);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(400, String(error));
      response
        .writeHead(refusal.status, { ...headers, "Content-Type": "application/json" })
        .end(JSON.stringify({ error: refusal.message, ...refusal.more }));
    }
  }

  private get(url: URL): { body: Buffer | string; type: string } {
    const { info, ct, masks, prior } = this.patient;
    const path = url.pathname;
    if (path === "/api/case")
      return json({
        ...info,
        recontour: this.recontour
          ? { organs: info.organs.map((o) => o.id), none_because: "" }
          : { organs: [], none_because: "weights: none were given" },
      });
    if (path === "/api/ct") return { body: Buffer.from(ct.buffer), type: "application/octet-stream" };
    if (path === "/api/edits") return json({ organs: info.organs.map((o) => this.figures(o.id, o.name)) });
    const mask = /^\/api\/mask\/(\d+)$/.exec(path);
    if (mask) {
      const id = Number(mask[1]);
      const version = url.searchParams.get("version");
      const from = url.searchParams.has("comparison")
        ? prior
        : version !== null
          ? this.versions[Number(version)]
          : masks;
      const found = from?.get(id) ?? (version !== null && masks.has(id) ? new Mask(info.grid.size) : undefined);
      if (!found) throw new Refusal(404, `mask ${id}: not in this case`);
      return {
        body: Buffer.from(runsToBytes(encodeRuns(found.crop(wholeGrid(found.size))))),
        type: "application/octet-stream",
      };
    }
    const name = path === "/" ? "index.html" : path.slice(1);
    if (!readdirSync(this.dist).includes(name)) throw new Refusal(404, `${path}: not here`);
    return { body: readFileSync(join(this.dist, name)), type: TYPES[extname(name)] ?? "application/octet-stream" };
  }

  private figures(id: number, name: string): object {
    const [was, now] = [this.versions[0].get(id), this.patient.masks.get(id)!];
    const all = wholeGrid(now.size);
    const [a, b] = [was?.crop(all) ?? new Uint8Array(voxelCount(all)), now.crop(all)];
    let both = 0;
    a.forEach((v, i) => {
      both += v & b[i];
    });
    const sum = a.reduce((s, v) => s + v, 0) + now.count();
    return { id, name, dice: sum ? (2 * both) / sum : 1, unchanged: 2 * both === sum };
  }

  private async post(request: IncomingMessage, url: URL): Promise<{ body: Buffer | string; type: string }> {
    const path = url.pathname;
    const { info } = this.patient;
    const marked = request.headers["x-anatomynet"] === "1" || path === "/api/goodbye"; // a beacon has no headers of its own
    if (!marked || request.headers.origin !== url.origin) throw new Refusal(403, "origin: another page may not post");
    const body = await read(request);
    this.posts.push(path);
    if (path === "/api/heartbeat") return json({ may_edit: info.role === "edit" || this.free });
    if (path === "/api/goodbye") {
      this.goodbyes++;
      return json({});
    }
    if (path === "/api/edit" && this.free) {
      info.role = "edit";
      return json({ revision: info.revision });
    }
    if (info.role !== "edit") throw new Refusal(423, `${info.editor} edits this case`);
    if (path === "/api/organ") {
      const id = Math.max(0, ...info.organs.map((o) => o.id)) + 1;
      const organ = {
        id,
        name: String(body.name),
        label: String(body.name),
        colour: String(body.colour),
        generation: "MANUAL" as const,
        locked: false,
        flags: [],
        box: null,
        volume_ml: 0,
        unsure: [],
      };
      if (info.organs.some((o) => o.name === organ.name))
        throw new Refusal(400, `organ ${organ.name}: is in the case already`);
      info.organs.push(organ);
      this.patient.masks.set(id, new Mask(info.grid.size));
      return json({ ...organ, revision: ++info.revision });
    }
    const organ = /^\/api\/organ\/(\d+)$/.exec(path);
    if (organ) {
      const { seconds = 0, ...change } = body;
      const id = Number(organ[1]);
      this.seconds.set(id, (this.seconds.get(id) ?? 0) + seconds);
      return json({
        ...Object.assign(
          info.organs.find((o) => o.id === id)!,
          change,
        ),
        revision: ++info.revision,
      });
    }
    const mask = /^\/api\/mask\/(\d+)$/.exec(path);
    if (mask) return this.setMask(Number(mask[1]), body);
    if (path === "/api/recontour") {
      if (!this.recontour) throw new Refusal(404, "weights: none were given, start with --model");
      const runs = encodeRuns(this.versions[0].get(body.id)!.crop(body.box));
      return json({ runs: toBase64(runsToBytes(runs)) });
    }
    if (path === "/api/save" || path === "/api/approve") {
      this.versions.push(this.copies());
      const number = this.versions.length - 1;
      info.versions.push({
        number,
        made: "2026-01-01T00:00:00Z",
        by: String(body.by),
        approved: path === "/api/approve",
      });
      return json({ version: number });
    }
    throw new Refusal(404, `${path}: not here`);
  }

  private setMask(id: number, body: { revision: number; box: Box; runs: string }): { body: string; type: string } {
    const { info, masks } = this.patient;
    const organ = info.organs.find((o) => o.id === id);
    if (!organ) throw new Refusal(404, `mask ${id}: not in this case`);
    if (organ.locked) throw new Refusal(423, `${organ.name} is locked`);
    if (body.revision !== info.revision)
      throw new Refusal(409, `revision ${body.revision}: the case is at ${info.revision}`, { revision: info.revision });
    if (!contains(wholeGrid(info.grid.size as Triple), body.box)) throw new Refusal(400, "box: not in the grid");
    masks.get(id)!.write(body.box, decodeRuns(bytesToRuns(fromBase64(body.runs)), voxelCount(body.box)));
    if (organ.generation === "AUTOMATIC") organ.generation = "SEMIAUTOMATIC";
    return json({ revision: ++info.revision });
  }
}

function json(value: unknown): { body: string; type: string } {
  return { body: JSON.stringify(value), type: "application/json" };
}

async function read(request: IncomingMessage): Promise<any> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > MAX_BODY) throw new Refusal(413, `body: over ${MAX_BODY} bytes`);
    parts.push(part);
  }
  return size ? JSON.parse(Buffer.concat(parts).toString()) : {};
}
