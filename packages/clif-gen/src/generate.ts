/** Makes CLIF text of a plan. */
import {
  type DataValue,
  I32,
  I64,
  I128,
  INVALID,
  isInt,
  isVector,
  type Type,
  typeName,
} from "@gantry/clif-ir";
import { Dominance } from "./dominance.ts";
import { interestingValue } from "./interesting.ts";
import type { BlockPlan, FilePlan, FunctionPlan } from "./plan.ts";
import { MAX_BYTES, type Profile } from "./profile.ts";
import { type Shape, shapesOf } from "./shapes.ts";
import { type GenValue, type Signature, StatementWriter, signatureText } from "./statements.ts";

/** A file of generated functions and calls of the last of them. */
export interface GeneratedFile {
  readonly text: string;
  readonly functions: readonly Signature[];
  /** The function that `calls` call. */
  readonly entry: Signature;
  readonly calls: readonly (readonly DataValue[])[];
}

const SHAPES = new Map<Profile, Shape[][]>();

function cachedShapes(profile: Profile): Shape[][] {
  let shapes = SHAPES.get(profile);
  if (shapes === undefined) {
    shapes = shapesOf(profile);
    SHAPES.set(profile, shapes);
  }
  return shapes;
}

/** Makes the functions of a plan. They are valid, end after a bounded number of instructions and call only each other. */
export function generate(plan: FilePlan, profile: Profile): GeneratedFile {
  const functions: Signature[] = [];
  const texts: string[] = [];
  plan.functions.forEach((f, k) => {
    const outermost = k === plan.functions.length - 1;
    const writer = new FunctionWriter(f, `f${k}`, profile, functions.slice(-2), outermost);
    texts.push(writer.text());
    functions.push(writer.signature);
  });
  const entry = functions[functions.length - 1];
  const calls = plan.calls.map((imms) =>
    entry.params.map((type, k): DataValue => ({ type, bits: interestingValue(type, imms[k % imms.length]) })),
  );
  return { text: texts.join("\n"), functions, entry, calls };
}

/** Backward branches that one call may take. */
const ROUNDS = 12;

/** One block in so many ends in a trap. */
const TRAPPING = 24;

interface End {
  readonly kind: "return" | "return_call" | "trap" | "jump" | "brif" | "br_table";
  readonly targets: readonly number[];
}

class FunctionWriter {
  readonly signature: Signature;
  readonly #plan: FunctionPlan;
  readonly #profile: Profile;
  readonly #callees: readonly Signature[];
  /** The function that this one may end in calling, or -1. */
  readonly #tailCallee: number;
  readonly #ends: readonly End[];
  readonly #blockTypes: readonly (readonly Type[])[];
  /** Whether some branch goes backward: then every block but the entry counts rounds in its first parameter. */
  readonly #loops: boolean;

  constructor(
    plan: FunctionPlan,
    name: string,
    profile: Profile,
    callees: readonly Signature[],
    outermost: boolean,
  ) {
    this.#plan = plan;
    this.#profile = profile;
    this.#callees = callees;
    const type = (p: number) => profile.types[p % profile.types.length];
    const { callConvs } = profile;
    const callConv = callConvs[outermost ? 0 : plan.callConv % callConvs.length];
    const last = callees[callees.length - 1];
    this.signature = {
      name,
      callConv,
      params: plan.params.map(type),
      extensions: plan.callConv,
      // Functions in a row often return the same types, so that one can end in calling the other.
      returns:
        last !== undefined && ((plan.callConv & 8) !== 0 || (callConv === "tail" && last.callConv === "tail"))
          ? last.returns
          : [...withinLimits(plan.returns.map(type), profile), I64],
    };
    this.#tailCallee = callees.findLastIndex(
      (c) =>
        profile.allows("return_call", INVALID, INVALID) &&
        callConv === "tail" &&
        c.callConv === "tail" &&
        c.returns.join() === this.signature.returns.join(),
    );
    this.#ends = plan.blocks.map((b, k) => this.#endOf(b, k));
    this.#loops = this.#ends.some((e, b) => e.targets.some((t) => t <= b));
    this.#blockTypes = plan.blocks.map((b, k) =>
      k === 0 ? this.signature.params : [...(this.#loops ? [I32] : []), ...b.params.map(type)],
    );
  }

  text(): string {
    const slotBytes = 16 + (this.#profile.types.some((t) => isVector(t)) ? MAX_BYTES : 16);
    const out = new StatementWriter(
      this.#profile,
      cachedShapes(this.#profile),
      this.#callees,
      this.#plan.slots,
      slotBytes,
    );
    const { blocks } = this.#plan;
    const dominance = new Dominance(this.#ends.map((e) => e.targets));
    const values: GenValue[][] = blocks.map((_, b) => this.#blockTypes[b].map((t) => out.fresh(t, b === 0)));
    const bodies: string[] = new Array(blocks.length);
    const exit = 2 * blocks.length;
    for (const b of dominance.order) {
      const params = [...values[b]];
      const rounds = this.#loops && b !== 0 ? params[0] : undefined;
      const visible: GenValue[] = [];
      for (let d = 0; d < blocks.length; d++)
        if (d !== b && dominance.dominates(d, b)) visible.push(...values[d]);
      const own = rounds === undefined ? params : params.slice(1);
      out.begin([...visible.filter((v) => !v.hidden), ...own]);
      if (rounds !== undefined) rounds.hidden = true;
      if (b === 0) out.initialiseSlots();
      for (const inst of blocks[b].insts) out.instruction(inst);
      this.#end(out, b, rounds, exit);
      values[b] = [...params, ...out.defined()];
      const cold = blocks[b].cold && b > 0 ? " cold" : "";
      bodies[b] = `block${b}${parameterList(params)}${cold}:\n${out.end()}`;
    }
    if (this.#loops) {
      const params = this.signature.returns.map((t) => out.fresh(t, false));
      out.begin([]);
      out.line(`return ${params.map((v) => `v${v.id}`).join(", ")}`);
      bodies.push(`block${exit}${parameterList(params)}:\n${out.end()}`);
    }
    const { name } = this.signature;
    return `function %${name}${signatureText(this.signature)} {\n${out.preamble()}${bodies.join("")}}\n`;
  }

  /** Ends block `b`. In front of a backward branch the rounds are counted, and none left means going to `exit`. */
  #end(out: StatementWriter, b: number, rounds: GenValue | undefined, exit: number): void {
    const { kind, targets } = this.#ends[b];
    const { args } = this.#plan.blocks[b].end;
    if (kind === "return") {
      out.line(`return ${this.#results(out, args)}`);
      return;
    }
    if (kind === "trap") {
      out.line(`trap user${1 + ((args[0] ?? 0) % 250)}`);
      return;
    }
    if (kind === "return_call") {
      out.tailCall(this.#tailCallee, args);
      return;
    }
    let counter = rounds;
    if (this.#loops && counter === undefined) counter = out.define(I32, `iconst.i32 ${ROUNDS}`);
    else if (counter !== undefined && targets.some((t) => t <= b)) {
      const one = out.define(I32, "iconst.i32 1");
      const next = out.define(I32, `isub.i32 v${counter.id}, v${one.id}`);
      const rest = this.#plan.blocks.length + b;
      const results = this.#results(out, args);
      out.line(`brif.i32 v${counter.id}, block${rest}, block${exit}(${results})`);
      out.label(`block${rest}:`);
      counter = next;
    }
    if (counter !== undefined) counter.hidden = true;
    const calls = targets.map((t, n) => {
      const types = this.#blockTypes[t].slice(this.#loops ? 1 : 0);
      const given = types.map(
        (type, k) => `v${out.use(type, args[(n + k) % Math.max(1, args.length)] ?? 0).id}`,
      );
      if (counter !== undefined) given.unshift(`v${counter.id}`);
      return given.length === 0 ? `block${t}` : `block${t}(${given.join(", ")})`;
    });
    const selector = args[args.length - 1] ?? 0;
    if (kind === "jump") out.line(`jump ${calls[0]}`);
    else if (kind === "brif") {
      const c = out.condition(selector);
      out.line(`brif.${typeName(c.type)} v${c.id}, ${calls[0]}, ${calls[1]}`);
    } else {
      const x = out.tableIndex(selector);
      out.line(`br_table v${x.id}, ${calls[0]}, [${calls.slice(1).join(", ")}]`);
    }
  }

  /** What the function returns if it ends here. */
  #results(out: StatementWriter, args: readonly number[]): string {
    const types = this.signature.returns.slice(0, -1);
    const values = types.map((t, k) => out.use(t, args[k % Math.max(1, args.length)] ?? 0));
    return [...values, out.checksum()].map((v) => `v${v.id}`).join(", ");
  }

  /** Where block `b` goes: mostly forward, never to the entry. */
  #endOf(block: BlockPlan, b: number): End {
    const { kind, targets } = block.end;
    const numBlocks = this.#plan.blocks.length;
    const leave: End = {
      kind: this.#tailCallee >= 0 && ((kind >> 3) & 1) !== 0 ? "return_call" : "return",
      targets: [],
    };
    if (numBlocks === 1) return leave;
    if (b > 0 && (kind >> 4) % TRAPPING === TRAPPING - 1) return { kind: "trap", targets: [] };
    const target = (t: number): number => {
      const forward = numBlocks - 1 - b;
      return (t & 3) !== 3 && forward > 0 ? b + 1 + ((t >> 2) % forward) : 1 + ((t >> 2) % (numBlocks - 1));
    };
    const last = b === numBlocks - 1;
    switch (kind % 8) {
      case 0:
        return last || b > 0 ? leave : { kind: "jump", targets: [target(targets[0])] };
      case 1:
        return last ? leave : { kind: "jump", targets: [target(targets[0])] };
      case 2:
        return { kind: "br_table", targets: targets.map(target) };
      case 3:
        if (last) return leave;
    }
    return { kind: "brif", targets: targets.slice(0, 2).map(target) };
  }
}

const parameterList = (params: readonly GenValue[]): string =>
  params.length === 0 ? "" : `(${params.map((v) => `v${v.id}: ${typeName(v.type)}`).join(", ")})`;

/** The types as far as registers for them may be left. */
function withinLimits(types: readonly Type[], { maxReturns: [maxInts, maxOthers] }: Profile): Type[] {
  let ints = 0;
  let others = 0;
  return types.filter((t) =>
    isInt(t) && t !== I128 ? ++ints <= maxInts : t !== I128 && ++others <= maxOthers,
  );
}
