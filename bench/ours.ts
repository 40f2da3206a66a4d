import { readFileSync } from "node:fs";
import { type Function as ClifFunction, readFunctions, Settings } from "@gantry/clif-ir";
import { CompileContext, type TargetIsa } from "@gantry/codegen-core";
import { loadTarget } from "@gantry/filetest/targets";
import { serveLines } from "./serve-lines.ts";

// Gantry's side of the bench: answers the same requests as `peers compile` (bench/peers/src/compile.rs).

interface Loaded {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly functions: ClifFunction[];
  readonly instructions: number;
}

let loaded: Loaded | undefined;
/** Reused from load to load and from round to round, as a compiler that stays alive would. */
const pool: ClifFunction[] = [];
const contexts = new Map<string, CompileContext>();

interface Spent {
  readonly wall: number;
  readonly cpu: number;
}

function measure(work: () => void): Spent {
  const cpu = process.cpuUsage();
  const wall = process.hrtime.bigint();
  work();
  const wallNs = Number(process.hrtime.bigint() - wall);
  const { user, system } = process.cpuUsage(cpu);
  return { wall: wallNs, cpu: (user + system) * 1000 };
}

function report(bytes: number, { wall, cpu }: Spent): string {
  return `${loaded!.functions.length} ${loaded!.instructions} ${bytes} ${wall} ${cpu}`;
}

function load(path: string): string {
  const bytes = new Uint8Array(readFileSync(path));
  const source = { name: path, bytes };
  const spent = measure(() => readFunctions(source, pool));
  let instructions = 0;
  for (const func of pool) instructions += countInstructions(func);
  loaded = { name: path, bytes, functions: pool, instructions };
  return report(bytes.length, spent);
}

function countInstructions(func: ClifFunction): number {
  let count = 0;
  for (let b = func.firstBlock(); b >= 0; b = func.nextBlock(b)) {
    for (let i = func.firstInst(b); i >= 0; i = func.nextInst(i)) count++;
  }
  return count;
}

/** @param key Target, optimisation level and allocator. */
async function contextOf(key: string): Promise<CompileContext> {
  let context = contexts.get(key);
  if (context === undefined) {
    const [target = "", optLevel, algorithm] = key.split(" ");
    const isa: TargetIsa | undefined = await loadTarget(target);
    if (isa === undefined) throw new Error(`${target} is not built yet`);
    const settings = new Settings(isa.settings);
    settings.set("enable_verifier=false");
    settings.set(`opt_level=${optLevel}`);
    if (algorithm !== "default") settings.set(`regalloc_algorithm=${algorithm}`);
    context = new CompileContext(isa, settings);
    contexts.set(key, context);
  }
  return context;
}

/** Compiling rewrites functions, so they are read anew; that is outside the measurement. */
async function compile(how: string): Promise<string> {
  const context = await contextOf(how);
  readFunctions(loaded!, pool);
  let bytes = 0;
  const spent = measure(() => {
    for (let k = 0; k < pool.length; k++) bytes += context.compile(pool[k]!).length;
  });
  return report(bytes, spent);
}

/** What one round asks the heap for; the collector must not run meanwhile, hence the large young generation. */
async function allocation(how: string): Promise<string> {
  const context = await contextOf(how);
  readFunctions(loaded!, pool);
  (globalThis as { gc?: () => void }).gc?.();
  const before = process.memoryUsage();
  for (let k = 0; k < pool.length; k++) context.compile(pool[k]!);
  const after = process.memoryUsage();
  return `${Math.max(0, after.heapUsed - before.heapUsed)} ${loaded!.instructions}`;
}

/** Peak of the resident set, and the bytes of all typed arrays that are alive. */
function memory(): string {
  (globalThis as { gc?: () => void }).gc?.();
  return `${process.resourceUsage().maxRSS * 1024} ${process.memoryUsage().arrayBuffers}`;
}

await serveLines({ load, compile, allocation, memory });
