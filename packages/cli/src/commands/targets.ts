import { Settings } from "@gantry/clif-ir";
import { legalityReport } from "@gantry/codegen-core";
import { architectureOf, hostArchitecture, loadTarget, targets } from "@gantry/filetest/targets";
import type { Invocation } from "../command.ts";
import { chosenTarget } from "../target.ts";

/** `gantry targets`: what there is; with a triple, the settings of that target. */
export async function run(invocation: Invocation): Promise<number> {
  const [triple] = invocation.args;
  return triple === undefined ? listTargets(invocation) : describeTarget(invocation, triple);
}

async function listTargets({ report }: Invocation): Promise<number> {
  for (const row of targets) {
    const isa = await loadTarget(row.arch);
    const built = isa !== undefined;
    const host = row.arch === hostArchitecture();
    if (report.json) print(JSON.stringify({ arch: row.arch, name: isa?.name, built, host }));
    else
      print(`${row.arch.padEnd(10)}${built ? "" : "not built yet"}${host ? "this machine" : ""}`.trimEnd());
  }
  if (!report.json) print("\n'gantry targets ARCH' lists the settings of a target.");
  return 0;
}

/** Types that are listed where an operation is not possible; `--json` lists all. */
const MANY_TYPES = 16;

async function describeTarget(invocation: Invocation, triple: string): Promise<number> {
  const isa = await chosenTarget({ ...invocation, options: { ...invocation.options, target: triple } });
  const own = new Set(isa.settings.settings.map((row) => row.name));
  const { rows } = new Settings(isa.settings);
  if (invocation.report.json) {
    for (const row of rows) print(JSON.stringify({ ...row, target: own.has(row.name) }));
    for (const entry of legalityReport(isa.legality)) print(JSON.stringify(entry));
    return 0;
  }
  print(
    `${isa.name} (${architectureOf(triple)}): ${isa.endian}-endian, ${isa.pointerBytes * 8}-bit addresses`,
  );
  for (const [head, mine] of [
    ["settings of this target", true],
    ["settings of all targets", false],
  ] as const) {
    print(`\n${head}:`);
    for (const row of rows) {
      if (own.has(row.name) !== mine) continue;
      const values = row.kind === "enum" ? row.values.join("|") : row.kind === "num" ? "0..255" : "";
      print(
        `  ${`${row.name}=${row.default}`.padEnd(40)} ${[row.doc, values].filter(Boolean).join(" ")}`.trimEnd(),
      );
    }
  }
  print("\noperations, by the type of the result or of what is stored, compared or tested:");
  for (const { opcode, how, types, by, where } of legalityReport(isa.legality)) {
    const isRest = how === "not possible" && types.split(" ").length > MANY_TYPES;
    const what = [isRest ? "all other types" : types, where].filter(Boolean).join(", ");
    print(`  ${opcode.padEnd(18)} ${how.padEnd(12)} ${what}${by === "" ? "" : ` (${by})`}`.trimEnd());
  }
  print("  Dynamic vectors and vectors of more than 512 bits are not possible: no register holds them.");
  const { presets } = isa.settings;
  if (presets.length > 0) print(`\npresets:\n${wrapped(presets.map((preset) => preset.name))}`);
  return 0;
}

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** Words with commas, in lines of at most 80 columns. */
function wrapped(words: readonly string[]): string {
  const lines = [""];
  for (const [k, word] of words.entries()) {
    const text = k === words.length - 1 ? word : `${word},`;
    const line = lines.at(-1)!;
    if (line.length + text.length > 76 && line !== "") lines.push(text);
    else lines[lines.length - 1] = line === "" ? text : `${line} ${text}`;
  }
  return lines.map((line) => `  ${line}`).join("\n");
}
