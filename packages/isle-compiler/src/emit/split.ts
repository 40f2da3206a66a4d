import type { RuleSet, Value, ValueId } from "../tree/rule-set.ts";
import { inputsOf } from "../tree/rule-set.ts";
import type { Arm, Block, Control, Step } from "../tree/tree.ts";
import type { Places } from "./places.ts";

/*
 * V8 refuses to optimise functions above 60 KB of bytecode and warms up slowly long before that, so trees are cut into
 * parts. Cutting works on estimated bytecode bytes, bottom-up: while a block is too big its biggest sub-block becomes a
 * function of its own; a block that is big through its number of steps is cut into runs of steps.
 */

export interface Part {
  readonly steps: readonly PartStep[];
  /** The rest of the steps, in a function of its own. */
  readonly tail: Part | undefined;
  /** Emitted as a function of its own. */
  own: boolean;
  /** Estimated bytes of bytecode where the block stands. */
  readonly size: number;
  /** Estimated local variables that it needs at once. */
  readonly slots: number;
  /** Values that the block needs from outside, by number; filled by {@link freeValues}. */
  free: readonly ValueId[] | undefined;
  /** Filled with `free`, by step. */
  live: readonly LiveStep[];
}

export interface LiveStep {
  /** Of the places that the step's values fill, those that anything needs. */
  readonly needed: ReadonlySet<ValueId>;
  /** Does a later step look again at the value that this one tests? */
  readonly isTestedLater: boolean;
}

export type PartControl =
  | {
      readonly kind: "match";
      readonly value: ValueId;
      readonly arms: readonly (Omit<Arm, "body"> & { readonly body: Part })[];
    }
  | { readonly kind: "equal"; readonly a: ValueId; readonly b: ValueId; readonly body: Part }
  | { readonly kind: "loop"; readonly call: ValueId; readonly iterator: ValueId; readonly body: Part }
  | Extract<Control, { kind: "return" }>;

export interface PartStep {
  readonly bind: readonly ValueId[];
  readonly control: PartControl;
}

/** The size that no function should exceed. */
const limit = 5000;
const partCall = 30;
/** Local variables that no function should exceed: above 127 V8's registers take wide instructions. */
const slotLimit = 72;

export function splitTree(set: RuleSet, block: Block): Part {
  const sizes = set.values.map((v) => bindSize(v));
  return convert(block, sizes);
}

/** The tree in one part, whatever its size. */
export function wholeTree(block: Block): Part {
  const steps = block.steps.map(({ bind, control }): PartStep => {
    if (control.kind === "return") return { bind, control };
    if (control.kind !== "match") return { bind, control: { ...control, body: wholeTree(control.body) } };
    return {
      bind,
      control: { ...control, arms: control.arms.map((a) => ({ ...a, body: wholeTree(a.body) })) },
    };
  });
  return { steps, tail: undefined, own: false, size: 0, slots: 0, free: undefined, live: [] };
}

function bindSize(value: Value): number {
  switch (value.kind) {
    case "extractor":
    case "constructor":
      return 16 + 3 * inputsOf(value).length;
    case "make-variant":
    case "make-struct":
      return 24 + 14 * value.inputs.length;
    default:
      return 4;
  }
}

function convert(block: Block, sizes: readonly number[]): Part {
  const steps: PartStep[] = [];
  const stepSizes: number[] = [];
  const bodies: { part: Part; step: number }[] = [];
  for (const step of block.steps) {
    let size = 0;
    for (const value of step.bind) size += sizes[value]!;
    const { control, inner } = convertControl(step.control, sizes);
    size += control.kind === "return" ? 4 : 8 + 8 * inner.length;
    for (const part of inner) {
      size += part.size;
      bodies.push({ part, step: steps.length });
    }
    steps.push({ bind: step.bind, control });
    stepSizes.push(size);
  }
  let total = stepSizes.reduce((a, b) => a + b, 0);
  const cut = (part: Part, step: number): void => {
    part.own = true;
    total -= part.size - partCall;
    stepSizes[step]! -= part.size - partCall;
  };
  let slots = 0;
  for (const { part, step } of bodies) {
    const needed = boundUpTo(steps, step) + fieldsOf(steps[step]!.control);
    if (needed + part.slots > slotLimit) cut(part, step);
    slots = Math.max(slots, needed + (part.own ? 0 : part.slots));
  }
  slots = Math.max(slots, boundUpTo(steps, steps.length - 1));
  bodies.sort((a, b) => b.part.size - a.part.size);
  for (const { part, step } of bodies) {
    if (total <= limit || part.size <= 2 * partCall) break;
    if (!part.own) cut(part, step);
  }
  return chain(steps, stepSizes, 0, slots);
}

function boundUpTo(steps: readonly PartStep[], step: number): number {
  let count = 0;
  for (let k = 0; k <= step; k++) count += steps[k]!.bind.length;
  return count;
}

/** Local variables that entering the widest arm fills; a loop has its cursor and level. */
function fieldsOf(control: PartControl): number {
  if (control.kind === "match") return Math.max(...control.arms.map((arm) => arm.fields.length));
  return control.kind === "loop" ? 4 : 0;
}

/** Steps from `from` on, the overflow in a tail. */
function chain(steps: readonly PartStep[], sizes: readonly number[], from: number, slots: number): Part {
  let size = 0;
  let to = from;
  while (to < steps.length && (to === from || size + sizes[to]! <= limit)) size += sizes[to++]!;
  const tail = to < steps.length ? chain(steps, sizes, to, slots) : undefined;
  if (tail !== undefined) tail.own = true;
  return {
    steps: steps.slice(from, to),
    tail,
    own: false,
    slots,
    size: size + (tail === undefined ? 0 : partCall),
    free: undefined,
    live: [],
  };
}

function convertControl(
  control: Step["control"],
  sizes: readonly number[],
): { control: PartControl; inner: Part[] } {
  switch (control.kind) {
    case "match": {
      const arms = control.arms.map((arm) => ({ ...arm, body: convert(arm.body, sizes) }));
      return { control: { ...control, arms }, inner: arms.map((a) => a.body) };
    }
    case "equal":
    case "loop": {
      const body = convert(control.body, sizes);
      return { control: { ...control, body }, inner: [body] };
    }
    case "return":
      return { control, inner: [] };
  }
}

/** Values that `part` needs from outside, ascending; and in passing what is live at each of its steps. */
export function freeValues(part: Part, places: Places): readonly ValueId[] {
  if (part.free !== undefined) return part.free;
  const needed = new Set<ValueId>(part.tail === undefined ? [] : freeValues(part.tail, places));
  const need = (value: ValueId): void => {
    const leaf = places.leaf(value);
    if (leaf >= 0) needed.add(leaf);
  };
  const needInside = (body: Part, defined: readonly ValueId[]): void => {
    for (const value of freeValues(body, places)) if (!defined.includes(value)) needed.add(value);
  };
  const live: LiveStep[] = [];
  for (let k = part.steps.length - 1; k >= 0; k--) {
    const { bind, control } = part.steps[k]!;
    const isTestedLater = control.kind === "match" && needed.has(control.value);
    switch (control.kind) {
      case "match":
        for (const arm of control.arms)
          needInside(arm.body, arm.constraint.kind === "some" ? [] : arm.fields);
        need(control.value);
        break;
      case "equal":
        needInside(control.body, []);
        need(control.a);
        need(control.b);
        break;
      case "loop":
        needInside(control.body, places.defines(control.iterator));
        break;
      case "return":
        need(control.result);
        break;
    }
    const used = new Set<ValueId>();
    live[k] = { needed: used, isTestedLater };
    for (let b = bind.length - 1; b >= 0; b--) {
      for (const place of places.defines(bind[b]!)) if (needed.delete(place)) used.add(place);
      for (const input of inputsOf(places.values[bind[b]!]!)) need(input);
    }
  }
  part.live = live;
  return (part.free = [...needed].sort((a, b) => a - b));
}
