import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { WEB } from "./browser";

// That axe-core finds nothing on a page (WCAG 2.1 A and AA, and its best practices).
export async function accessible(page: Page, where: string): Promise<void> {
  // Through the debugger, which the page's own policy does not bind.
  await page.evaluate(readFileSync(join(WEB, "node_modules/axe-core/axe.min.js"), "utf8"));
  const violations = await page.evaluate(async () => {
    const result = await (window as any).axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    });
    return result.violations.map(
      (v: any) =>
        `${v.id}: ${v.nodes
          .map((n: any) => n.html)
          .join(" | ")
          .slice(0, 300)}`,
    );
  });
  assert.deepEqual(violations, [], where);
}
