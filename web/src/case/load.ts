import { bodyBox } from "../voxels/grid";
import type { CaseInfo } from "./contract";
import { Review, type Shown, shownAt } from "./review";
import { server } from "./server";

// Loads the case: the CT and all masks at once.
export async function loadReview(progress: (text: string) => void): Promise<Review> {
  const info: CaseInfo = await server.case();
  const review = new Review(info);
  const size = info.grid.size;
  const ct = server.ct(size, (share) => progress(`Loading the CT: ${Math.round(100 * share)} %`));
  const masks = await Promise.all(info.organs.map((organ) => server.mask(organ.id, size)));
  info.organs.forEach((organ, i) => review.addOrgan(organ, masks[i]));
  review.ct = await ct;
  review.body = bodyBox(review.ct, size);
  const first = info.organs.find((organ) => organ.flags.some((flag) => flag.code !== "derived")) ?? info.organs[0];
  if (first) review.choose(first.id, true);
  return review;
}

// The organs of a version ("version=2") or of a comparison ("comparison=prior"), loaded once.
export async function loadOther(review: Review, query: string): Promise<Shown[]> {
  const known = review.others.get(query);
  if (known) return known;
  const comparison = review.info.comparisons.find((c) => query === `comparison=${encodeURIComponent(c.id)}`);
  const organs = comparison ? comparison.organs : review.info.organs;
  const size = review.grid.size;
  const loaded = await Promise.all(
    organs.map(async (organ) => {
      // The same organ has the same letter and line on both sides.
      const at = review.organs.findIndex((o) => o.info.name === organ.name);
      return shownAt(
        organ,
        await server.mask(organ.id, size, `?${query}`),
        at >= 0 ? at : review.organs.length + organs.indexOf(organ),
      );
    }),
  );
  review.others.set(query, loaded);
  return loaded;
}

// Asks for the case anew after it was saved: its versions, and how each organ came about.
export async function loadVersions(review: Review): Promise<void> {
  const info = await review.drafts.alone(server.case);
  review.info.versions = info.versions;
  review.info.changed = info.changed;
  review.info.role = info.role;
  review.info.editor = info.editor;
  review.info.looks_because = info.looks_because;
  for (const organ of info.organs) {
    const shown = review.organ(organ.id);
    if (shown) shown.info.generation = organ.generation;
  }
  review.emit("case");
}
