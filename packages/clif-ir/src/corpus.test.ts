import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readFile, readFunctions } from "./reader/file.ts";
import { Settings } from "./settings.ts";
import { verify } from "./verifier/verify.ts";
import { writeFunction } from "./writer/function.ts";

// Material that may lie beside the repository: large modules and conformance tests.
const shared = fileURLToPath(new URL("../../../../shared/", import.meta.url));
const files = (folder: string) =>
  existsSync(`${shared}${folder}`)
    ? readdirSync(`${shared}${folder}`).filter((n) => n.endsWith(".clif"))
    : [];

const squeeze = (text: string) =>
  text
    .replace(/^;;.*$/gm, "")
    .replace(/\s+/g, " ")
    .trim();
const corpus = files("corpus").filter((n) => n !== "quickjs.clif");
const runtests = files("clif-runtests");

describe.skipIf(corpus.length === 0)("modules (skipped without ../shared/corpus)", () => {
  for (const name of corpus)
    it(`${name} reads, verifies and prints as it was but for white space`, () => {
      const bytes = readFileSync(`${shared}corpus/${name}`);
      const functions = readFunctions({ name, bytes });
      for (const f of functions) expect(verify(f, undefined, { pointerBytes: 8 })).toEqual([]);
      const out = squeeze(functions.map((f) => writeFunction(f)).join("\n"));
      expect(out === squeeze(bytes.toString())).toBe(true);
    });
});

describe.skipIf(runtests.length === 0)("conformance tests (skipped without ../shared/clif-runtests)", () => {
  const settings = new Settings();
  settings.set("enable_pinned_reg");
  settings.set("preserve_frame_pointers");
  for (const name of runtests)
    it(`${name} reads, verifies, prints and reads back`, () => {
      const file = readFile({ name, bytes: readFileSync(`${shared}clif-runtests/${name}`) });
      for (const f of file.functions) {
        expect(verify(f, settings)).toEqual([]);
        const text = writeFunction(f);
        const [again] = readFunctions({ name, bytes: Buffer.from(text) });
        expect(writeFunction(again)).toBe(text);
      }
    });
});
