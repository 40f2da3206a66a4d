import { readFunctions, Settings } from "@gantry/clif-ir";
import { CompileContext } from "@gantry/codegen-core";
import { x64 } from "@gantry/isa-x64";
import { nativeFeatures } from "@gantry/jit";
import type { Kernel } from "./kernels.table.ts";
import { differ, oursScript, runInTurns, Side } from "./measure.ts";

/** A processor to compile for, by its name and the settings that stand for it. */
interface Level {
  readonly name: string;
  readonly settings: readonly string[];
}

/** What a kernel costs at a level: milliseconds at best, bytes of code. */
interface Cost {
  readonly ms: number;
  readonly bytes: number;
}

/** The measured levels; the first is what the others are compared with. */
function levels(): Level[] {
  const native = nativeFeatures(x64);
  const v3 = x64.settings.presets.find((preset) => preset.name === "x86-64-v3")!;
  return [
    { name: "SSE2", settings: [] },
    ...(v3.enables.every((name) => native.includes(name)) ? [{ name: v3.name, settings: [v3.name] }] : []),
    { name: "native", settings: native },
  ];
}

/** Work in proportion to a great `n` is divided by this, because three levels run it. */
const SHARE = 8;

function codeBytes(kernel: Kernel, text: string, level: Level): number {
  const settings = new Settings(x64.settings);
  for (const word of ["enable_verifier=false", ...level.settings]) settings.set(word);
  const context = new CompileContext(x64, settings);
  let bytes = 0;
  const source = { name: `${kernel.name}.clif`, bytes: new TextEncoder().encode(text) };
  for (const func of readFunctions(source)) bytes += context.compile(func).length;
  return bytes;
}

/** Runs the kernels as compiled for SSE2, x86-64-v3 and this machine, in turns, and prints times, bytes and ratios. */
export async function benchLevels(names: readonly string[], rounds: number, json: boolean): Promise<void> {
  const all = levels();
  const sides = all.map((l) => new Side([process.execPath, oursScript], "default", l.settings));
  const heads = all.map(
    (l) => `${l.name} ms`.padStart(14) + "bytes".padStart(8) + "".padStart(l === all[0] ? 0 : 14),
  );
  if (!json) console.log(`${"kernel".padEnd(16)}${heads.join("")}`);
  const sums = all.map(() => ({ time: 0, bytes: 0 }));
  let count = 0;
  const work = ({ n, testN }: Kernel) => (n < 1000 ? n : Math.max(testN, Math.ceil(n / SHARE)));
  await runInTurns(sides, names, rounds, work, (kernel, text) => {
    const failed = sides.find((side) => side.failure !== undefined);
    if (failed !== undefined) throw new Error(`${kernel.name}: ${failed.failure}`);
    if (differ(sides.flatMap((side) => side.runs))) throw new Error(`${kernel.name}: the checksums differ`);
    const costs = all.map(
      (level, k): Cost => ({
        ms: Math.min(...sides[k]!.runs.map((run) => run.cpuNs)) / 1e6,
        bytes: codeBytes(kernel, text, level),
      }),
    );
    count++;
    costs.forEach((cost, k) => {
      sums[k]!.time += Math.log(cost.ms / costs[0]!.ms);
      sums[k]!.bytes += Math.log(cost.bytes / costs[0]!.bytes);
    });
    print(kernel.name, all, costs, json);
  });
  const means = sums.map(
    (sum): Cost => ({ ms: Math.exp(sum.time / count), bytes: Math.exp(sum.bytes / count) }),
  );
  print("geometric mean", all, means, json);
}

function print(name: string, all: readonly Level[], costs: readonly Cost[], json: boolean): void {
  const [first] = costs;
  const ratios = costs.map((cost) => ({ time: cost.ms / first!.ms, bytes: cost.bytes / first!.bytes }));
  if (json) {
    all.forEach((level, k) => {
      const row = { row: "levels", input: name, target: "x86_64", level: level.name };
      const round = (x: number) => Math.round(x * 1000) / 1000;
      const { ms, bytes } = costs[k]!;
      console.log(JSON.stringify({ ...row, unit: "ms", ours: round(ms), ratio: round(ratios[k]!.time) }));
      console.log(
        JSON.stringify({ ...row, unit: "bytes", ours: round(bytes), ratio: round(ratios[k]!.bytes) }),
      );
    });
    return;
  }
  const cells = costs.map(({ ms, bytes }, k) => {
    const figures =
      ms.toFixed(2).padStart(14) + (Number.isInteger(bytes) ? String(bytes) : bytes.toFixed(3)).padStart(8);
    return k === 0 ? figures : `${figures} ${ratios[k]!.time.toFixed(3)} ${ratios[k]!.bytes.toFixed(3)} `;
  });
  console.log(`${name.padEnd(16)}${cells.join("")}`);
}
