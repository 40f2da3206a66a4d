import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { renew } from "../scripts/docs.ts";

it("docs/clif.md is as the tables are (renew with node scripts/docs.ts)", () => {
  const page = readFileSync(new URL("../../../docs/clif.md", import.meta.url), "utf8");
  expect(renew(page)).toBe(page);
});
