import { readFileSync } from "node:fs";
import { readFunctions, Settings } from "@gantry/clif-ir";
import { x64 } from "@gantry/isa-x64";
import { Jit } from "@gantry/jit";
import { serveLines } from "../serve-lines.ts";
import { BUFFER_BYTES } from "./kernels.table.ts";

// Gantry's side of `pnpm bench kernels`: answers the same requests as `peers kernels` (bench/peers/src/kernels.rs).

const memory = `function %allocate(i64) -> i64 system_v {
    fn0 = %aligned_alloc(i64, i64) -> i64 system_v
block0(v0: i64):
    v1 = iconst.i64 4096
    v2 = call fn0(v1, v0)
    return v2
}
`;

let jit: Jit | undefined;
let buffer: bigint | undefined;

function load(words: string): string {
  const [path, optLevel, algorithm, ...extra] = words.split(" ");
  const settings = new Settings(x64.settings);
  for (const setting of ["is_pic", "enable_verifier=false", `opt_level=${optLevel}`, ...extra])
    settings.set(setting);
  if (algorithm !== "default") settings.set(`regalloc_algorithm=${algorithm}`);
  jit?.close();
  jit = new Jit(x64, { settings });
  for (const bytes of [readFileSync(path!), Buffer.from(memory)])
    for (const func of readFunctions({ name: path!, bytes })) jit.add(func);
  jit.link();
  buffer ??= jit.call("allocate", BUFFER_BYTES) as bigint;
  return "0";
}

function run(n: string): string {
  const kernel = jit!.get("kernel");
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  const checksum = kernel(buffer!, BigInt(n));
  const wall = process.hrtime.bigint() - start;
  const { user, system } = process.cpuUsage(cpu);
  return `${checksum} ${wall} ${(user + system) * 1000}`;
}

await serveLines({ load, run });
