import { readdirSync, readFileSync } from "node:fs";
import { SourceFile } from "@gantry/diag";
import { expect, test } from "vitest";
import { codeTable } from "./code-table.ts";
import { codes } from "./codes.ts";
import { compileUnit } from "./compile.ts";
import { readHost } from "./host/read.ts";
import { mutate } from "./testing/mutate.ts";

const suite = new URL("../../../test/isle/", import.meta.url);
const corpus = ["pass", "fail", "run"].flatMap((kind) =>
  readdirSync(new URL(`${kind}/`, suite))
    .filter((name) => name.endsWith(".isle"))
    .map((name) => readFileSync(new URL(`${kind}/${name}`, suite), "utf8")),
);

test("mutated programs never throw and never hang", () => {
  let worst = 0;
  for (let k = 0; k < 1500; k++) {
    const text = mutate(corpus[k % corpus.length]!, corpus[(k * 7 + 3) % corpus.length]!, k);
    const start = performance.now();
    const unit = compileUnit({ files: [new SourceFile("mutated.isle", text)], lints: true, output: {} });
    worst = Math.max(worst, performance.now() - start);
    for (const d of unit.diagnostics) {
      expect(d.code in codes, d.code).toBe(true);
      expect(d.span).toBeDefined();
    }
  }
  expect(worst).toBeLessThan(1000);
});

test("diagnostics are the same and in the same order every time", () => {
  for (const text of corpus) {
    const run = (): string => {
      const { diagnostics, text: out } = compileUnit({
        files: [new SourceFile("x.isle", text)],
        lints: true,
        output: {},
      });
      return JSON.stringify([diagnostics.map((d) => [d.code, d.span!.start, d.span!.end, d.message]), out]);
    };
    const first = run();
    for (let k = 0; k < 3; k++) expect(run()).toBe(first);
  }
});

test("an error in one form leaves the others alone", () => {
  const text = "(type T (primitive T)\n(decl f (T) T)\n(rule (f x) y)\n(type U (prim U))\n(decl g (T) T)\n";
  const found = compileUnit({ files: [new SourceFile("x.isle", text)] }).diagnostics.map((d) => d.code);
  expect(found).toEqual(["ISLE0004", "ISLE0009"]);
});

test("a misspelt name gets a suggestion", () => {
  const text =
    "(type Value (primitive Value))\n(decl iadd (Value) Value)\n(extern constructor iadd iadd)\n(decl f (Value) Value)\n(rule (f x) (idad x))\n";
  const [d] = compileUnit({ files: [new SourceFile("x.isle", text)] }).diagnostics;
  expect(d!.message).toContain("did you mean 'iadd'?");
});

test("comments switch warnings off one by one", () => {
  const source = (comment: string): string =>
    `(type T (primitive T))\n(decl f (T T) T)\n${comment}(rule 1 (f x 1) 1)\n(rule (f x _) 2)\n`;
  const lines = (comment: string): number[] =>
    compileUnit({ files: [new SourceFile("x.isle", source(comment))], lints: true })
      .diagnostics.filter((d) => d.code === "ISLE0501")
      .map((d) => d.span!.file.lineColumn(d.span!.start).line);
  expect(lines("")).toEqual([3, 4]);
  expect(lines(";; isle-allow ISLE0501\n")).toEqual([5]);
  expect(lines(";; isle-allow ISLE0502\n")).toEqual([4, 5]);
  expect(lines(";; isle-allow-file ISLE0501\n")).toEqual([]);
});

test("lints find what they are for", () => {
  const text = `(type T (primitive T))
(decl pure total (T) T)
(extern constructor total total)
(decl pure partial may (T) T)
(extern constructor may may)
(decl idle (T) T)
(extern extractor idle idle)
(decl macro (T T) T)
(extractor (macro a b) (known a own))
(decl known (T T) T)
(extern extractor known known)
(decl partial f (T T) T)
(rule 3 (f x x) x)
(rule 2 (f 1 1) 2)
(rule 1 (f unused (macro _ _)) (if (total 1)) (let ((lost T (may 1))) 7))
(rule (f _ 5000000000) 7)
(decl g (u8) T)
(rule (g 256) 1)
(rule (g 1) 1)
`;
  const found = compileUnit({ files: [new SourceFile("x.isle", text)], lints: true }).diagnostics.map((d) => {
    const { line } = d.span!.file.lineColumn(d.span!.start);
    return `${line} ${d.code}`;
  });
  expect(found).toEqual([
    "7 ISLE0503",
    "9 ISLE0507",
    "9 ISLE0508",
    "14 ISLE0506",
    "15 ISLE0501",
    "15 ISLE0504",
    "15 ISLE0509",
    "18 ISLE0505",
  ]);
});

test("a host function that nothing uses is reported where it stands", () => {
  const path = new URL("fail/host.host.ts", suite).pathname;
  const host = readHost(path, "Host")!;
  const source =
    "(type T (primitive T))\n(decl a (T) T)\n(extern constructor a takes_number)\n(decl f (T) T)\n(rule (f x) (a x))\n";
  const unit = compileUnit({ files: [new SourceFile("x.isle", source)], host, lints: true });
  const found = unit.diagnostics.map(({ code, span, message }) => {
    const { line } = span!.file.lineColumn(span!.start);
    return `${span!.file.name === path} ${line} ${code} ${/'(\w+)'/.exec(message)![1]}`;
  });
  expect(found).toEqual([
    "true 3 ISLE0512 misspell",
    "true 6 ISLE0512 two_arguments",
    "true 12 ISLE0512 answers_boolean",
    "true 15 ISLE0512 takes_object",
  ]);
  // The class of a unit's own test uses all that it has.
  const whole = new URL("run/kinds-of-host.", suite).pathname;
  const used = compileUnit({
    files: [new SourceFile("x.isle", readFileSync(`${whole}isle`, "utf8"))],
    host: readHost(`${whole}host.ts`, "Host")!,
    lints: true,
  });
  expect(used.diagnostics.map((d) => d.code)).not.toContain("ISLE0512");
});

test("the guide lists every code", () => {
  const guide = readFileSync(new URL("../../../docs/isle.md", import.meta.url), "utf8");
  expect(guide.endsWith(codeTable()), "run 'node packages/isle-compiler/scripts/docs.ts'").toBe(true);
});

test("nothing is too deep or too wide to be reported", () => {
  const codesOf = (text: string): string[] =>
    compileUnit({ files: [new SourceFile("x.isle", text)], output: {} }).diagnostics.map((d) => d.code);
  const head = "(type T (primitive T))\n(decl f (T T) T)\n";
  expect(codesOf("(".repeat(100_000))).toEqual(["ISLE0004"]);
  expect(codesOf(`${head}(rule (f _ ${"(and ".repeat(5000)}_${")".repeat(5000)}) 1)`)).toEqual(["ISLE0004"]);
  expect(codesOf(`${head}(rule (f _ ${"x @ ".repeat(5000)} _) 1)`)).toEqual(["ISLE0004"]);
  const wide = 2000;
  const args = "T ".repeat(wide);
  expect(
    codesOf(`${head}(decl partial g (${args}) T)\n(rule (g ${"1 ".repeat(wide)}) 1)\n(rule (f x _) x)`),
  ).toEqual(["ISLE0305"]);
  const many = Array.from({ length: 3000 }, (_, k) => `(rule ${k} (g ${k % 50} ${k}) ${k})`).join("\n");
  expect(codesOf(`${head}(decl partial g (T T) T)\n${many}\n(rule (f x _) x)`)).toEqual([]);
});
