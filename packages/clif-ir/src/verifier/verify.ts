import type { Diagnostic } from "@gantry/diag";
import { I32List, NONE } from "@gantry/entity";
import { ControlFlow } from "../analysis/control-flow.ts";
import { DominatorTree } from "../analysis/dominators.ts";
import type { Block, Inst } from "../entities.ts";
import { type Function, SIDE_TAGS } from "../function.ts";
import * as Facts from "../generated/facts.ts";
import * as Op from "../generated/opcodes.ts";
import { MEM_READONLY } from "../mem-flags.ts";
import type { Settings } from "../settings.ts";
import { I8, I16, I32, I64, INVALID, laneCount, type Type, typeName } from "../types.ts";
import { checkEntry, checkGlobals, checkOwnSignature, checkRegions, checkSignatures } from "./preamble.ts";
import { ReferenceChecker } from "./references.ts";
import { Report, toDiagnostics, type VerifierError } from "./report.ts";
import { TypeChecker } from "./types.ts";

/** What the verifier wants to know of a target. */
export interface VerifierTarget {
  readonly pointerBytes: number;
}

/**
 * Checks the rules of CLIF. One instance keeps its arrays from function to function.
 *
 * The reference implementation stops at the first error of most kinds. With `stopAtFatal` so do we, for test files that
 * list all errors it finds; without, such an error only ends the checks of its instruction.
 */
export class Verifier {
  readonly #flow = new ControlFlow();
  readonly #dom = new DominatorTree();
  readonly #order = new I32List(256);
  readonly #references = new ReferenceChecker();
  readonly #types = new TypeChecker();

  run(
    f: Function,
    settings: Settings | undefined,
    target: VerifierTarget | undefined,
    stopAtFatal: boolean,
  ): readonly VerifierError[] {
    const report = new Report();
    const pointer: Type = target === undefined ? INVALID : target.pointerBytes === 8 ? I64 : I32;
    checkGlobals(f, pointer, report);
    checkRegions(f, report);
    if (!checkEntry(f, report) || !checkOwnSignature(f, report) || !checkSignatures(f, report))
      return report.errors;
    this.#number(f);
    this.#flow.compute(f);
    this.#dom.compute(this.#flow);
    const references = this.#references;
    references.func = f;
    references.report = report;
    references.flow = this.#flow;
    references.dom = this.#dom;
    references.settings = settings;
    references.pointer = pointer;
    references.order = this.#order.data;
    this.#types.func = f;
    this.#types.report = report;
    this.#types.pointer = pointer;
    for (let b = f.firstBlock(); b !== NONE; b = f.nextBlock(b))
      if (!this.#block(f, b, report, stopAtFatal) && stopAtFatal) break;
    return report.errors;
  }

  /** Positions of instructions in their blocks. */
  #number(f: Function): void {
    this.#order.fill(f.numInsts, NONE);
    const order = this.#order.data;
    let n = 0;
    for (let b = f.firstBlock(); b !== NONE; b = f.nextBlock(b))
      for (let i = f.firstInst(b); i !== NONE; i = f.nextInst(i)) order[i] = n++;
  }

  #block(f: Function, b: Block, report: Report, stopAtFatal: boolean): boolean {
    if (f.firstInst(b) === NONE) {
      report.add("emptyBlock", "block", b, `block${b} cannot be empty`);
      return false;
    }
    const reachable = this.#flow.isReachable(b);
    let good = true;
    for (let k = f.blockParamCount(b) - 1; k >= 0; k--) {
      const v = f.blockParam(b, k);
      if (f.valueBlock(v) === b) continue;
      report.add("blockIntegrity", "block", b, `v${v} does not belong to block${b}`);
      return false;
    }
    for (let i = f.firstInst(b); i !== NONE; i = f.nextInst(i)) {
      if (this.#inst(f, b, i, reachable, report)) continue;
      good = false;
      if (stopAtFatal) return false;
    }
    return good;
  }

  #inst(f: Function, b: Block, i: Inst, reachable: boolean, report: Report): boolean {
    const flags = f.opcodeFlags(i);
    const last = f.nextInst(i) === NONE;
    if (last !== ((flags & Facts.OF_TERMINATOR) !== 0)) {
      if (last) report.add("terminator", "block", b, "block does not end in a terminator instruction");
      else
        report.inst(
          f,
          "terminator",
          i,
          `a terminator instruction was encountered before the end of block${b}`,
        );
      return false;
    }
    if (f.instBlock(i) !== b) {
      report.inst(f, "blockIntegrity", i, `should belong to block${b} not block${f.instBlock(i)}`);
      return false;
    }
    const op = f.opcode(i);
    const want = Facts.OPCODE_RESULTS[op];
    if (want >= 0 && f.resultCount(i) !== want) {
      report.inst(f, "resultCount", i, `expected ${want} result values, found ${f.resultCount(i)}`);
      return false;
    }
    const args = f.argCount(i) - Facts.OPCODE_VALUES[op];
    if (args < 0 || (args > 0 && Facts.FORMAT_LIST[f.format(i)] === 0)) {
      report.inst(f, "instIntegrity", i, "instruction opcode doesn't match instruction format");
      return false;
    }
    if (!this.#references.check(i, b, reachable)) return false;
    this.#types.check(i);
    return this.#immediates(f, i, op, report);
  }

  #immediates(f: Function, i: Inst, op: number, report: Report): boolean {
    switch (f.format(i)) {
      case Facts.FMT_Store:
        if ((f.memFlags(i) & MEM_READONLY) !== 0) {
          report.inst(f, "readonlyStore", i, "A store instruction cannot have the `readonly` MemFlag");
          return false;
        }
        break;
      case Facts.FMT_BinaryImm8:
      case Facts.FMT_TernaryImm8:
        if (op !== Op.extract_vector && f.uimm8(i) >= laneCount(f.ctrlType(i))) {
          report.inst(
            f,
            "laneIndex",
            i,
            `The lane ${f.uimm8(i)} does not index into the type ${typeName(f.ctrlType(i))}`,
          );
          return false;
        }
        break;
      case Facts.FMT_Shuffle:
        if (!this.#mask(f, i, report)) return false;
        break;
      case Facts.FMT_UnaryImm:
        if (!fits(f.immLo(i), f.immHi(i), f.ctrlType(i))) {
          report.inst(f, "constantRange", i, "constant immediate is out of bounds");
          return false;
        }
        break;
    }
    if (
      f.hasSide(i) &&
      f.sideEntry(i, SIDE_TAGS) !== NONE &&
      (f.opcodeFlags(i) & Facts.OF_CALL) === 0 &&
      op !== Op.sequence_point
    ) {
      report.inst(f, "debugTags", i, "debug tags present on non-call, non-sequence point instruction");
      return false;
    }
    return true;
  }

  #mask(f: Function, i: Inst, report: Report): boolean {
    const mask = f.constant(i);
    if (f.constantLength(mask) !== 16) {
      report.inst(f, "shuffleMask", i, "the shuffle immediate wasn't 16-bytes long");
      return false;
    }
    const start = f.constantStart(mask);
    for (let k = 0; k < 16; k++)
      if (f.bytes[start + k] > 31) {
        report.inst(
          f,
          "shuffleMask",
          i,
          `shuffle immediate index ${f.bytes[start + k]} is larger than the maximum 31`,
        );
        return false;
      }
    return true;
  }
}

/** Whether an integer constant has no bits above its type. */
function fits(lo: number, hi: number, t: Type): boolean {
  if (t === I64) return true;
  if (hi !== 0) return false;
  return t === I32 || (t === I16 && lo >>> 16 === 0) || (t === I8 && lo >>> 8 === 0);
}

const verifier = new Verifier();

/**
 * Checks that `f` is valid CLIF.
 *
 * @param settings Some opcodes need a setting.
 * @param target Pointer widths are only checked when there is one.
 * @returns Everything that is wrong, in the order in which it was found; nothing if the function is valid.
 */
export function verify(f: Function, settings?: Settings, target?: VerifierTarget): Diagnostic[] {
  const errors = verifier.run(f, settings, target, false);
  return errors.length === 0 ? [] : toDiagnostics(f, errors);
}

/** As {@link verify}, with the entity that each error is about, and stopping where the reference implementation does. */
export function verifyForTest(
  f: Function,
  settings?: Settings,
  target?: VerifierTarget,
): readonly VerifierError[] {
  return verifier.run(f, settings, target, true);
}
