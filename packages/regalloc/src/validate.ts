import { InstructionMatching } from "./instruction-matching.ts";
import { BRANCH, FIRST_VREG, RETURN, REUSE, STACK } from "./operand.ts";
import type { Problem } from "./problem.ts";
import { instructionText, locationName } from "./text.ts";

/** Says how a problem breaks the preconditions of {@link Problem}; an empty list if it does not. */
export function validateProblem(p: Problem): string[] {
  const errors: string[] = [];
  checkBlocks(p, errors);
  if (errors.length === 0) checkValues(p, errors);
  return errors;
}

function checkBlocks(p: Problem, errors: string[]): void {
  for (let b = 0; b < p.numBlocks(); b++) {
    const first = p.blockInstStart.at(b);
    const end = p.blockInstStart.at(b + 1);
    const preds = p.blockPredStart.at(b + 1) - p.blockPredStart.at(b);
    const succs = p.blockSuccStart.at(b + 1) - p.blockSuccStart.at(b);
    if (first === end) {
      errors.push(`block b${b} is empty`);
      continue;
    }
    if (b === 0 && preds > 0) errors.push("the entry block has predecessors");
    let before = b === 0;
    for (let k = p.blockPredStart.at(b); k < p.blockPredStart.at(b + 1); k++)
      if (p.preds.at(k) < b) before = true;
    if (!before) errors.push(`block b${b} stands before all its predecessors`);
    for (let i = first; i < end; i++) {
      if (i < end - 1 && (p.instFlags.at(i) & (BRANCH | RETURN)) !== 0)
        errors.push(`block b${b} does not end at its branch or return, ${i}`);
    }
    for (let e = p.blockSuccStart.at(b); e < p.blockSuccStart.at(b + 1); e++) {
      const t = p.succs.at(e);
      const targetPreds = p.blockPredStart.at(t + 1) - p.blockPredStart.at(t);
      const args = p.edgeArgStart.at(e + 1) - p.edgeArgStart.at(e);
      if (succs > 1 && targetPreds > 1) errors.push(`the edge from b${b} to b${t} is critical`);
      if (succs > 1 && args > 0)
        errors.push(`the branch of b${b} has several successors and passes arguments`);
      if (args !== p.blockParamStart.at(t + 1) - p.blockParamStart.at(t))
        errors.push(`the branch of b${b} passes ${args} arguments to b${t}`);
      if (succs === 1 && p.instOperandStart.at(end) !== p.instOperandStart.at(end - 1))
        errors.push(`the branch of b${b} has operands and one successor`);
    }
  }
}

function checkValues(p: Problem, errors: string[]): void {
  const defBlock = new Int32Array(p.numVRegs).fill(-1);
  const define = (v: number, b: number): void => {
    if (defBlock[v] !== -1) errors.push(`${locationName(v)} is defined more than once`);
    defBlock[v] = b;
  };
  const dominators = immediateDominators(p);
  const matching = new InstructionMatching();
  const defined = (v: number, b: number): boolean => {
    for (let d = b; d >= 0; d = dominators[d]!) if (defBlock[v] === d) return true;
    return false;
  };
  for (let b = 0; b < p.numBlocks(); b++) {
    for (let k = p.blockParamStart.at(b); k < p.blockParamStart.at(b + 1); k++) define(p.params.at(k), b);
    for (let i = p.blockInstStart.at(b); i < p.blockInstStart.at(b + 1); i++) {
      const first = p.instOperandStart.at(i);
      const reused = new Set<number>();
      for (const kind of [0, 1])
        for (let k = first; k < p.instOperandStart.at(i + 1); k++) {
          const v = p.operandVReg.at(k);
          const info = p.operandInfo.at(k);
          if ((info & 1) !== kind || v < FIRST_VREG) continue;
          if (((info >> 2) & 3) !== p.vregClass.at(v))
            errors.push(
              `instruction ${i} (${instructionText(p, i)}) names ${locationName(v)} in another class`,
            );
          if (kind === 1) define(v, b);
          else if (!defined(v, b))
            errors.push(
              `instruction ${i} (${instructionText(p, i)}) uses ${locationName(v)}, which is not defined there`,
            );
          if (((info >> 4) & 7) === REUSE) {
            const input = first + (info >> 8);
            const ok =
              (info & 3) === 3 &&
              input < p.instOperandStart.at(i + 1) &&
              (p.operandInfo.at(input) & 3) === 0 &&
              ((p.operandInfo.at(input) >> 4) & 7) !== STACK &&
              !reused.has(input);
            if (!ok)
              errors.push(`instruction ${i} (${instructionText(p, i)}) reuses an operand that it cannot`);
            reused.add(input);
          }
        }
      if (!matching.areFixedCompatible(p, i))
        errors.push(
          `instruction ${i} (${instructionText(p, i)}) fixes operands to one place that cannot share it`,
        );
    }
    for (let e = p.blockSuccStart.at(b); e < p.blockSuccStart.at(b + 1); e++)
      for (let k = p.edgeArgStart.at(e); k < p.edgeArgStart.at(e + 1); k++)
        if (!defined(p.edgeArgs.at(k), b))
          errors.push(
            `the branch of b${b} passes ${locationName(p.edgeArgs.at(k))}, which is not defined there`,
          );
  }
}

/** Immediate dominators by Cooper, Harvey and Kennedy's iteration; -1 for the entry. */
export function immediateDominators(p: Problem): Int32Array {
  const idom = new Int32Array(p.numBlocks()).fill(-1);
  for (let changed = true; changed; ) {
    changed = false;
    for (let b = 1; b < p.numBlocks(); b++) {
      let d = -1;
      for (let k = p.blockPredStart.at(b); k < p.blockPredStart.at(b + 1); k++) {
        let q = p.preds.at(k);
        if (q !== 0 && idom[q] === -1) continue;
        if (d === -1) {
          d = q;
          continue;
        }
        while (q !== d)
          if (q > d) q = idom[q]!;
          else d = idom[d]!;
      }
      if (d === idom[b]) continue;
      idom[b] = d;
      changed = true;
    }
  }
  return idom;
}
