import { NONE } from "@gantry/entity";
import { CALL_CONVS } from "../call-conv.ts";
import type { Block, FuncRef, GlobalValue, Inst, NameRef, SigRef, StackSlot, Value } from "../entities.ts";
import {
  EXT_NONE,
  EXT_U,
  type Function,
  GV_DYN_SCALE,
  GV_IADD_IMM,
  GV_LOAD,
  GV_VMCTX,
  NAME_KNOWN,
  NAME_LIBCALL,
  NAME_TESTCASE,
  OWN_SIGNATURE,
  PURPOSE_SARG,
  PURPOSE_SRET,
  PURPOSE_VMCTX,
  SIDE_TAGS,
  SL_HAS_KEY,
  SL_KEY,
  SL_KEY2,
  SL_KIND,
  SLOT_SHIFT,
  VK_ALIAS,
} from "../function.ts";
import { OPCODE_INFER, OPCODE_NAMES, OPCODE_TYPE_SET } from "../generated/facts.ts";
import { KNOWN_SYMBOLS, LIBCALLS } from "../libcalls.ts";
import { typeName } from "../types.ts";
import { decodeUtf8 } from "../utf8.ts";
import { bytesText, imm64Text, offsetText } from "./numbers.ts";
import { constantComment, memFlagsText, operandsText, resultsText } from "./operands.ts";

/** A name as it is written outside global values. */
export function nameText(f: Function, n: NameRef): string {
  switch (f.nameKind(n)) {
    case NAME_TESTCASE:
      return `%${decodeUtf8(f.text, f.nameSpace(n), f.nameSpace(n) + f.nameIndex(n))}`;
    case NAME_LIBCALL:
      return `%${LIBCALLS[f.nameSpace(n)].name}`;
    case NAME_KNOWN:
      return `%${KNOWN_SYMBOLS[f.nameSpace(n)].name}`;
    default:
      return `u${f.nameSpace(n) >>> 0}:${f.nameIndex(n) >>> 0}`;
  }
}

/** The function's own name: `%name` or `uN:M`. */
export const functionName = (f: Function): string => nameText(f, f.name);

/** Parameter or return `k` of a signature: its type and attributes. */
export function paramText(f: Function, s: SigRef, k: number): string {
  let out = typeName(f.sigParamType(s, k));
  const ext = f.sigParamExtension(s, k);
  if (ext !== EXT_NONE) out += ext === EXT_U ? " uext" : " sext";
  switch (f.sigParamPurpose(s, k)) {
    case PURPOSE_SRET:
      return `${out} sret`;
    case PURPOSE_VMCTX:
      return `${out} vmctx`;
    case PURPOSE_SARG:
      return `${out} sarg(${f.sigParamBytes(s, k) >>> 0})`;
    default:
      return out;
  }
}

/** A whole signature with its convention. */
export function signatureText(f: Function, s: SigRef): string {
  const params = f.sigParamCount(s);
  const returns = f.sigReturnCount(s);
  let out = "(";
  for (let k = 0; k < params; k++) out += (k === 0 ? "" : ", ") + paramText(f, s, k);
  out += ")";
  for (let k = 0; k < returns; k++) out += (k === 0 ? " -> " : ", ") + paramText(f, s, params + k);
  return `${out} ${CALL_CONVS[f.sigCallConv(s)].name}`;
}

/** The right-hand side of a global value's declaration. */
export function globalValueText(f: Function, g: GlobalValue): string {
  switch (f.gvKind(g)) {
    case GV_VMCTX:
      return "vmctx";
    case GV_LOAD:
      return `load.${typeName(f.gvType(g))}${memFlagsText(f.gvMemFlags(g))} gv${f.gvBase(g)}${offsetText(f.gvOffset(g))}`;
    case GV_IADD_IMM:
      return `iadd_imm.${typeName(f.gvType(g))} gv${f.gvBase(g)}, ${imm64Text(f.gvOffset(g), f.gvOffsetHi(g))}`;
    case GV_DYN_SCALE:
      return `dyn_scale_target_const.${typeName(f.gvType(g))}`;
    default: {
      const flags = (f.gvIsColocated(g) ? "colocated " : "") + (f.gvIsThreadLocal(g) ? "tls " : "");
      const n = f.gvName(g);
      const user = f.nameKind(n) === 0 ? f.userNames.toArray().indexOf(n) : NONE;
      const lo = f.gvOffset(g);
      const hi = f.gvOffsetHi(g);
      const offset = (lo | hi) === 0 ? "" : (hi < 0 ? "" : "+") + imm64Text(lo, hi);
      return `symbol ${flags}${user === NONE ? nameText(f, n) : `userextname${user}`}${offset}`;
    }
  }
}

const keyText = (lo: number, hi: number): string => String((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0));

function slotText(f: Function, s: StackSlot): string {
  const d = f.slots.data;
  const at = s << SLOT_SHIFT;
  let out = `${d[at + SL_KIND] === 0 ? "explicit_slot" : "explicit_dynamic_slot"} ${f.slotBytes(s)}`;
  if (f.slotAlignLog2(s) !== 0) out += `, align = ${2 ** f.slotAlignLog2(s)}`;
  if (d[at + SL_HAS_KEY] !== 0) out += `, key = ${keyText(d[at + SL_KEY], d[at + SL_KEY2])}`;
  return out;
}

/** All lines of the preamble, without indentation, in the order in which they are written. */
export function preambleLines(f: Function): string[] {
  const out: string[] = [];
  for (let k = 0; k < f.dynamicSlots.length; k++)
    out.push(`dss${k} = explicit_dynamic_slot dt${f.dynamicSlots.at(k)}`);
  for (let k = 0; k < f.numStackSlots; k++) out.push(`ss${k} = ${slotText(f, k as StackSlot)}`);
  for (let k = 0; k < f.numRegions; k++) {
    const at = f.regions.at(4 * k + 1);
    const text = decodeUtf8(f.text, at, at + f.regions.at(4 * k + 2));
    out.push(`region${k} = ${f.regions.at(4 * k) >>> 0} "${text}"`);
  }
  for (let k = 0; k < f.numGlobalValues; k++) out.push(`gv${k} = ${globalValueText(f, k as GlobalValue)}`);
  for (let k = 0; k < f.numSignatures; k++) out.push(`sig${k} = ${signatureText(f, k as SigRef)}`);
  for (let k = 0; k < f.numFuncs; k++) {
    const fn = k as FuncRef;
    if (f.funcSignature(fn) < 0) continue;
    const flags = (f.isColocated(fn) ? "colocated " : "") + (f.isPatchable(fn) ? "patchable " : "");
    out.push(`fn${k} = ${flags}${nameText(f, f.funcName(fn))} sig${f.funcSignature(fn)}`);
  }
  for (let k = 0; k < f.numConstants; k++)
    out.push(`const${k} = ${bytesText(f.bytes, f.constants.at(2 * k), f.constants.at(2 * k + 1))}`);
  if (f.stackLimit !== NONE) out.push(`stack_limit = gv${f.stackLimit}`);
  return out;
}

/** `blockN(v0: i32) cold:` */
export function blockHeaderText(f: Function, b: Block): string {
  let out = `block${b}`;
  const n = f.blockParamCount(b);
  for (let k = 0; k < n; k++) {
    const v = f.blockParam(b, k);
    out += `${k === 0 ? "(" : ", "}v${v}: ${typeName(f.valueType(v))}`;
  }
  if (n > 0) out += ")";
  return `${out}${f.isCold(b) ? " cold" : ""}:`;
}

/** Called behind each line with what it is about; error annotations hang on to it. */
export interface LineListener {
  preamble?(line: string): string;
  block?(b: Block, line: string): string;
  inst?(i: Inst, line: string): string;
}

/** Direct aliases of each value, in value order. */
class Aliases {
  readonly first: Int32Array;
  readonly next: Int32Array;

  constructor(f: Function) {
    this.first = new Int32Array(f.numValues).fill(NONE);
    this.next = new Int32Array(f.numValues).fill(NONE);
    for (let v = f.numValues - 1; v >= 0; v--) {
      const target = f.aliasTarget(v as Value);
      if (target === NONE) continue;
      this.next[v] = this.first[target];
      this.first[target] = v;
    }
  }

  /** Lines for everything that stands for `v`. */
  lines(v: Value, indent: string): string {
    if (this.first[v] === NONE) return "";
    let out = "";
    const stack: number[] = [v];
    for (let target = stack.pop(); target !== undefined; target = stack.pop())
      for (let alias = this.first[target]; alias !== NONE; alias = this.next[alias]) {
        out += `${indent}v${alias} -> v${target}\n`;
        stack.push(alias);
      }
    return out;
  }
}

function hasAliases(f: Function): boolean {
  for (let v = 0; v < f.numValues; v++) if (f.valueKind(v as Value) === VK_ALIAS) return true;
  return false;
}

function hasLocations(f: Function): boolean {
  for (let k = 0; k < f.side.length; k += 4) if (f.side.at(k + 1) === SIDE_TAGS) return true;
  for (let b = f.firstBlock(); b !== NONE; b = f.nextBlock(b))
    for (let i = f.firstInst(b); i !== NONE; i = f.nextInst(i)) if (f.sourceLocation(i) !== NONE) return true;
  return false;
}

function prefix(f: Function, i: Inst, indent: number): string {
  let out = "";
  const tags = f.sideEntry(i, SIDE_TAGS);
  if (tags !== NONE) {
    const start = f.side.at(tags + 2);
    const end = start + f.side.at(tags + 3);
    for (let k = start; k < end; k += 2)
      out += `${k === start ? "<" : ", "}${f.pool.at(k) === 1 ? `ss${f.pool.at(k + 1)}` : f.pool.at(k + 1) >>> 0}`;
    out += "> ";
  }
  const loc = f.sourceLocation(i);
  if (loc !== NONE) out += `@${(loc >>> 0).toString(16).padStart(4, "0")} `;
  return out.padEnd(indent);
}

function suffix(f: Function, i: Inst, b: Block): string {
  const op = f.opcode(i);
  if (OPCODE_TYPE_SET[op] < 0) return "";
  const k = OPCODE_INFER[op];
  if (k >= 0) {
    const v = f.resolve(f.arg(i, k));
    const def = f.valueDef(v);
    if ((def === NONE ? f.valueBlock(v) : f.instBlock(def)) === b) return "";
  }
  return `.${typeName(f.ctrlType(i))}`;
}

/** The function as text. */
export function writeFunction(f: Function, listener: LineListener = {}): string {
  let out = `function ${functionName(f)}${signatureText(f, OWN_SIGNATURE)} {\n`;
  const preamble = preambleLines(f);
  for (const line of preamble) {
    out += `    ${line}\n`;
    if (listener.preamble !== undefined) out += listener.preamble(line);
  }
  const width = hasLocations(f) ? 36 : 4;
  const indent = " ".repeat(width);
  const outdent = " ".repeat(width - 4);
  const aliases = hasAliases(f) ? new Aliases(f) : undefined;
  let any = preamble.length > 0;
  for (let b = f.firstBlock(); b !== NONE; b = f.nextBlock(b)) {
    if (any) out += "\n";
    any = true;
    const header = outdent + blockHeaderText(f, b);
    out += `${header}\n`;
    if (listener.block !== undefined) out += listener.block(b, header);
    if (aliases !== undefined)
      for (let k = 0; k < f.blockParamCount(b); k++) out += aliases.lines(f.blockParam(b, k), indent);
    for (let i = f.firstInst(b); i !== NONE; i = f.nextInst(i)) {
      const line = `${prefix(f, i, width)}${resultsText(f, i)}${OPCODE_NAMES[f.opcode(i)]}${suffix(f, i, b)}${operandsText(f, i)}${constantComment(f, i)}`;
      out += `${line}\n`;
      if (listener.inst !== undefined) out += listener.inst(i, line);
      if (aliases !== undefined)
        for (let k = 0; k < f.resultCount(i); k++) out += aliases.lines(f.result(i, k), indent);
    }
  }
  return `${out}}\n`;
}
