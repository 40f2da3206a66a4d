import {
  type ControlFlow,
  EX_CONTEXT,
  type Function,
  type Inst,
  isTryCall,
  memTrapCode,
  OF_BRANCH,
  OF_CALL,
  OF_CAN_LOAD,
  OF_CAN_STORE,
  OF_CAN_TRAP,
  OF_OTHER_SIDE_EFFECTS,
  OF_RETURN,
  OF_TERMINATOR,
  type Value,
} from "@gantry/clif-ir";
import { I32List, NONE } from "@gantry/entity";

/** How often a value is used, looking through pure instructions: see {@link UseAnalysis}. */
export const Uses = { none: 0, once: 1, multiple: 2 } as const;

/** What makes an instruction an effect that lowering must not move others across: every flag but being pure. */
const EFFECT =
  OF_CALL |
  OF_BRANCH |
  OF_TERMINATOR |
  OF_RETURN |
  OF_CAN_TRAP |
  OF_CAN_LOAD |
  OF_CAN_STORE |
  OF_OTHER_SIDE_EFFECTS;

/** As {@link EFFECT} without plain loads: a dead load that cannot trap may vanish. */
const MUST = EFFECT & ~OF_CAN_LOAD;

/** Whether nothing may be moved across `i`, loads included. */
export function hasEffect(func: Function, i: Inst): boolean {
  return (func.opcodeFlags(i) & EFFECT) !== 0;
}

/** Whether `i` must be lowered although nobody uses its results. */
export function mustLower(func: Function, i: Inst): boolean {
  const flags = func.opcodeFlags(i);
  if ((flags & MUST) !== 0) return true;
  return (flags & OF_CAN_LOAD) !== 0 && memTrapCode(func.memFlags(i)) !== 0;
}

/**
 * What lowering must know of uses before it starts.
 *
 * *Use counts* are transitive: if a value is used more than once, each value in the operand tree of its definition may
 * be evaluated more than once by rules that look through it, so those count as used more than once too. Instructions
 * with several results stop that, because rules never look through them. Each value becomes "multiple" once, so the
 * whole is linear.
 *
 * *Colours*: two points with the same colour have no effect between them. The colour changes at each block start and
 * after each instruction with an effect; such an instruction remembers the colour before it.
 */
export class UseAnalysis {
  /** {@link Uses} of each value. */
  readonly uses: I32List = new I32List(1024);
  /** Colour before each instruction that has an effect. */
  readonly colour: I32List = new I32List(1024);
  /** Colour behind the last instruction of each block. */
  readonly blockColour: I32List = new I32List();
  readonly #stack = new I32List();

  compute(func: Function, flow: ControlFlow): void {
    this.uses.fill(func.numValues, Uses.none);
    this.colour.fill(func.numInsts, 0);
    this.blockColour.fill(func.numBlocks, 0);
    const colours = this.colour.data;
    let colour = 1;
    for (let r = 0, n = flow.reachableCount; r < n; r++) {
      const b = flow.rpoBlock(r);
      colour++;
      for (let i = func.firstInst(b); i !== NONE; i = func.nextInst(i)) {
        for (let k = 0, args = func.argCount(i); k < args; k++) this.#use(func, func.arg(i, k));
        for (let t = 0, targets = func.targetCount(i); t < targets; t++) {
          for (let k = 0, args = func.targetArgCount(i, t); k < args; k++) {
            // What a try_call returns has no name here.
            const v = func.targetArg(i, t, k);
            if (v >= 0) this.#use(func, v);
          }
        }
        if (hasEffect(func, i)) colours[i] = colour++;
      }
      const last = func.lastInst(b);
      if (isTryCall(func, last)) this.#useContexts(func, last);
      this.blockColour.data[b] = colour;
    }
  }

  /** The values that the exception table of a try_call names as contexts. */
  #useContexts(func: Function, i: Inst): void {
    const pool = func.pool.data;
    const table = func.exceptionTable(i);
    for (let n = pool[table + 1], at = table + 2; n > 0; n--, at += 2)
      if (pool[at] === EX_CONTEXT) this.#use(func, pool[at + 1] as Value);
  }

  #use(func: Function, v: Value): void {
    const uses = this.uses.data;
    const u = uses[v];
    if (u === Uses.multiple) return;
    uses[v] = u + 1;
    if (u === Uses.once) this.#spread(func, v);
  }

  /** `v` became used more than once: so did everything that its definition reads. */
  #spread(func: Function, v: Value): void {
    const uses = this.uses.data;
    const stack = this.#stack;
    stack.push(v);
    while (stack.length > 0) {
      const def = func.valueDef(stack.pop() as Value);
      if (def === NONE || func.resultCount(def) !== 1) continue;
      for (let k = 0, n = func.argCount(def); k < n; k++) {
        const a = func.arg(def, k);
        if (uses[a] !== Uses.multiple) {
          uses[a] = Uses.multiple;
          stack.push(a);
        }
      }
    }
  }
}
