import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { OPCODE_NAMES } from "@gantry/clif-ir";
import { expect, test } from "vitest";
import { root } from "./gantry.ts";

// What the filetests must mention, from the tables.

const folder = join(root, "test", "filetests");
const code = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".clif"))
  .map((name) => readFileSync(join(folder, name), "utf8").replace(/;.*$/gm, ""))
  .join("\n");
const words = new Set(code.match(/[\w]+/g));

test("every opcode is in a filetest", () => {
  expect(OPCODE_NAMES.slice(1).filter((name) => !words.has(name))).toEqual([]);
});

test("every condition is in a filetest", () => {
  const conditions = "eq ne slt sge sgt sle ult uge ugt ule ord uno ueq one lt le gt ge";
  expect(conditions.split(" ").filter((name) => !words.has(name))).toEqual([]);
});
