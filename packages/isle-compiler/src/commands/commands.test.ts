import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { findUnitFiles } from "../unit-file.ts";
import { isleBuild } from "./build.ts";
import { isleCheck } from "./check.ts";
import { isleCover } from "./cover.ts";
import { isleExplain } from "./explain.ts";
import { isleFmt } from "./fmt.ts";
import type { CommandIo } from "./io.ts";

const folder = mkdtempSync(join(tmpdir(), "gantry-isle-"));
const suite = fileURLToPath(new URL("../../../../test/isle/", import.meta.url));

function run(
  command: (args: readonly string[], io: CommandIo) => number,
  args: readonly string[],
  stdin = "",
) {
  let out = "";
  let err = "";
  const io: CommandIo = {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    stdin: () => stdin,
  };
  return { status: command(args, io), out, err };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test("check tells errors from what is right, and from a wrong command line", () => {
  expect(run(isleCheck, [join(suite, "pass", "let.isle")])).toEqual({ status: 0, out: "", err: "" });
  const bad = run(isleCheck, [join(suite, "fail", "extra-parentheses.isle")]);
  expect(bad.status).toBe(1);
  expect(bad.err).toMatch(/extra-parentheses\.isle:4:20: error\[ISLE0211\]: unknown term 'x'/);
  expect(bad.err).toMatch(/without the parentheses/);
  const json = run(isleCheck, ["--json", join(suite, "fail", "overlap.isle")]);
  expect(JSON.parse(json.out)).toMatchObject([
    { code: "ISLE0302", span: { line: 6, column: 1 }, labels: [{ line: 7 }, { line: 8 }] },
  ]);
  expect(run(isleCheck, ["--wrong"]).status).toBe(2);
  expect(run(isleCheck, [join(folder, "missing.isle")]).err).toMatch(/ISLE0410/);
  const host = `${join(suite, "run", "structs.host.ts")}:Host`;
  expect(run(isleCheck, ["--host", host, join(suite, "run", "structs.isle")]).status).toBe(0);
});

test("check says of an unknown type once that it is unknown, and how often it is used", () => {
  const found = (text: string): string =>
    run(isleCheck, [file("lost.isle", text)]).err.replaceAll(`${folder}/`, "");
  expect(found("(type T (primitive T))\n(decl f (T Lost) Lost)\n(decl g (Lost) Gone)\n")).toBe(
    `lost.isle:2:12: error[ISLE0113]: unknown type 'Lost'
  help: it stands in 2 more places; if another file defines it, name that file too
lost.isle:3:16: error[ISLE0114]: unknown type 'Gone'
`,
  );
  // Constants are looked at behind the fields of types, and yet this one is the first place.
  expect(found("(extern const $C Lost)\n(type S (struct (a Lost)))\n")).toBe(
    `lost.isle:1:18: error[ISLE0106]: unknown type 'Lost'
  help: it stands in 1 more place; if another file defines it, name that file too
`,
  );
});

test("a folder with a unit file is that unit, and a checkout has all below 'rules'", () => {
  const rules = join(folder, "checkout", "rules");
  const own = join(rules, "own");
  mkdirSync(own, { recursive: true });
  mkdirSync(join(folder, "checkout", "src", "deep"), { recursive: true });
  writeFileSync(join(rules, "types.isle"), "(type T (primitive T))\n");
  writeFileSync(
    join(own, "f.isle"),
    "(decl g (T) T)\n(extern constructor g g)\n(decl f (T) T)\n(rule (f x) (g x))\n",
  );
  writeFileSync(
    join(own, "host.ts"),
    "export class Host {\n  g(x: string): string {\n    return x;\n  }\n}\n",
  );
  const unit = join(own, "unit.json");
  const describe = (unitFile: unknown): void => writeFileSync(unit, JSON.stringify(unitFile));
  const host = { file: "host.ts", className: "Host" };
  describe({ files: ["../types.isle", "f.isle"], host });
  expect(run(isleCheck, [own])).toEqual({ status: 0, out: "", err: "" });
  expect(run(isleExplain, ["--term", "f", own]).out).toContain("(decl f (T) T)");
  expect(findUnitFiles(join(folder, "checkout", "src", "deep"))).toEqual([unit]);
  describe({ files: ["../types.isle", "f.isle"], host: { ...host, className: "Hots" } });
  expect(run(isleCheck, [own]).err).toMatch(/ISLE0401.*'Hots' in .*host\.ts/);
  describe({ files: "f.isle" });
  expect(run(isleCheck, [own]).err).toMatch(/ISLE0413.*unit\.json describes no unit/);
  writeFileSync(unit, "files: f.isle");
  expect(run(isleCheck, [own]).err).toMatch(/ISLE0413/);
});

test("there is nothing to say of the rules of this repository", () => {
  for (const unit of findUnitFiles(suite))
    expect(run(isleCheck, [dirname(unit)])).toEqual({ status: 0, out: "", err: "" });
});

test("build writes whole files or none", () => {
  const out = join(folder, "structs.ts");
  const rules = join(folder, "structs.json");
  const args = ["--no-host", "--source-map", "--rules", rules, "-o", out];
  expect(run(isleBuild, [...args, join(suite, "run", "structs.isle")])).toEqual({
    status: 0,
    out: "",
    err: "",
  });
  expect(readFileSync(out, "utf8")).toContain("export interface Context");
  expect(JSON.parse(readFileSync(rules, "utf8")).terms.map((t: { name: string }) => t.name)).toContain(
    "measure",
  );
  const map = JSON.parse(readFileSync(`${out}.map`, "utf8")) as { sources: string[]; mappings: string };
  expect(map.sources[0]).toMatch(/structs\.isle$/);
  // Line by line: what the map says for the line of the rule that returns a swapped point.
  const line = readFileSync(out, "utf8")
    .split("\n")
    .findIndex((l) => l.startsWith("export function swap"));
  expect(lineOf(map.mappings, line)).toBe(4);
  const none = join(folder, "none.ts");
  expect(run(isleBuild, ["--no-host", "-o", none, join(suite, "fail", "overlap.isle")]).status).toBe(1);
  expect(existsSync(none)).toBe(false);
  expect(run(isleBuild, ["-o", none, join(suite, "fail", "overlap.isle")]).status).toBe(2);
});

test("build takes the values of constants", () => {
  const out = join(folder, "constants.ts");
  const rules = file(
    "constants.isle",
    "(type T (primitive T))\n(extern const $LOW T)\n(extern const $BIG u64)\n(extern const $YES bool)\n" +
      "(decl f (T u64 bool) T)\n(rule 1 (f $LOW $BIG $YES) $LOW)\n(rule 0 (f x _ _) x)\n",
  );
  const host = `${file("empty.host.ts", "export class Host {}\n")}:Host`;
  const common = ["--host", host, "--host-import", "./empty.host.ts", "-o", out, rules];
  expect(run(isleBuild, common).err).toMatch(/ISLE0406/);
  const values = ["--constant", "LOW=0x10", "--constant", "BIG=18446744073709551615n", "--constant=YES=true"];
  expect(run(isleBuild, [...values, ...common])).toEqual({ status: 0, out: "", err: "" });
  const text = readFileSync(out, "utf8");
  for (const part of ["16 /* LOW */", "18446744073709551615n"]) expect(text).toContain(part);
  for (const bad of ["LOW", "LOW=1.5", "LOW=99999999999999999999"])
    expect(run(isleBuild, ["--constant", bad, ...common]).status).toBe(2);
});

/** The source line (from 1) of a generated line (from 0). */
function lineOf(mappings: string, line: number): number {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  let total = 0;
  for (const segment of mappings.split(";").slice(0, line + 1)) {
    const values: number[] = [];
    let value = 0;
    let shift = 0;
    for (const c of segment) {
      const digit = digits.indexOf(c);
      value |= (digit & 31) << shift;
      shift += 5;
      if ((digit & 32) !== 0) continue;
      values.push((value & 1) === 1 ? -(value >> 1) : value >> 1);
      value = 0;
      shift = 0;
    }
    total += values[2] ?? 0;
  }
  return total + 1;
}

test("fmt keeps comments, settles the rest, and changes nothing the second time", () => {
  const messy = `;; head

(rule   1 (f x   ;; why x
      (g   y))
   ; before the result
 (h x
  ;; last
  ))   ;; after



(type   T (primitive T))(decl f (T) T)
`;
  const path = file("messy.isle", messy);
  expect(run(isleFmt, ["--check", path]).status).toBe(1);
  expect(run(isleFmt, [path]).status).toBe(0);
  const text = readFileSync(path, "utf8");
  expect(text).toBe(`;; head

(rule 1 (f x ;; why x
    (g y))
  ; before the result
  (h x
    ;; last
  )) ;; after

(type T (primitive T))
(decl f (T) T)
`);
  expect(run(isleFmt, ["--check", path]).status).toBe(0);
  expect(run(isleFmt, ["-"], "(decl   f () T)").out).toBe("(decl f () T)\n");
  const broken = run(isleFmt, [file("broken.isle", "(decl f (T")]);
  expect([broken.status, broken.err]).toEqual([1, expect.stringMatching(/ISLE0004/)]);
});

test("the rules of this repository are formatted", () => {
  const rules = fileURLToPath(new URL("../../../../rules/", import.meta.url));
  const found = readdirSync(rules, { recursive: true, encoding: "utf8" }).some((name) =>
    name.endsWith(".isle"),
  );
  expect(found).toBe(true);
  expect(run(isleFmt, ["--check", rules])).toEqual({ status: 0, out: "", err: "" });
});

test("explain tells of codes, terms and rules", () => {
  expect(run(isleExplain, ["isle0302"]).out).toMatch(/^ISLE0302 \(error\): /);
  expect(run(isleExplain, ["ISLE9999"]).status).toBe(2);
  const path = join(suite, "pass", "priority-and-sharing.isle");
  const term = run(isleExplain, ["--term", "f", path]);
  expect(term.out).toMatch(/\(decl partial f \(T\) T\)/);
  expect(term.out.match(/^priority \d/gm)).toEqual(["priority 3", "priority 2", "priority 1", "priority 0"]);
  expect(term.out).toContain("if b(a(argument 1)) has a value");
  const rule = run(isleExplain, ["--rule", "priority-and-sharing.isle:9", path]);
  expect(rule.out).toMatch(/yields to .*:8 of priority 3/);
  expect(rule.out).toMatch(/comes before .*:10 of priority 1/);
  expect(rule.out).toContain("way through the tree:\n  b(argument 1) has a value\n  then the result\n");
  expect(run(isleExplain, ["--rule", "nowhere", path]).status).toBe(2);
});

test("cover adds up runs and lists what never fired", () => {
  const rules = (hits: number[]) =>
    JSON.stringify({
      version: 1,
      rules: hits.map((n, k) => ({ term: "f", name: "", file: "a.isle", line: k + 1, hits: n })),
    });
  const paths = [file("one.json", rules([1, 0, 0])), file("two.json", rules([2, 5, 0]))];
  expect(run(isleCover, paths).out).toBe("a.isle:3: f: never fired\n2 of 3 rules fired (66.7 %)\n");
  expect(run(isleCover, ["--min", "70", ...paths]).status).toBe(1);
  expect(run(isleCover, [file("bad.json", "[]")]).err).toMatch(/ISLE0411/);
});
