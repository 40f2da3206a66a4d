import { I32List, NONE } from "@gantry/entity";
import type { ControlFlow } from "../analysis/control-flow.ts";
import type { Block, Value } from "../entities.ts";
import {
  B_PARAMC,
  B_PARAMS,
  BLOCK_SHIFT,
  type Function,
  V_INDEX,
  VALUE_SHIFT,
  VK_NONE,
} from "../function.ts";

/** Nothing is known to arrive yet. */
const NOTHING = -1;
/** Different values arrive, or one that has no name. */
const MANY = -2;
/** Rounds until the pass gives up and changes nothing; one to four are what functions need. */
const MAX_ROUNDS = 64;

const states = new I32List(256);
/** Incoming edges of each block. */
const edges = new I32List(64);

/**
 * Removes block parameters to which every branch passes the same value: the parameter becomes an alias of it. That
 * includes every parameter of a block with one incoming edge, if a value arrives there and not a result of a try_call.
 *
 * Optimistic data flow over the reachable blocks in reverse postorder. A parameter's state goes from nothing over one
 * value to many; parameters to which many values come, those of the entry block and all other values stand for
 * themselves. Behind a single edge a parameter is what arrives, so its state follows instead of being joined.
 *
 * @returns Whether anything was removed.
 */
export function removeConstantParams(f: Function, flow: ControlFlow): boolean {
  if (!hasParams(f, flow)) return false;
  states.fill(f.numValues, NOTHING);
  const state = states.data;
  const entry = f.firstBlock();
  countEdges(f, flow);
  let changed = true;
  for (let round = 0; changed; round++) {
    if (round === MAX_ROUNDS) {
      onlySingleEdges(f, flow, entry, state);
      break;
    }
    changed = false;
    for (let r = 0; r < flow.reachableCount; r++) if (join(f, flow.rpoBlock(r), entry, state)) changed = true;
  }
  return rewrite(f, flow, entry, state);
}

function hasParams(f: Function, flow: ControlFlow): boolean {
  for (let r = 1; r < flow.reachableCount; r++) if (f.blockParamCount(flow.rpoBlock(r)) > 0) return true;
  return false;
}

function countEdges(f: Function, flow: ControlFlow): void {
  edges.fill(f.numBlocks, 0);
  for (let r = 0; r < flow.reachableCount; r++) {
    const i = f.lastInst(flow.rpoBlock(r));
    if (i === NONE) continue;
    for (let k = f.targetCount(i) - 1; k >= 0; k--) edges.data[f.targetBlock(i, k)]++;
  }
}

/** States that need no fixpoint: the argument itself behind a single edge, and many everywhere else. */
function onlySingleEdges(f: Function, flow: ControlFlow, entry: Block, state: Int32Array): void {
  state.fill(MANY, 0, f.numValues);
  for (let r = 0; r < flow.reachableCount; r++) {
    const i = f.lastInst(flow.rpoBlock(r));
    if (i === NONE) continue;
    for (let k = f.targetCount(i) - 1; k >= 0; k--) {
      const to = f.targetBlock(i, k);
      if (to === entry || edges.data[to] !== 1) continue;
      for (let a = f.targetArgCount(i, k) - 1; a >= 0; a--) {
        const word = f.targetArg(i, k, a);
        if (word >= 0) state[f.blockParam(to, a)] = f.resolve(word);
      }
    }
  }
}

/** Joins the arguments of the block's branch into the parameters; whether a state changed. */
function join(f: Function, b: Block, entry: Block, state: Int32Array): boolean {
  const i = f.lastInst(b);
  if (i === NONE) return false;
  let changed = false;
  for (let k = f.targetCount(i) - 1; k >= 0; k--) {
    const to = f.targetBlock(i, k);
    if (to === entry) continue;
    for (let a = f.targetArgCount(i, k) - 1; a >= 0; a--) {
      const p = f.blockParam(to, a);
      const old = state[p];
      if (old === MANY) continue;
      const word = f.targetArg(i, k, a);
      let now = MANY;
      if (word >= 0) {
        const v = f.resolve(word);
        const def = f.valueBlock(v);
        now = def === NONE || def === entry || state[v] === MANY ? v : state[v];
      }
      if (now === NOTHING || now === old) continue;
      state[p] = old === NOTHING || edges.data[to] === 1 ? now : MANY;
      changed = true;
    }
  }
  return changed;
}

function rewrite(f: Function, flow: ControlFlow, entry: Block, state: Int32Array): boolean {
  let any = false;
  // Arguments first: the parameters still have their old places.
  for (let b = f.firstBlock(); b !== NONE; b = f.nextBlock(b)) {
    const i = f.lastInst(b);
    if (i === NONE) continue;
    for (let k = f.targetCount(i) - 1; k >= 0; k--) {
      const to = f.targetBlock(i, k);
      if (to === entry || !flow.isReachable(to)) continue;
      const at = f.targetStart(i, k);
      const pool = f.pool.data;
      let kept = 0;
      for (let a = 0, n = pool[at + 1]; a < n; a++)
        if (state[f.blockParam(to, a)] < 0) pool[at + 2 + kept++] = pool[at + 2 + a];
      pool[at + 1] = kept;
    }
  }
  for (let r = 0; r < flow.reachableCount; r++) {
    const b = flow.rpoBlock(r);
    if (b === entry) continue;
    const at = b << BLOCK_SHIFT;
    const params = f.blocks.data[at + B_PARAMS];
    const n = f.blocks.data[at + B_PARAMC];
    let kept = 0;
    for (let a = 0; a < n; a++) {
      const p = f.pool.data[params + a] as Value;
      if (state[p] < 0) {
        f.pool.data[params + kept] = p;
        f.values.data[(p << VALUE_SHIFT) + V_INDEX] = kept++;
        continue;
      }
      f.defineValue(p, f.valueType(p), VK_NONE, NONE, 0);
      f.changeToAlias(p, state[p] as Value);
      any = true;
    }
    f.blocks.data[at + B_PARAMC] = kept;
  }
  return any;
}
