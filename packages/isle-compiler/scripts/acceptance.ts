/**
 * Measures the compiler on Cranelift's own rules:
 * `node scripts/acceptance.ts [counts|time|replay|code|hot|same|fuzz N]`.
 * Needs bench/peers built. Without an argument everything, with 2,000 mutated inputs.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { SourceFile } from "@gantry/diag";
import { compileUnit } from "../src/compile.ts";
import { type Cranelift, findCranelift, readUnit } from "../src/testing/cranelift.ts";
import { mutate } from "../src/testing/mutate.ts";
import { loadGenerated, Replay } from "../src/testing/replay.ts";
import { optimise } from "../src/testing/stub-host.ts";
import type { Block } from "../src/tree/tree.ts";

process.removeAllListeners("warning");

/** Counts of the unit as the language's description has them: terms with rules, values, matches, arms, and so on. */
function counts(cranelift: Cranelift): void {
  console.log(
    "unit      files types terms rules clauses convs functions values matches single arms equal loops returns lets",
  );
  for (const [name, paths] of cranelift.units) {
    const { program, trees } = compileUnit({ files: readUnit(paths) });
    const n = { matches: 0, single: 0, arms: 0, equal: 0, loops: 0, returns: 0, lets: 0 };
    const visit = (block: Block): void => {
      for (const { bind, control } of block.steps) {
        n.lets += bind.length;
        if (control.kind === "match") {
          n.matches++;
          if (control.arms.length === 1) n.single++;
          n.arms += control.arms.length;
          for (const arm of control.arms) visit(arm.body);
        } else if (control.kind === "return") n.returns++;
        else {
          if (control.kind === "equal") n.equal++;
          else n.loops++;
          visit(control.body);
        }
      }
    };
    for (const { tree } of trees) visit(tree);
    const values = trees.reduce((sum, { set }) => sum + set.values.length, 0);
    const clauses = program!.rules.reduce((sum, r) => sum + r.clauses.length, 0);
    const row = [paths.length, program!.types.length, program!.terms.length, program!.rules.length, clauses];
    row.push(program!.converters.size, trees.length, values, ...Object.values(n));
    console.log(name.padEnd(9), row.join(" "));
  }
}

/** Source to TypeScript text: every unit once in a new process, and again when warm. */
function time(cranelift: Cranelift): void {
  const child = (unit: string, rounds: number): number[] => {
    const run = spawnSync(
      process.execPath,
      [new URL(import.meta.url).pathname, "one", unit, String(rounds)],
      { encoding: "utf8" },
    );
    return run.stdout.trim().split("\n").map(Number);
  };
  console.log(`all six, new process: ${Math.min(...[1, 2, 3].map(() => child("all", 1)[0]!)).toFixed(0)} ms`);
  for (const [name, paths] of cranelift.units) {
    const times = child(name, 8);
    const peer = spawnSync(cranelift.binary, ["trees", "time", ...paths], { encoding: "utf8" }).stdout.trim();
    console.log(
      `${name}: cold ${times[0]!.toFixed(0)} ms, warm ${Math.min(...times).toFixed(0)} ms, cranelift-isle ${peer} ms`,
    );
  }
}

function timeOne(cranelift: Cranelift, unit: string, rounds: number): void {
  for (let k = 0; k < rounds; k++) {
    const start = performance.now();
    for (const [name, paths] of cranelift.units) {
      if (unit === "all" || unit === name) compileUnit({ files: readUnit(paths), output: {} });
    }
    console.log(performance.now() - start);
  }
}

/** Rules, trees and generated code on random hosts, for every term of every unit. */
async function replay(cranelift: Cranelift): Promise<void> {
  for (const [name, paths] of cranelift.units) {
    const unit = compileUnit({ files: readUnit(paths), output: {} });
    const module = await loadGenerated(unit.text!);
    let compared = 0;
    let different = 0;
    for (let seed = 0; seed < 3; seed++) {
      const run = new Replay(unit, seed, module);
      for (const { set } of unit.trees) {
        for (let k = 0; k < (set.rules.length > 100 ? 200 : 4); k++) {
          const outcome = run.run(set.term, `${k}`);
          if (outcome === undefined) continue;
          compared++;
          if (
            !isDeepStrictEqual(outcome.trees, outcome.rules) ||
            !isDeepStrictEqual(outcome.trees, outcome.generated)
          )
            different++;
        }
      }
    }
    console.log(`${name}: ${compared} calls compared, ${different} different`);
    if (different > 0) process.exitCode = 1;
  }
}

/** Bytecode of the generated functions, as V8 prints it. */
function code(cranelift: Cranelift): void {
  const folder = mkdtempSync(join(tmpdir(), "gantry-isle-code-"));
  for (const [name, paths] of cranelift.units) {
    const path = join(folder, `${name}.mjs`);
    writeFileSync(path, stripTypeScriptTypes(compileUnit({ files: readUnit(paths), output: {} }).text!));
    const run = spawnSync(process.execPath, ["--no-lazy", "--no-flush-bytecode", "--print-bytecode", path], {
      encoding: "utf8",
      maxBuffer: 1 << 30,
    });
    const sizes: number[] = [];
    const registers: number[] = [];
    for (const part of run.stdout.split("[generated bytecode for function: ").slice(1)) {
      if (/^(anonymous)?\s*\(/.test(part)) continue;
      sizes.push(Number(/Bytecode length: (\d+)/.exec(part)?.[1] ?? 0));
      registers.push(Number(/Register count (\d+)/.exec(part)?.[1] ?? 0));
    }
    sizes.sort((a, b) => a - b);
    const total = sizes.reduce((a, b) => a + b, 0);
    const median = sizes[sizes.length >> 1];
    console.log(
      `${name}: ${sizes.length} functions, ${total} bytes of bytecode, largest ${sizes.at(-1)}, median ${median}, most registers ${Math.max(...registers)}`,
    );
  }
}

/** Every generated function reaches V8's optimiser, which refuses none. */
function hot(cranelift: Cranelift): void {
  for (const [name, paths] of cranelift.units) {
    const { optimised, slow, refused } = optimise(compileUnit({ files: readUnit(paths), output: {} }).text!);
    console.log(`${name}: ${optimised} functions optimised, ${slow.length} not, ${refused.length} refused`);
    for (const line of [...slow, ...refused].slice(0, 10)) console.log(`  ${line}`);
    if (slow.length + refused.length > 0) process.exitCode = 1;
  }
}

/** The text of a unit is the same in every process. */
function same(cranelift: Cranelift, runs: number): void {
  for (const name of cranelift.units.keys()) {
    const seen = new Set<string>();
    for (let k = 0; k < runs; k++) {
      seen.add(
        spawnSync(process.execPath, [new URL(import.meta.url).pathname, "hash", name], { encoding: "utf8" })
          .stdout,
      );
    }
    console.log(`${name}: ${runs} runs, ${seen.size} different texts`);
    if (seen.size !== 1) process.exitCode = 1;
  }
}

/** Mutated sources: nothing is thrown, nothing takes a second, and what the peer rejects has a diagnostic. */
function fuzz(cranelift: Cranelift, runs: number): void {
  const corpus = cranelift.files.flatMap((path) => {
    const text = readFileSync(path, "utf8");
    // Pieces of a few hundred lines: whole files would spend the time in what a mutation leaves alone.
    const lines = text.split("\n");
    return Array.from({ length: Math.min(6, Math.ceil(lines.length / 150)) }, (_, k) =>
      lines.slice(150 * k, 150 * k + 150).join("\n"),
    );
  });
  // Programs that stand alone: here most mutations leave something that checking goes far into.
  const suite = new URL("../../../test/isle/", import.meta.url);
  const whole = ["pass", "run"].flatMap((kind) =>
    readdirSync(new URL(`${kind}/`, suite))
      .filter((name) => name.endsWith(".isle"))
      // An operator that the peer's lexer cannot read.
      .map((name) =>
        readFileSync(new URL(`${kind}/${name}`, suite), "utf8").replace("(- x 1)", "(bvsub x 1)"),
      ),
  );
  const count = { rejected: 0, missed: 0, accepted: 0, stricter: 0, panics: 0 };
  const stricter: string[] = [];
  let worst = 0;
  for (let from = 0; from < runs; from += 500) {
    const texts: string[] = [];
    for (let k = from; k < Math.min(runs, from + 500); k++) {
      const source = k % 3 === 0 ? corpus : whole;
      texts.push(mutate(source[k % source.length]!, corpus[(k * 31 + 7) % corpus.length]!, k));
    }
    const input = Buffer.concat(
      texts.flatMap((t) => [Buffer.from(`${Buffer.byteLength(t)}\n`), Buffer.from(t)]),
    );
    const verdicts = spawnSync(cranelift.binary, ["trees", "judge"], {
      input,
      encoding: "utf8",
    }).stdout.split("\n");
    for (const [k, text] of texts.entries()) {
      const start = performance.now();
      const unit = compileUnit({ files: [new SourceFile("mutated.isle", text)], output: {} });
      worst = Math.max(worst, performance.now() - start);
      const verdict = verdicts[k] ?? "";
      if (verdict.startsWith("reject")) {
        count.rejected++;
        if (unit.diagnostics.length > 0) continue;
        count.missed++;
        if (count.missed <= 5) console.log(`no diagnostic where the peer says '${verdict}':\n${text}\n----`);
      } else if (verdict === "accept") {
        count.accepted++;
        if (unit.hasErrors) count.stricter++;
        if (unit.hasErrors) stricter.push(unit.diagnostics.map((d) => d.code).join(" "));
      } else count.panics++;
    }
  }
  console.log(`${runs} mutated inputs, slowest ${worst.toFixed(0)} ms`);
  console.log(`the peer rejects ${count.rejected}; ${count.missed} of them have no diagnostic here`);
  console.log(
    `the peer accepts ${count.accepted}; ${count.stricter} of them are errors here (${stricter.join(", ")}); it panics or dies on ${count.panics}`,
  );
  if (count.missed > 0 || worst > 1000) process.exitCode = 1;
}

const cranelift = findCranelift();
if ("missing" in cranelift) {
  console.error(cranelift.missing);
  process.exitCode = 1;
} else {
  const [what, argument, rounds] = process.argv.slice(2);
  if (what === "one") timeOne(cranelift, argument!, Number(rounds));
  if (what === undefined || what === "counts") counts(cranelift);
  if (what === undefined || what === "time") time(cranelift);
  if (what === undefined || what === "replay") await replay(cranelift);
  if (what === undefined || what === "code") code(cranelift);
  if (what === undefined || what === "hot") hot(cranelift);
  if (what === "hash") {
    const { text } = compileUnit({ files: readUnit(cranelift.units.get(argument!)!), output: {} });
    console.log(createHash("sha256").update(text!).digest("hex"));
  }
  if (what === undefined || what === "same") same(cranelift, Number(argument ?? 20));
  if (what === undefined || what === "fuzz") fuzz(cranelift, Number(argument ?? 2000));
}
