import {
  type Block,
  type Function as ClifFunction,
  functionName,
  type Inst,
  writeFunction,
} from "@gantry/clif-ir";
import { NONE } from "@gantry/entity";

/** The control flow of a function as a Graphviz graph: a node is a block with its last instruction. */
export function cfgText(func: ClifFunction): string {
  const lines = [`digraph "${functionName(func)}" {`];
  const entry = func.firstBlock();
  if (entry !== NONE) lines.push(`    {rank=min; block${entry}}`);
  const texts = blockTexts(func);
  const predecessors = new Map<Block, string[]>();
  for (let b = entry; b !== NONE; b = func.nextBlock(b)) {
    const last = func.lastInst(b);
    const text = texts.get(b);
    lines.push(`    block${b} [shape=record, label="{${text?.header ?? `block${b}:`}`);
    if (last !== NONE) lines.push(` | <inst${last}>${text?.last ?? ""}`);
    lines.push(`}"]`);
  }
  for (const [b, last] of sorted(func)) {
    for (let k = 0; k < func.targetCount(last); k++) {
      const to = func.targetBlock(last, k);
      const edge = `    block${b}:inst${last} -> block${to}`;
      const before = predecessors.get(to) ?? [];
      if (!before.includes(edge)) predecessors.set(to, [...before, edge]);
    }
  }
  for (let b = entry; b !== NONE; b = func.nextBlock(b)) lines.push(...(predecessors.get(b) ?? []));
  lines.push("}", "");
  return lines.join("\n");
}

/** Blocks with their last instructions, by number: the order of a block's predecessors. */
function sorted(func: ClifFunction): [Block, Inst][] {
  const found: [Block, Inst][] = [];
  for (let b = func.firstBlock(); b !== NONE; b = func.nextBlock(b)) {
    const last = func.lastInst(b);
    if (last !== NONE) found.push([b, last]);
  }
  return found.sort(([a], [b]) => a - b);
}

/** Header and last line of every block, as the writer prints them. */
function blockTexts(func: ClifFunction): Map<Block, { header: string; last: string }> {
  const texts = new Map<Block, { header: string; last: string }>();
  writeFunction(func, {
    block(b, line) {
      texts.set(b, { header: line.trim(), last: "" });
      return "";
    },
    inst(i, line) {
      const text = line.trim().replace(/^(<[^>]*> *)?@[0-9a-f]+ +/, "");
      texts.get(func.instBlock(i))!.last = text.replace(/ {2};.*$/, "");
      return "";
    },
  });
  return texts;
}
