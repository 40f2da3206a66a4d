import { CALL_CONVS } from "../call-conv.ts";
import type { FuncRef, Inst, SigRef, Value } from "../entities.ts";
import { type Function, GV_IADD_IMM, GV_LOAD, OWN_SIGNATURE } from "../function.ts";
import * as Facts from "../generated/facts.ts";
import * as Op from "../generated/opcodes.ts";
import { derivedType, inTypeSet } from "../type-constraints.ts";
import { INVALID, isFloat, isInt, TYPE_LIMIT, type Type, typeBits, typeName } from "../types.ts";
import { paramText } from "../writer/function.ts";
import { instText } from "../writer/operands.ts";
import { globalType } from "./preamble.ts";
import { calleeSignature } from "./references.ts";
import type { Report } from "./report.ts";

/** Checks the types of operands, results, arguments and returned values. Every finding is reported. */
export class TypeChecker {
  func!: Function;
  report!: Report;
  /** INVALID without a target. */
  pointer: Type = INVALID;

  check(i: Inst): void {
    const f = this.func;
    const op = f.opcode(i);
    const ctrl = f.ctrlType(i);
    const set = Facts.OPCODE_TYPE_SET[op];
    if (set >= 0 && (ctrl >= TYPE_LIMIT || !inTypeSet(ctrl, set)))
      this.report.inst(
        f,
        "ctrlType",
        i,
        `has an invalid controlling type ${typeName(ctrl)} (allowed set is ${Facts.TYPE_SET_NAMES[set]})`,
      );
    this.#results(i, op, ctrl);
    this.#fixedArgs(i, op, ctrl);
    if (f.targetCount(i) > 0) this.#branchArgs(i);
    const flags = Facts.OPCODE_FLAGS[op];
    if ((flags & Facts.OF_CALL) !== 0 && f.format(i) !== Facts.FMT_Ternary) this.#call(i, flags);
    else if ((flags & Facts.OF_RETURN) !== 0) this.#return(i);
    else if (op === Op.symbol_value || op === Op.tls_value) this.#symbol(i, ctrl);
  }

  #results(i: Inst, op: number, ctrl: Type): void {
    const f = this.func;
    const have = f.resultCount(i);
    let want = Facts.OPCODE_RESULTS[op];
    if (want === 0 && have === 0) return;
    if (
      want === 1 &&
      have === 1 &&
      Facts.RESULT_CONSTRAINT[2 * op] === Facts.TC_SAME &&
      f.resultType(i) === ctrl
    )
      return;
    const sig = want < 0 ? calleeSignature(f, i) : (0 as SigRef);
    const called = want < 0;
    if (called) want = f.sigReturnCount(sig);
    for (let k = 0; k < have; k++) {
      if (k >= want) {
        this.report.inst(f, "resultCount", i, "has more result values than expected");
        return;
      }
      const v = f.result(i, k);
      const t = called
        ? f.sigReturnType(sig, k)
        : derivedType(Facts.RESULT_CONSTRAINT[2 * op + k], Facts.RESULT_DETAIL[2 * op + k], ctrl);
      if (f.valueType(v) !== t)
        this.report.inst(
          f,
          "resultType",
          i,
          `expected result ${k} (v${v}) to have type ${typeName(t)}, found ${typeName(f.valueType(v))}`,
        );
    }
    if (have < want) this.report.inst(f, "resultCount", i, "has fewer result values than expected");
  }

  #fixedArgs(i: Inst, op: number, ctrl: Type): void {
    const f = this.func;
    const n = Facts.OPCODE_VALUES[op];
    for (let k = 0; k < n; k++) {
      const rule = Facts.VALUE_CONSTRAINT[4 * op + k];
      const v = f.arg(i, k);
      const t = f.valueType(v);
      if (rule === Facts.TC_SAME) {
        if (t !== ctrl) this.#operand(i, k, v, ctrl);
        continue;
      }
      const detail = Facts.VALUE_DETAIL[4 * op + k];
      if (rule === Facts.TC_SET) {
        if (t >= TYPE_LIMIT || !inTypeSet(t, detail)) this.#notInSet(i, k, v, Facts.TYPE_SET_NAMES[detail]);
      } else if (rule === Facts.TC_NARROWER || rule === Facts.TC_WIDER) {
        const wider = rule === Facts.TC_WIDER;
        const same = (isInt(t) && isInt(ctrl)) || (isFloat(t) && isFloat(ctrl));
        if (!same || (wider ? typeBits(t) <= typeBits(ctrl) : typeBits(t) >= typeBits(ctrl)))
          this.#notInSet(i, k, v, `${wider ? "wider" : "narrower"} than ${typeName(ctrl)}`);
      } else {
        const want = derivedType(rule, detail, ctrl);
        if (t !== want) this.#operand(i, k, v, want);
      }
    }
  }

  #operand(i: Inst, k: number, v: Value, want: Type): void {
    const f = this.func;
    this.report.inst(
      f,
      "operandType",
      i,
      `arg ${k} (v${v}) has type ${typeName(f.valueType(v))}, expected ${typeName(want)}`,
    );
  }

  #notInSet(i: Inst, k: number, v: Value, set: string): void {
    const f = this.func;
    this.report.inst(
      f,
      "operandType",
      i,
      `arg ${k} (v${v}) with type ${typeName(f.valueType(v))} failed to satisfy type set ${set}`,
    );
  }

  #count(i: Inst, have: number, want: number): void {
    const f = this.func;
    this.report.inst(
      f,
      "argumentCount",
      i,
      `mismatched argument count for \`${instText(f, i)}\`: got ${have}, expected ${want}`,
    );
  }

  #branchArgs(i: Inst): void {
    const f = this.func;
    const n = f.targetCount(i);
    const isTry = (f.opcodeFlags(i) & Facts.OF_CALL) !== 0;
    for (let k = 0; k < n; k++) {
      const to = f.targetBlock(i, k);
      const have = f.targetArgCount(i, k);
      const want = f.blockParamCount(to);
      if (have !== want) {
        this.#count(i, have, want);
        return;
      }
      for (let a = 0; a < have; a++) {
        const word = f.targetArg(i, k, a);
        const expected = f.valueType(f.blockParam(to, a));
        const t = word >= 0 ? f.valueType(word) : this.#special(i, word, isTry, k === n - 1);
        if (t === INVALID || t === expected) continue;
        const name =
          word >= 0
            ? `v${word}`
            : ((-1 - word) & 1) === 0
              ? `ret${(-1 - word) >> 1}`
              : `exn${(-1 - word) >> 1}`;
        this.report.inst(
          f,
          "operandType",
          i,
          `arg ${name} has type ${typeName(t)}, expected ${typeName(expected)}`,
        );
      }
    }
  }

  /** The type of `retN` or `exnN`; INVALID if it is unknown or was reported. */
  #special(i: Inst, word: number, isTry: boolean, normal: boolean): Type {
    const f = this.func;
    const number = (-1 - word) >> 1;
    const isRet = ((-1 - word) & 1) === 0;
    const name = isRet ? "`retN`" : "`exnN`";
    const report = (message: string): Type => {
      this.report.inst(f, "blockArgument", i, message);
      return INVALID;
    };
    if (!isTry) return report(`${name} block argument in block-call not on \`try_call\` instruction`);
    const sig = f.sigRef(i);
    if (isRet) {
      if (!normal) return report("`retN` block argument used outside normal-return target of `try_call`");
      if (number >= f.sigReturnCount(sig)) return report("out-of-bounds `retN` block argument");
      return f.sigReturnType(sig, number);
    }
    if (normal) return report("`exnN` block argument used outside normal-return target of `try_call`");
    if (this.pointer === INVALID) return INVALID;
    if (number >= CALL_CONVS[f.sigCallConv(sig)].payloads)
      return report("out-of-bounds `exnN` block argument");
    return this.pointer;
  }

  #call(i: Inst, flags: number): void {
    const f = this.func;
    const sig = calleeSignature(f, i);
    const fixed = Facts.OPCODE_VALUES[f.opcode(i)];
    const have = f.argCount(i) - fixed;
    const want = f.sigParamCount(sig);
    if (f.format(i) === Facts.FMT_TryCall) this.#exceptionSignature(i, sig);
    for (let k = 0; k < have && k < want; k++) {
      const v = f.arg(i, fixed + k);
      const t = f.sigParamType(sig, k);
      if (f.valueType(v) !== t) this.#operand(i, k, v, t);
    }
    if (have !== want) this.#count(i, have, want);
    if ((flags & Facts.OF_RETURN) !== 0) this.#tailCall(i, sig);
  }

  #exceptionSignature(i: Inst, callee: SigRef): void {
    const f = this.func;
    const table = f.sigRef(i);
    if (sameSignature(f, table, callee)) return;
    this.report.inst(
      f,
      "exceptionSignature",
      i,
      `exception table signature sig${table} did not match function fn${f.funcRef(i) as FuncRef}'s signature sig${callee}`,
    );
  }

  #tailCall(i: Inst, sig: SigRef): void {
    const f = this.func;
    const conv = f.sigCallConv(sig);
    if (!CALL_CONVS[conv].tailCalls)
      this.report.inst(
        f,
        "tailCall",
        i,
        `calling convention \`${CALL_CONVS[conv].name}\` does not support tail calls`,
      );
    if (conv !== f.sigCallConv(OWN_SIGNATURE))
      this.report.inst(f, "tailCall", i, "callee's calling convention must match caller");
    const n = f.sigReturnCount(OWN_SIGNATURE);
    if (f.sigReturnCount(sig) !== n) {
      this.report.inst(f, "tailCall", i, "results of callee must match caller");
      return;
    }
    for (let k = 0; k < n; k++) this.#returned(i, k, f.sigReturnType(sig, k));
  }

  #return(i: Inst): void {
    const f = this.func;
    const n = f.sigReturnCount(OWN_SIGNATURE);
    if (f.argCount(i) !== n) {
      this.report.inst(f, "returnValues", i, "arguments of return must match function signature");
      return;
    }
    for (let k = 0; k < n; k++) this.#returned(i, k, f.valueType(f.arg(i, k)));
  }

  #returned(i: Inst, k: number, t: Type): void {
    const f = this.func;
    if (t === f.sigReturnType(OWN_SIGNATURE, k)) return;
    const want = paramText(f, OWN_SIGNATURE, f.sigParamCount(OWN_SIGNATURE) + k);
    this.report.inst(
      f,
      "returnValues",
      i,
      `result ${k} has type ${typeName(t)}, must match function signature of ${want}`,
    );
  }

  #symbol(i: Inst, ctrl: Type): void {
    const f = this.func;
    if (this.pointer === INVALID) return;
    const g = f.globalValue(i);
    const kind = f.gvKind(g);
    const t = kind === GV_LOAD || kind === GV_IADD_IMM ? f.gvType(g) : globalType(f, g, this.pointer);
    if (t === ctrl) return;
    this.report.inst(
      f,
      "globalType",
      i,
      `global_value instruction with type ${typeName(ctrl)} references global value with type ${typeName(t)}`,
    );
  }
}

/** Whether two signatures are equal in all their parts. */
export function sameSignature(f: Function, a: SigRef, b: SigRef): boolean {
  if (a === b) return true;
  const params = f.sigParamCount(a);
  const returns = f.sigReturnCount(a);
  if (
    f.sigCallConv(a) !== f.sigCallConv(b) ||
    params !== f.sigParamCount(b) ||
    returns !== f.sigReturnCount(b)
  )
    return false;
  for (let k = 0; k < params + returns; k++)
    if (f.sigWord(a, k) !== f.sigWord(b, k) || f.sigParamBytes(a, k) !== f.sigParamBytes(b, k)) return false;
  return true;
}
