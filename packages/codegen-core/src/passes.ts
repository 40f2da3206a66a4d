import {
  canonicalizeNans,
  functionName,
  insertLandingBlocks,
  removeConstantParams,
  removeUnreachableBlocks,
  verify,
  writeFunction,
} from "@gantry/clif-ir";
import { bug, GantryError } from "@gantry/diag";
import { allocate, checkAllocation, problemToText, REMATERIALISE } from "@gantry/regalloc";
import type { CompileContext } from "./context.ts";
import { legalise } from "./legalise/legalise.ts";
import { disassemble, listMachineCode } from "./listing.ts";
import { lower } from "./lower.ts";
import { applyAllocation, buildProblem, resolveFrame } from "./operands.ts";
import { Fact } from "./target.ts";

/**
 * One step on the way of a function. From the list of them come `--dump`, `--stop-after`, `--time-passes` and
 * `--check=each`.
 */
export interface Pass {
  readonly name: string;
  /** What the pass does, for `--help` and reports. */
  readonly does: string;
  run(c: CompileContext): void;
  /** Whether the pass runs at all; absent means always. */
  when?(c: CompileContext): boolean;
  /** Checks what the pass left behind without knowing how it works; throws. */
  check?(c: CompileContext): void;
  /** The state after the pass as text. */
  dump(c: CompileContext): string;
}

const clif = (c: CompileContext): string => writeFunction(c.func);

/** The verifier as a check between passes: what it finds then is our mistake. */
function verifyAgain(c: CompileContext): void {
  const found = verify(c.func, c.settings, c.isa);
  if (found.length > 0) bug("verify", `${found[0].place ?? functionName(c.func)}: ${found[0].message}`);
}

/** Whether the instruction that makes virtual register `v` anew writes the condition flags. */
function rematWritesFlags(c: CompileContext, v: number): boolean {
  const op = c.host.words[c.host.vregRemat[v]] & 0xffff;
  return (c.isa.insts.facts[op] & Fact.writesFlags) !== 0;
}

/** Every step from a CLIF function to machine code, in order. */
export const passes: readonly Pass[] = [
  {
    name: "verify",
    does: "check that the function is valid CLIF",
    when: (c) => c.settings.bool("enable_verifier"),
    run(c) {
      const found = verify(c.func, c.settings, c.isa);
      if (found.length > 0) throw new GantryError(found);
    },
    dump: clif,
  },
  {
    name: "nans",
    does: "make every NaN that arithmetic yields the canonical one",
    when: (c) => c.settings.bool("enable_nan_canonicalization"),
    run(c) {
      canonicalizeNans(c.func);
    },
    check: verifyAgain,
    dump: clif,
  },
  {
    name: "legalise",
    does: "rewrite operations that the target does not have natively; refuse those that it cannot do",
    run(c) {
      legalise(c.isa, c.func, c.settings, c.findings);
    },
    check: verifyAgain,
    dump: clif,
  },
  {
    name: "flow",
    does: "compute control flow; remove unreachable blocks, constant block parameters and aliases; split edges of try_call",
    run(c) {
      c.flow.compute(c.func);
      removeUnreachableBlocks(c.func, c.flow);
      insertLandingBlocks(c.func, c.flow);
      removeConstantParams(c.func, c.flow);
      c.func.resolveAliases();
    },
    check: verifyAgain,
    dump: clif,
  },
  {
    name: "order",
    does: "order blocks, split critical edges, count uses",
    run(c) {
      c.order.compute(c.func, c.flow);
      c.uses.compute(c.func, c.flow);
    },
    dump: (c) =>
      c.order.block
        .toArray()
        .map((b, lb) => `label${lb}: ${b < 0 ? "edge" : `block${b}`}`)
        .join("\n"),
  },
  {
    name: "lower",
    does: "select machine instructions by rules",
    run(c) {
      c.frame.reset();
      c.host.begin(c.func, c.flow, c.order, c.uses, c.frame, c.settings);
      lower(c.isa, c.host, c.uses, c.blockStart);
    },
    dump: listMachineCode,
  },
  {
    name: "operands",
    does: "write down what register allocation has to solve",
    run(c) {
      buildProblem(c.isa, c.host, c.blockStart, c.problem);
      c.environment = c.isa.environment(c.host);
    },
    dump: (c) => problemToText(c.problem, c.environment!, functionName(c.func)),
  },
  {
    name: "regalloc",
    does: "allocate registers",
    run: (c) => allocate(c.problem, c.environment!, c.allocator(), c.output),
    dump: listMachineCode,
  },
  {
    name: "regalloc-check",
    does: "prove the allocation by abstract interpretation",
    when: (c) => c.settings.bool("regalloc_checker"),
    run(c) {
      const errors = checkAllocation(c.problem, c.environment!, c.output, {
        // Moves and exchanges leave the flags alone on every target; what is made anew is an instruction of a table.
        editWritesFlags: (kind, from) => kind === REMATERIALISE && rematWritesFlags(c, from),
      });
      if (errors.length > 0) bug("regalloc", `${functionName(c.func)}: ${errors[0]}`);
    },
    dump: listMachineCode,
  },
  {
    name: "frame",
    does: "write the allocation into the instructions and lay out the frame",
    run(c) {
      const { frame } = c;
      applyAllocation(c.isa, c.host, c.output);
      frame.used.set(c.output.usedRegs);
      frame.layOut(c.func, c.output.spillBytes, c.isa.pointerBytes);
      c.isa.layOutFrame(c.host);
      resolveFrame(c.isa, c.host, c.output);
    },
    dump: listMachineCode,
  },
  {
    name: "emit",
    does: "write machine code",
    run(c) {
      c.emitter.run(c.isa, c.host, c.output, c.blockStart, c.code);
    },
    dump: (c) => disassemble(c.isa, c.code),
  },
];
