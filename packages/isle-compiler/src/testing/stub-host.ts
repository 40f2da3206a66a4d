import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How often a part is called before it counts as one that V8 does not optimise. */
const MAX_CALLS = 100_000;

/** What V8's optimiser did with the functions of a unit. */
export interface Optimised {
  /** Functions that it compiled. */
  readonly optimised: number;
  /** Functions that were called often and were not compiled. */
  readonly slow: readonly string[];
  /** What it refused, in its own words. */
  readonly refused: readonly string[];
}

/**
 * Runs the functions of a generated unit until V8 optimises them, each for itself: without inlining, which would hide a
 * small function in its caller, and without the middle tier and the background thread, which only take time.
 */
export function optimise(text: string): Optimised {
  const folder = mkdtempSync(join(tmpdir(), "gantry-isle-hot-"));
  const program = join(folder, "driver.mjs");
  writeFileSync(program, stubDriver(text));
  const flags = [
    "--allow-natives-syntax",
    "--no-maglev",
    "--no-turbo-inlining",
    "--no-concurrent-recompilation",
  ];
  const { stdout, status, stderr } = spawnSync(process.execPath, [...flags, "--trace-opt", program], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  rmSync(folder, { recursive: true });
  if (status !== 0) throw new Error(stderr);
  const results = stderr.split("\n");
  return {
    optimised: results.filter((line) => line.startsWith("optimised ")).length,
    slow: results.filter((line) => line.startsWith("slow ")),
    refused: stdout
      .split("\n")
      .filter((line) => /disabled optimization|not optimizing|aborted optimizing/i.test(line)),
  };
}

/**
 * A program that calls every function of a generated unit, the parts that it was cut into included, until V8's
 * optimiser has compiled it. The host is a stub that answers at random, always the same way. The program writes a line
 * `optimised NAME` or `slow NAME` for each function to standard error; V8, with `--trace-opt`, says on standard output why
 * it refused one, and would break into lines that were written there.
 *
 * @param text The unit as it is written without a host: with the interface of its context.
 */
function stubDriver(text: string): string {
  const functions = [...text.matchAll(/^(?:export )?function ([\w$]+)\((.*)\): .* \{$/gm)].map(
    ([, name, params]) => ({
      name: name!,
      types: params!.split(", ").map((p) => p.slice(p.indexOf(":") + 2)),
    }),
  );
  const members = text.slice(text.indexOf("\nexport interface Context {\n"));
  const methods = [...members.matchAll(/^ {2}([\w$]+)\(.*\): (.*);$/gm)]
    .filter(([, name]) => name !== "arena" && name !== "results")
    .map(([, name, type]) => `  ${name}() { return ${answer(type!)}; }`);
  const properties = [...members.matchAll(/^ {2}readonly ([\w$]+): (.*);$/gm)].map(
    ([, name, type], k) => `  ${name} = ${type === "number" ? k : type === "bigint" ? `${k}n` : "true"};`,
  );
  const slots = [...members.matchAll(/^ {2}(o\d+): any;$/gm)].map(([, name]) => name!);
  // Where no rule matches, a part goes on with any answer: an exception would keep its callers from being measured.
  const js = stripTypeScriptTypes(text).replace(
    /^(function noRule\(.*\).* \{)[\s\S]*?^\}/m,
    "$1 return draw(); }",
  );
  return `${js}
Error.stackTraceLimit = 0;
class Stop extends Error {}
let state = 1;
let fuel = 0;
/** xorshift32: half of the numbers name variants, now and then there is nothing. */
function draw() {
  if (--fuel < 0) throw new Stop();
  state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
  return state & 0x700 ? (state & 0x8000 ? state & 7 : state & 127) : -1;
}
function flag() { return (draw() & 1) !== 0; }
class Cursor { next() { slots(); return flag(); } }
const cursor = new Cursor();
class List {
  length = 0; items = [];
  push(value) { this.items[this.length & 7] = value; this.length++; return flag(); }
}
const list = new List();
class Stub {
  words = new Int32Array(4096).map((_, k) => Math.imul(k, 0x9e3779b1) >>> 29);
  level = 0;
${slots.map((name) => `  ${name} = 0;`).join("\n")}
${properties.join("\n")}
  arena(n) { return draw() & 127; }
  results() { list.length = 0; return list; }
${methods.join("\n")}
}
const stub = new Stub();
function slots() { ${slots.map((name) => `stub.${name} = draw();`).join(" ")} return true; }
function drive(name, f, run) {
  let calls = 0;
  for (; calls < ${MAX_CALLS} && !%ActiveTierIsTurbofan(f); calls++) {
    fuel = 400;
    try { run(); } catch (e) { if (!(e instanceof Stop || e instanceof RangeError)) throw e; }
  }
  console.error(%ActiveTierIsTurbofan(f) ? "optimised" : "slow", name);
}
${functions.map(({ name, types }) => `drive("${name}", ${name}, () => ${name}(${types.map(argument).join(", ")}));`).join("\n")}
`;
}

/** What a stub's method returns. */
function answer(type: string): string {
  switch (type) {
    case "number":
      return "draw()";
    case "boolean":
      return "(slots(), flag())";
    case "bigint":
      return "BigInt(draw())";
    case "bigint | undefined":
      return "(flag() ? BigInt(draw()) : undefined)";
    case "void":
      return "void slots()";
    case "Cursor":
      return "cursor";
    default:
      return "draw()";
  }
}

function argument(type: string): string {
  switch (type) {
    case "Context":
      return "stub";
    case "Results":
      return "list";
    case "boolean":
      return "flag()";
    case "bigint":
      return "BigInt(draw())";
    default:
      return "draw()";
  }
}
