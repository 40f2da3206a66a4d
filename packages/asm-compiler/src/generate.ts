import { emitInsts, emitIsle, emitOpcodes, emitOperands, int32Array } from "./emit-common.ts";
import type { FixedTable } from "./fixed.ts";
import { emitFixedDecode, emitFixedLayout, emitFixedPrint } from "./fixed-emit-decode.ts";
import { emitFixedEncode } from "./fixed-emit-encode.ts";
import { type FixedTarget, resolveFixed } from "./fixed-rows.ts";
import type { NamedTable } from "./row.ts";
import type { X86Table } from "./x86.ts";
import { emitX86Decode } from "./x86-emit-decode.ts";
import { emitX86Encode, type X86Numbers } from "./x86-emit-encode.ts";
import { emitX86Layout } from "./x86-emit-layout.ts";
import { emitX86Print } from "./x86-emit-print.ts";
import { resolveX86, vexForms } from "./x86-rows.ts";

/** ISLE types of the register classes, by class number. */
export type RegClassNames = readonly string[];

/** What {@link generateX86} is asked for. */
export interface X86Config {
  readonly tables: readonly NamedTable<X86Table>[];
  /** Name of the class of constructors. */
  readonly className: string;
  /** Relocation and fix-up kinds of the target. */
  readonly numbers: X86Numbers;
}

/** What {@link generateFixed} is asked for. */
export interface FixedConfig {
  readonly tables: readonly NamedTable<FixedTable>[];
  readonly target: FixedTarget;
  readonly className: string;
  readonly classNames: RegClassNames;
}

/** Generated files: text by file name. */
export type GeneratedFiles = ReadonlyMap<string, string>;

/** Makes everything that comes from an x86-64 instruction table. Throws a `GantryError` if a row is wrong. */
export function generateX86(config: X86Config): GeneratedFiles {
  const rows = resolveX86(config.tables);
  const vex = vexForms(rows);
  const vexColumn = [
    "/** For each opcode that of the VEX row of the same operation, otherwise itself. */",
    int32Array("VEX_FORM", vex),
  ];
  return new Map([
    ["opcodes.ts", emitOpcodes(rows)],
    ["operands.ts", [emitOperands(rows), ...vexColumn].join("\n")],
    ["insts.ts", emitInsts(rows, config.className, vex)],
    ["insts.isle", emitIsle(rows, ["Gpr", "Xmm"])],
    ["encode.ts", emitX86Encode(rows, config.numbers)],
    ["layout.ts", emitX86Layout(rows)],
    ["print.ts", emitX86Print(rows)],
    ["decode.ts", emitX86Decode(rows)],
  ]);
}

/** Makes everything that comes from the instruction table of a fixed-width machine. */
export function generateFixed(config: FixedConfig): GeneratedFiles {
  const { target } = config;
  const rows = resolveFixed(config.tables, target);
  return new Map([
    ["opcodes.ts", emitOpcodes(rows)],
    ["operands.ts", emitOperands(rows)],
    ["insts.ts", emitInsts(rows, config.className)],
    ["insts.isle", emitIsle(rows, config.classNames)],
    ["encode.ts", emitFixedEncode(rows, target)],
    ["layout.ts", emitFixedLayout(rows)],
    ["print.ts", emitFixedPrint(rows)],
    ["decode.ts", emitFixedDecode(rows, target)],
  ]);
}
