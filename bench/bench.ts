import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { kernelsChart } from "./kernels/chart.ts";
import { kernels } from "./kernels/kernels.table.ts";
import { benchLevels } from "./kernels/levels.ts";
import { geometricMean, measureKernels } from "./kernels/measure.ts";
import { onOneCore } from "./line-server.ts";
import { type Measuring, measureMemory, measureRow, measureStart } from "./measure.ts";
import { buildPeers } from "./peers.ts";
import { measureRegalloc } from "./regalloc/measure.ts";
import { type Figure, rows } from "./rows.ts";
import { barsHead, figureLine, tableHead } from "./table.ts";
import { benchWorker } from "./worker.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const usage = `usage: pnpm bench [FILE.clif...] [--target T]... [--row NAME]... [--rounds N] [--json]
  Compiles CLIF with Gantry and with Cranelift, in turns, and prints both and their ratio.
  Without a file: lua.clif of the corpus beside the repository, else examples/.
       pnpm bench kernels [NAME...] [--rounds N] [--json] [--svg FILE]
  Runs the programs of bench/kernels as either compiles them, and compares their times; rounds differ in where
  the code lies in its cache line, of which there are four.
       pnpm bench levels [NAME...] [--rounds N] [--json]
  Runs the same programs as compiled for SSE2, x86-64-v3 and this machine: CPU time and bytes, and ratios to SSE2.
       pnpm bench worker [--json]
  Asks gantry worker and Cranelift behind the same protocol for the same things.
       pnpm bench regalloc [FILE.clif...] [--rounds N] [--json]
  Allocates registers for the functions of CLIF files (lua and quickjs of the corpus) and for problems that
  were quadratic somewhere, beside regalloc2.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    target: { type: "string", multiple: true, default: ["x86_64"] },
    row: { type: "string", multiple: true, default: [] },
    rounds: { type: "string", default: "6" },
    svg: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

function defaultInputs(): string[] {
  const corpus = join(root, "..", "shared", "corpus", "lua.clif");
  if (existsSync(corpus)) return [corpus];
  const examples = join(root, "examples");
  return readdirSync(examples)
    .filter((name) => name.endsWith(".clif"))
    .map((name) => join(examples, name));
}

async function main(): Promise<void> {
  if (values.help) {
    console.log(usage);
    return;
  }
  const rounds = Number(values.rounds);
  if (positionals[0] === "worker") return benchWorker(values.json);
  if (positionals[0] === "kernels") return benchKernels(positionals.slice(1), rounds);
  if (positionals[0] === "levels") return benchLevels(positionals.slice(1), rounds, values.json);
  if (positionals[0] === "regalloc") return benchRegalloc(positionals.slice(1), rounds);
  const known = [...rows.map((row) => row.name), "memory-none", "first-object"];
  const unknown = values.row.find((name) => !known.includes(name));
  if (!Number.isInteger(rounds) || rounds < 1 || unknown !== undefined) {
    console.error(unknown === undefined ? usage : `no row '${unknown}'; there are ${known.join(", ")}`);
    process.exitCode = 2;
    return;
  }
  const wanted = (name: string) => values.row.length === 0 || values.row.includes(name);
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const peers = buildPeers(say);
  const how: Measuring = { peers, rounds, say };
  const note = (text: string) => (values.json ? say(text) : console.log(text));
  if ("missing" in peers) note(`No peer: ${peers.missing}.`);
  if (onOneCore().length === 0) note("No taskset: the processes are not kept on one core.");
  const report = (figure: Figure) => {
    const shown = { ...figure, input: basename(figure.input) };
    console.log(values.json ? JSON.stringify(shown) : figureLine(shown));
  };
  for (const input of positionals.length > 0 ? positionals : defaultInputs()) {
    for (const target of values.target) {
      if (!values.json) console.log(tableHead(basename(input), target, rounds));
      for (const row of rows) {
        if (wanted(row.name)) for (const figure of await measureRow(row, input, target, how)) report(figure);
      }
      if (wanted("first-object")) report(await measureStart(target, how));
      if (wanted("memory-none")) for (const figure of await measureMemory(input, target, how)) report(figure);
    }
  }
}

async function benchKernels(names: readonly string[], rounds: number): Promise<void> {
  const unknown = names.find((name) => !kernels.some((kernel) => kernel.name === name));
  if (!Number.isInteger(rounds) || rounds < 1 || unknown !== undefined) {
    const all = kernels.map((kernel) => kernel.name).join(", ");
    console.error(unknown === undefined ? usage : `no kernel '${unknown}'; there are ${all}`);
    process.exitCode = 2;
    return;
  }
  const peers = buildPeers((line) => process.stderr.write(`${line}\n`));
  if ("missing" in peers) process.stderr.write(`No peer: ${peers.missing}.\n`);
  if (!values.json) console.log(tableHead("run time of kernels", "x86_64", rounds));
  const report = (figure: Figure) => console.log(values.json ? JSON.stringify(figure) : figureLine(figure));
  const figures = await measureKernels(names, peers, rounds, report);
  const mean = geometricMean(figures, "wall");
  const cpuMean = geometricMean(figures, "cpu");
  if (mean !== undefined) report(mean);
  if (cpuMean !== undefined) report(cpuMean);
  if (values.svg !== undefined) writeFileSync(values.svg, kernelsChart(figures, mean));
}

async function benchRegalloc(files: readonly string[], rounds: number): Promise<void> {
  if (!Number.isInteger(rounds) || rounds < 1) {
    console.error(usage);
    process.exitCode = 2;
    return;
  }
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const peers = buildPeers(say);
  if ("missing" in peers) say(`No peer: ${peers.missing}.`);
  const corpus = ["lua", "quickjs"].map((name) => join(root, "..", "shared", "corpus", `${name}.clif`));
  const inputs = files.length > 0 ? files : corpus.every(existsSync) ? corpus : defaultInputs();
  await measureRegalloc(inputs, {
    peers,
    rounds,
    title: (text) => !values.json && console.log(barsHead(text, "regalloc2")),
    report: (figure) => console.log(values.json ? JSON.stringify(figure) : figureLine(figure)),
  });
}

await main();
