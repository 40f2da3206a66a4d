import { NONE } from "@gantry/entity";
import { EDIT_WORDS, MOVE, REMATERIALISE, SLOT_BASE as SLOT } from "@gantry/regalloc";
import { type CompiledCode, DataKind } from "./compiled-code.ts";
import type { CompileContext } from "./context.ts";

/** The machine code under construction as text: virtual registers before allocation, physical ones and edits after. */
export function listMachineCode(c: CompileContext): string {
  const { host, isa, order, output } = c;
  const edits = output.edits.data;
  const lines: string[] = [];
  let e = 0;
  const showEdits = (p: number, after: number): void => {
    for (; e < output.edits.length && edits[e] === p && edits[e + 1] === after; e += EDIT_WORDS) {
      lines.push(`      ; ${editText(c, e)}`);
    }
  };
  for (let lb = 0; lb < order.count; lb++) {
    const b = order.block.data[lb];
    lines.push(`  label${lb}:${b === NONE ? " ; split edge" : ` ; block${b}`}`);
    for (let p = c.blockStart.data[lb]; p < c.blockStart.data[lb + 1]; p++) {
      showEdits(p, 0);
      lines.push(`    ${isa.print(host.words, host.order.data[p])}`);
      showEdits(p, 1);
    }
  }
  return lines.join("\n");
}

function editText(c: CompileContext, e: number): string {
  const edits = c.output.edits.data;
  const place = (a: number): string => (a >= SLOT ? `spill${a - SLOT}` : c.isa.registerName(a));
  const from = edits[e + 3];
  const to = edits[e + 4];
  switch (edits[e + 2]) {
    case MOVE:
      return `move ${place(to)} <- ${place(from)}`;
    case REMATERIALISE:
      return `rematerialise ${place(to)} <- v${from}`;
    default:
      return `exchange ${place(from)}, ${place(to)}`;
  }
}

/** The code as assembly text, one instruction a line with its offset and bytes; data as bytes. */
export function disassemble(isa: CompileContext["isa"], code: CompiledCode): string {
  const lines: string[] = [];
  const hex = (from: number, to: number): string =>
    Array.from(code.bytes.subarray(from, to), (b) => b.toString(16).padStart(2, "0")).join(" ");
  let at = 0;
  while (at < code.codeLength) {
    const inst = isa.decode(code.bytes.subarray(0, code.codeLength), at);
    const length = inst?.length ?? 1;
    lines.push(`${at.toString(16).padStart(6)}: ${hex(at, at + length).padEnd(30)} ${inst?.text ?? "(bad)"}`);
    at += length;
  }
  for (let i = 0; i < code.data.length; i += 3) {
    const offset = code.data.data[i];
    const kind = code.data.data[i + 2] === DataKind.jumpTable ? "jump table" : "constant";
    lines.push(
      `${offset.toString(16).padStart(6)}: ${hex(offset, offset + code.data.data[i + 1])} ; ${kind}`,
    );
  }
  return lines.join("\n");
}
