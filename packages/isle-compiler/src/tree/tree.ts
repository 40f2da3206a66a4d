/*
 * From a rule set to a match tree: greedy, by counting. Each step takes the test that most of the remaining rules share,
 * splits them off and goes on with the rest. Every choice is by numbers of values and never by the order of a container,
 * so the tree is a function of the rule set alone.
 *
 * Invariants: a block of a term that is not multi ends at its return; a value is bound once on each path, calls of loops
 * apart; the inputs of what is bound are bound or need no binding.
 */
import type { Constraint, RuleSet, SetRule, Value, ValueId } from "./rule-set.ts";
import { inputsOf, sameConstraint } from "./rule-set.ts";

export interface Arm {
  readonly constraint: Constraint;
  /** The values that the constraint's fields have, -1 where the rule set has none. */
  readonly fields: readonly ValueId[];
  readonly body: Block;
}

export type Control =
  | { readonly kind: "match"; readonly value: ValueId; readonly arms: readonly Arm[] }
  | { readonly kind: "equal"; readonly a: ValueId; readonly b: ValueId; readonly body: Block }
  | { readonly kind: "loop"; readonly call: ValueId; readonly iterator: ValueId; readonly body: Block }
  | { readonly kind: "return"; readonly result: ValueId; readonly rule: SetRule };

export interface Step {
  /** Values to compute now, inputs first. */
  readonly bind: readonly ValueId[];
  readonly control: Control;
}

export interface Block {
  readonly steps: readonly Step[];
}

const unavailable = 0;
const available = 1;
const bound = 2;
const matched = 3;

interface Test {
  readonly kind: 0 | 1 | 2;
  readonly a: ValueId;
  /** The other value of an equality. */
  readonly b: ValueId;
}
const testMatch = 0;
const testEqual = 1;
const testLoop = 2;

/** What is known on the way from the root to a block. */
class State {
  readonly values: Uint8Array;
  /** Classes of values that the path has shown equal. */
  readonly equal: readonly (readonly ValueId[])[];

  constructor(values: Uint8Array, equal: readonly (readonly ValueId[])[]) {
    this.values = values;
    this.equal = equal;
  }

  copy(): State {
    return new State(this.values.slice(), this.equal);
  }

  areEqual(a: ValueId, b: ValueId): boolean {
    for (const members of this.equal) if (members.includes(a)) return members.includes(b);
    return false;
  }

  merged(a: ValueId, b: ValueId): State {
    const ofA = this.equal.find((members) => members.includes(a)) ?? [a];
    const ofB = this.equal.find((members) => members.includes(b)) ?? [b];
    const others = this.equal.filter((members) => members !== ofA && members !== ofB);
    return new State(this.values.slice(), [...others, [...ofA, ...ofB]]);
  }
}

export function buildTree(set: RuleSet): Block {
  return new TreeBuilder(set).root();
}

class TreeBuilder {
  readonly #set: RuleSet;
  readonly #values: readonly Value[];
  /** Values that become available once all their inputs are, by input. */
  readonly #users: ValueId[][];
  /** The iterator value of a multi call, and the fields that constraints give a value. */
  readonly #iteratorOf: Int32Array;
  readonly #someOf: Int32Array;
  readonly #fieldOf = new Map<string, ValueId>();
  readonly #tests: Test[] = [];
  /** Tests of each rule, in the order of `#set.rules`. */
  readonly #testsOf = new Map<SetRule, number[]>();
  /** Scratch of {@link #best}, by test: its count, the round and the group that last met it, whether it counts there. */
  readonly #count: Int32Array;
  readonly #mark: Int32Array;
  readonly #group: Int32Array;
  readonly #open: Uint8Array;
  #round = 0;

  constructor(set: RuleSet) {
    this.#set = set;
    const values = set.values;
    this.#values = values;
    this.#users = values.map(() => []);
    this.#iteratorOf = new Int32Array(values.length).fill(-1);
    this.#someOf = new Int32Array(values.length).fill(-1);
    for (const [id, value] of values.entries()) {
      switch (value.kind) {
        case "iterator":
          this.#iteratorOf[value.source] = id;
          break;
        case "match-some":
          this.#someOf[value.source] = id;
          break;
        case "match-variant":
          this.#fieldOf.set(`${value.source}.${value.variant}.${value.field}`, id);
          break;
        case "extract-struct":
          this.#fieldOf.set(`${value.source}.${value.field}`, id);
          break;
        default:
          for (const input of new Set(inputsOf(value))) this.#users[input]!.push(id);
      }
    }
    const numbers = new Map<number, number>();
    const test = (kind: Test["kind"], a: ValueId, b: ValueId): number => {
      // Values are numbered with 16 bits.
      const key = (kind * 0x10000 + a) * 0x10001 + b + 1;
      let number = numbers.get(key);
      if (number === undefined) {
        numbers.set(key, (number = this.#tests.length));
        this.#tests.push({ kind, a, b });
      }
      return number;
    };
    for (const rule of set.rules) {
      const tests: number[] = [];
      for (const value of rule.constraints.keys()) tests.push(test(testMatch, value, -1));
      for (const call of rule.iterators) tests.push(test(testLoop, call, -1));
      for (const members of rule.equalities) {
        for (let i = 0; i < members.length; i++) {
          for (let j = i + 1; j < members.length; j++) tests.push(test(testEqual, members[i]!, members[j]!));
        }
      }
      this.#testsOf.set(rule, tests);
    }
    const n = this.#tests.length;
    this.#count = new Int32Array(n);
    this.#mark = new Int32Array(n);
    this.#group = new Int32Array(n);
    this.#open = new Uint8Array(n);
  }

  root(): Block {
    const state = new State(new Uint8Array(this.#values.length), []);
    for (const [id, value] of this.#values.entries()) {
      if (isControlled(value)) continue;
      if (inputsOf(value).every((input) => state.values[input]! >= available)) state.values[id] = available;
    }
    const rules = this.#set.rules.toSorted((a, b) =>
      a.rule.priority === b.rule.priority ? 0 : a.rule.priority > b.rule.priority ? -1 : 1,
    );
    return this.#build(rules, state);
  }

  /** `rules` are by descending priority, then by number. */
  #build(rules: readonly SetRule[], state: State): Block {
    const steps: Step[] = [];
    let rest = rules;
    for (let best = this.#best(rest, state); best >= 0; best = this.#best(rest, state)) {
      const { selected, others } = this.#split(rest, best);
      const bind: ValueId[] = [];
      steps.push({ bind, control: this.#control(this.#tests[best]!, selected, state, bind) });
      rest = others;
    }
    for (const rule of rest) {
      const bind: ValueId[] = [];
      for (const value of rule.impure) this.#use(value, state, bind);
      this.#use(rule.result, state, bind);
      steps.push({ bind, control: { kind: "return", result: rule.result, rule } });
    }
    return { steps };
  }

  /**
   * The best test, or -1. A test's count is that of the rules that have it, those apart that are below a rule without it.
   * Rules come in groups of one priority, the highest first; a test goes on counting as long as it has all rules so far.
   */
  #best(rules: readonly SetRule[], state: State): number {
    const round = ++this.#round;
    const touched: number[] = [];
    for (let from = 0, to = 0; from < rules.length; from = to) {
      const { priority } = rules[from]!.rule;
      for (; to < rules.length && rules[to]!.rule.priority === priority; to++) {
        for (const test of this.#testsOf.get(rules[to]!)!) {
          if (this.#mark[test] !== round) {
            this.#mark[test] = round;
            this.#count[test] = 0;
            this.#group[test] = -1;
            touched.push(test);
          }
          if (this.#group[test] !== from) {
            this.#group[test] = from;
            this.#open[test] = this.#count[test] === from ? 1 : 0;
          }
          if (this.#open[test] === 1) this.#count[test]!++;
        }
      }
    }
    let best = -1;
    for (const test of touched) {
      if (this.#count[test] === 0 || !this.#isCandidate(this.#tests[test]!, state)) continue;
      if (best < 0 || this.#isBetter(test, best, state)) best = test;
    }
    return best;
  }

  #isCandidate(test: Test, state: State): boolean {
    const a = state.values[test.a]!;
    if (test.kind === testEqual) {
      return a !== unavailable && state.values[test.b] !== unavailable && !state.areEqual(test.a, test.b);
    }
    return a === available || a === bound;
  }

  #isBetter(test: number, than: number, state: State): boolean {
    const x = this.#tests[test]!;
    const y = this.#tests[than]!;
    if (this.#count[test] !== this.#count[than]) return this.#count[test]! > this.#count[than]!;
    const xState = stateOf(x, state);
    const yState = stateOf(y, state);
    if (xState !== yState) return xState > yState;
    if (x.kind !== y.kind) return x.kind < y.kind;
    return x.a !== y.a ? x.a < y.a : x.b < y.b;
  }

  #split(rules: readonly SetRule[], test: number): { selected: SetRule[]; others: SetRule[] } {
    const selected: SetRule[] = [];
    const others: SetRule[] = [];
    // The rules are by descending priority, so the first one without the test has the highest.
    const cut = rules.find((rule) => !this.#testsOf.get(rule)!.includes(test))?.rule.priority;
    for (const rule of rules) {
      const has = this.#testsOf.get(rule)!.includes(test);
      if (has && (cut === undefined || rule.rule.priority >= cut)) selected.push(rule);
      else others.push(rule);
    }
    return { selected, others };
  }

  #control(test: Test, rules: readonly SetRule[], state: State, bind: ValueId[]): Control {
    if (test.kind === testEqual) {
      this.#use(test.a, state, bind);
      this.#use(test.b, state, bind);
      return { kind: "equal", a: test.a, b: test.b, body: this.#build(rules, state.merged(test.a, test.b)) };
    }
    if (test.kind === testLoop) {
      const before = state.values[test.a]!;
      this.#use(test.a, state, bind);
      state.values[test.a] = before;
      const inner = state.copy();
      inner.values[test.a] = matched;
      const iterator = this.#iteratorOf[test.a]!;
      inner.values[iterator] = bound;
      this.#spread(iterator, inner);
      return { kind: "loop", call: test.a, iterator, body: this.#build(rules, inner) };
    }
    this.#use(test.a, state, bind);
    const arms = this.#groups(rules, test.a).map(({ constraint, rules: group }) => {
      const inner = state.copy();
      inner.values[test.a] = matched;
      const fields = this.#fields(test.a, constraint);
      for (const field of fields) if (field >= 0) inner.values[field] = bound;
      for (const field of fields) if (field >= 0) this.#spread(field, inner);
      return { constraint, fields, body: this.#build(group, inner) };
    });
    return { kind: "match", value: test.a, arms };
  }

  #groups(rules: readonly SetRule[], value: ValueId): { constraint: Constraint; rules: SetRule[] }[] {
    const groups: { constraint: Constraint; rules: SetRule[] }[] = [];
    for (const rule of rules) {
      const constraint = rule.constraints.get(value)!;
      const group = groups.find((g) => sameConstraint(g.constraint, constraint));
      if (group === undefined) groups.push({ constraint, rules: [rule] });
      else group.rules.push(rule);
    }
    return groups.sort((a, b) => compareConstraints(a.constraint, b.constraint));
  }

  #fields(value: ValueId, constraint: Constraint): ValueId[] {
    if (constraint.kind === "some") return [this.#someOf[value]!];
    const fields: ValueId[] = [];
    if (constraint.kind === "variant" || constraint.kind === "struct") {
      const key = constraint.kind === "variant" ? `${value}.${constraint.variant}` : `${value}`;
      for (let k = 0; k < constraint.arity; k++) fields.push(this.#fieldOf.get(`${key}.${k}`) ?? -1);
    }
    return fields;
  }

  /** Makes available what waited for `value`. */
  #spread(value: ValueId, state: State): void {
    for (const user of this.#users[value]!) {
      if (state.values[user] !== unavailable) continue;
      if (!inputsOf(this.#values[user]!).every((input) => state.values[input]! >= available)) continue;
      state.values[user] = available;
      this.#spread(user, state);
    }
  }

  #use(id: ValueId, state: State, bind: ValueId[]): void {
    if (state.values[id]! >= bound) return;
    state.values[id] = bound;
    const value = this.#values[id]!;
    for (const input of inputsOf(value)) this.#use(input, state, bind);
    if (!isTrivial(value)) bind.push(id);
  }
}

function stateOf(test: Test, state: State): number {
  const a = state.values[test.a]!;
  return test.kind === testEqual ? Math.min(a, state.values[test.b]!) : a;
}

/** Values that exist only where a construct put them. */
function isControlled(value: Value): boolean {
  return (
    value.kind === "iterator" ||
    value.kind === "match-variant" ||
    value.kind === "extract-struct" ||
    value.kind === "match-some"
  );
}

/** Values that are written out where they are used. */
export function isTrivial(value: Value): boolean {
  switch (value.kind) {
    case "const-int":
    case "const-prim":
    case "argument":
    case "match-tuple":
      return true;
    case "make-variant":
    case "make-struct":
      return value.inputs.length === 0;
    default:
      return false;
  }
}

function compareConstraints(a: Constraint, b: Constraint): number {
  if (a.kind === "variant" && b.kind === "variant") return a.variant - b.variant;
  if (a.kind === "bool" && b.kind === "bool") return Number(a.value) - Number(b.value);
  if (a.kind === "int" && b.kind === "int") {
    const x = BigInt.asIntN(128, a.value);
    const y = BigInt.asIntN(128, b.value);
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (a.kind === "prim" && b.kind === "prim") return a.constant.symbol - b.constant.symbol;
  return a.kind === b.kind ? 0 : a.kind === "int" ? -1 : 1;
}
