import {
  ATOMIC_RMW_OPS,
  asInt,
  asTruthy,
  FLOAT_CC_NAMES,
  hasFloatLanes,
  I8,
  I16,
  I32,
  I64,
  I128,
  INT_CC_NAMES,
  INVALID,
  isInt,
  isVector,
  laneBits,
  laneCount,
  laneType,
  OPCODE_NAMES,
  type Type,
  typeBytes,
  typeName,
} from "@gantry/clif-ir";
import { accessBytes, defaultNaN, floatLayout, fromLanes, mask } from "@gantry/clif-ir/eval";
import { constantText, interestingValue, MAX_CONSTANT } from "./interesting.ts";
import type { InstPlan } from "./plan.ts";
import type { Profile } from "./profile.ts";
import type { Shape } from "./shapes.ts";

/** A value of the function being written. */
export interface GenValue {
  readonly id: number;
  readonly type: Type;
  /** Whether its bits are the same on every machine: not those of a NaN that arithmetic made. */
  readonly clean: boolean;
  /** Not an operand of generated instructions. */
  hidden: boolean;
  used: boolean;
}

export interface Signature {
  /** Without `%`. */
  readonly name: string;
  readonly params: readonly Type[];
  readonly returns: readonly Type[];
  readonly callConv: string;
  /** Two bits for each narrow integer parameter: 1 zero-extended, 2 sign-extended by the caller where the ABI wants it. */
  readonly extensions: number;
}

/** The signature as it is written. */
export function signatureText({ params, returns, callConv, extensions }: Signature): string {
  const extension = (t: Type, k: number) =>
    isInt(t) && laneBits(t) < 64
      ? (["", " uext", " sext", ""][(extensions >> ((2 * k) % 14)) & 3] ?? "")
      : "";
  const list = params.map((t, k) => typeName(t) + extension(t, k)).join(", ");
  const arrow = returns.length === 0 ? "" : ` -> ${returns.map(typeName).join(", ")}`;
  return `(${list})${arrow} ${callConv}`;
}

/** Opcodes that may make a NaN, whose sign and payload CLIF leaves open. */
const MAKES_NAN = new Set([
  "fadd",
  "fsub",
  "fmul",
  "fdiv",
  "sqrt",
  "fma",
  "fmin",
  "fmax",
  "ceil",
  "floor",
  "trunc",
  "nearest",
  "fpromote",
  "fdemote",
  "fvdemote",
  "fvpromote_low",
]);

/** Opcodes that show the bits of a float operand, or mix them. */
const SHOWS_BITS = new Set([
  "bitcast",
  "store",
  "vhigh_bits",
  "band",
  "bor",
  "bxor",
  "bnot",
  "bitselect",
  "blendv",
  "fcopysign",
]);

/** Values that a checksum takes in at most. */
const MAX_SUMMED = 12;

/** One in so many instructions has an alias in front. */
const ALIASED = 24;

/** One in so many operations that may trap is not kept from it. */
const UNGUARDED = 16;

/** Writes the instructions of one block after the other; operands are values in scope or new constants. */
export class StatementWriter {
  readonly #profile: Profile;
  readonly #shapes: readonly Shape[][];
  readonly #callees: readonly Signature[];
  readonly #slots: number;
  readonly #slotBytes: number;
  #next = 0;
  #lines: string[] = [];
  #scope: GenValue[] = [];
  #scopeStart = 0;

  constructor(
    profile: Profile,
    shapes: readonly Shape[][],
    callees: readonly Signature[],
    slots: number,
    slotBytes: number,
  ) {
    this.#profile = profile;
    this.#shapes = shapes;
    this.#callees = callees;
    this.#slots = slots;
    this.#slotBytes = slotBytes;
  }

  /** The declarations in front of the blocks. */
  preamble(): string {
    const lines: string[] = [];
    for (let s = 0; s < this.#slots; s++)
      lines.push(
        `    ss${s} = explicit_slot ${this.#slotBytes}, align = 16\n    region${s} = ${s} "ss${s}"\n`,
      );
    this.#callees.forEach((callee, k) => {
      const { name } = callee;
      lines.push(`    sig${k} = ${signatureText(callee)}\n`);
      lines.push(`    fn${2 * k} = colocated %${name} sig${k}\n    fn${2 * k + 1} = %${name} sig${k}\n`);
    });
    return lines.join("");
  }

  /** Starts a block in which the values are in scope, the last ones being its own. */
  begin(scope: readonly GenValue[]): void {
    this.#lines = [];
    this.#scope = [...scope];
    this.#scopeStart = scope.length;
  }

  /** The values that the block defined. */
  defined(): GenValue[] {
    return this.#scope.slice(this.#scopeStart);
  }

  end(): string {
    return this.#lines.join("");
  }

  line(text: string): void {
    this.#lines.push(`    ${text}\n`);
  }

  label(text: string): void {
    this.#lines.push(`${text}\n`);
  }

  /** A new value, not in scope yet. A type that cannot be compared has no arithmetic either that could make a NaN. */
  fresh(type: Type, cleanBits: boolean): GenValue {
    const clean = cleanBits || !hasFloatLanes(type) || !this.#profile.allows("fcmp", asTruthy(type), type);
    return { id: this.#next++, type, clean, hidden: false, used: false };
  }

  /** Writes an instruction with one result and puts that in scope. */
  define(type: Type, text: string, clean = true): GenValue {
    const v = this.fresh(type, clean);
    this.line(`v${v.id} = ${text}`);
    this.#scope.push(v);
    return v;
  }

  /** As {@link define}, but no generated instruction uses the result. */
  #helper(type: Type, text: string): GenValue {
    const v = this.fresh(type, true);
    v.hidden = true;
    this.line(`v${v.id} = ${text}`);
    return v;
  }

  /** A value of type `t`: one in scope, for most picks one that nothing uses yet, or a new constant. */
  use(t: Type, pick: number): GenValue {
    const all = this.#scope.filter((v) => v.type === t && !v.hidden);
    const unused = all.filter((v) => !v.used);
    const from = (pick & 3) < 2 && unused.length > 0 ? unused : all;
    if ((pick & 7) !== 7 && from.length > 0) {
      const v = from[from.length - 1 - ((pick >> 3) % from.length)];
      v.used = true;
      return v;
    }
    const v = this.constant(t, interestingValue(t, BigInt((pick >> 3) & 63)));
    v.used = true;
    return v;
  }

  /** A scalar integer to branch on. */
  condition(pick: number): GenValue {
    const ints = this.#scope.filter(
      (v) => isInt(v.type) && !v.hidden && this.#profile.allows("brif", INVALID, v.type),
    );
    if (ints.length === 0) return this.use(I8, pick);
    const v = ints[ints.length - 1 - ((pick >> 3) % ints.length)];
    v.used = true;
    return v;
  }

  constant(t: Type, bits: bigint): GenValue {
    if (t === I128) {
      const lo = this.#helper(I64, `iconst.i64 ${BigInt.asIntN(64, bits)}`);
      const hi = this.#helper(I64, `iconst.i64 ${BigInt.asIntN(64, bits >> 64n)}`);
      return this.define(t, `iconcat.i64 v${lo.id}, v${hi.id}`);
    }
    if (typeBytes(t) > MAX_CONSTANT) {
      const lane = this.constant(laneType(t), bits & mask(laneBits(t)));
      return this.define(t, `splat.${typeName(t)} v${lane.id}`);
    }
    const text = constantText(t, bits);
    if (isVector(t)) return this.define(t, `vconst.${typeName(t)} ${text}`);
    return this.define(t, hasFloatLanes(t) ? `${typeName(t)}const ${text}` : `iconst.${typeName(t)} ${text}`);
  }

  #cleanFloat(v: GenValue): GenValue {
    return hasFloatLanes(v.type) ? this.#clean(v) : v;
  }

  /** `v`, or the canonical NaN in every lane that is NaN. */
  #clean(v: GenValue): GenValue {
    if (v.clean) return v;
    const { type } = v;
    const name = typeName(type);
    const lanes = laneCount(type);
    const width = laneBits(type);
    const nan = defaultNaN(floatLayout(width));
    if (lanes === 1) {
      const c = this.constant(type, nan);
      const isNan = this.#helper(I8, `fcmp.${name} uno v${v.id}, v${v.id}`);
      return this.define(type, `select.${name} v${isNan.id}, v${c.id}, v${v.id}`);
    }
    const element = this.constant(laneType(type), nan);
    const c = this.#helper(type, `splat.${name} v${element.id}`);
    const isNan = this.#helper(asInt(type), `fcmp.${name} uno v${v.id}, v${v.id}`);
    const bits = this.#helper(type, `bitcast.${name} v${isNan.id}`);
    return this.define(type, `bitselect.${name} v${bits.id}, v${c.id}, v${v.id}`);
  }

  /** Fills every slot with bytes that depend on its number. */
  initialiseSlots(): void {
    for (let s = 0; s < this.#slots; s++) {
      const x = this.#helper(I64, `iconst.i64 0x0123_4567_89ab_cd${(0xe0 + s).toString(16)}`);
      const p = this.#helper(I64, `stack_addr.i64 ss${s}`);
      for (let at = 0; at < this.#slotBytes; at += 8)
        this.line(`store.i64 little notrap v${x.id}, v${p.id}+${at}`);
    }
  }

  /** One i64 that depends on the contents of all slots and on values that nothing else uses. */
  checksum(): GenValue {
    const parts: GenValue[] = [];
    const unused = this.#scope.filter((v) => !v.used && !v.hidden).slice(-MAX_SUMMED);
    for (const v of unused) {
      const part = this.#wide(v);
      if (part !== undefined) parts.push(part);
    }
    for (let s = 0; s < this.#slots; s++)
      for (let at = 0; at < this.#slotBytes; at += 8) {
        const p = this.#helper(I64, `stack_addr.i64 ss${s}+${at}`);
        parts.push(this.#helper(I64, `load.i64 little notrap v${p.id}`));
      }
    let sum = parts[0] ?? this.constant(I64, 0n);
    for (const part of parts.slice(1)) sum = this.#helper(I64, `bxor.i64 v${sum.id}, v${part.id}`);
    return sum;
  }

  /** The bits of a value as an i64, upper ones cut off; undefined for what the profile has no way to show. */
  #wide(v: GenValue): GenValue | undefined {
    const clean = this.#cleanFloat(v);
    if (isVector(v.type)) {
      // Which lane depends on the value, so that all of them are looked at sooner or later.
      const at = (5 * v.id) % laneCount(v.type);
      const lane = this.#helper(laneType(v.type), `extractlane.${typeName(v.type)} v${clean.id}, ${at}`);
      return this.#wide(lane);
    }
    if (hasFloatLanes(v.type)) {
      const t = asInt(v.type);
      return this.#profile.types.includes(t)
        ? this.#wide(this.#helper(t, `bitcast.${typeName(t)} v${clean.id}`))
        : undefined;
    }
    if (v.type === I64) return v;
    return this.#helper(I64, `${v.type === I128 ? "ireduce" : "uextend"}.i64 v${v.id}`);
  }

  /** Writes the instruction that a plan stands for, with what it needs in front. */
  instruction(plan: InstPlan): void {
    if (plan.args[0] % ALIASED === ALIASED - 1) this.#alias(plan.args[1]);
    const calls = this.#callees.length > 0 ? 3 : 0;
    const k = plan.opcode % (this.#shapes.length + calls);
    if (k >= this.#shapes.length) {
      this.#call(plan, k > this.#shapes.length + 1);
      return;
    }
    const shape = this.#shapes[k][plan.type % this.#shapes[k].length];
    switch (shape.row.format) {
      case "Load":
      case "Store":
      case "StoreNoOffset":
      case "AtomicRmw":
      case "AtomicCas":
        this.#access(shape, plan);
        return;
      case "LoadNoOffset":
        if (shape.row.name !== "bitcast") this.#access(shape, plan);
        else this.#plain(shape, plan);
        return;
      default:
        this.#plain(shape, plan);
    }
  }

  /** Gives a value of this block another name: what it stands for must be defined above in the text. */
  #alias(pick: number): void {
    const all = this.defined().filter((v) => !v.hidden);
    if (all.length === 0) return;
    const target = all[pick % all.length];
    const v = this.fresh(target.type, target.clean);
    this.line(`v${v.id} -> v${target.id}`);
    this.#scope.push(v);
  }

  /** Arguments of a call of function `k`. What it does with the bits of floats must not depend on the machine. */
  #arguments(k: number, picks: readonly number[]): string {
    const given = this.#callees[k].params.map((t, n) =>
      this.#cleanFloat(this.use(t, (picks[n % Math.max(1, picks.length)] ?? 0) + 8 * n)),
    );
    return given.map((v) => `v${v.id}`).join(", ");
  }

  /** Ends the function in a call of function `k`. */
  tailCall(k: number, picks: readonly number[]): void {
    const args = this.#arguments(k, picks);
    const selector = picks[0] ?? 0;
    const allowed = this.#profile.allows("return_call_indirect", INVALID, I64);
    if ((selector & 1) === 0 || !allowed)
      this.line(`return_call fn${2 * k + ((selector >> 1) & 1)}(${args})`);
    else {
      const callee = this.#helper(I64, `func_addr.i64 fn${2 * k}`);
      this.line(`return_call_indirect.i64 sig${k}, v${callee.id}(${args})`);
    }
  }

  /** An i32 to select from a table, mostly a small one. */
  tableIndex(pick: number): GenValue {
    const x = this.use(I32, pick >> 2);
    if ((pick & 3) === 0) return x;
    const seven = this.#helper(I32, "iconst.i32 7");
    return this.#helper(I32, `band.i32 v${x.id}, v${seven.id}`);
  }

  #call(plan: InstPlan, indirect: boolean): void {
    const k = plan.type % this.#callees.length;
    const { returns } = this.#callees[k];
    const args = this.#arguments(k, plan.args);
    const fn = 2 * k + (plan.args[3] & 1);
    const callee = indirect ? this.#helper(I64, `func_addr.i64 fn${fn}`) : undefined;
    const results = returns.map((t) => this.fresh(t, false));
    const left = results.length === 0 ? "" : `${results.map((v) => `v${v.id}`).join(", ")} = `;
    this.line(
      callee === undefined
        ? `${left}call fn${fn}(${args})`
        : `${left}call_indirect.i64 sig${k}, v${callee.id}(${args})`,
    );
    this.#scope.push(...results);
  }

  /** Instructions without memory. */
  #plain(shape: Shape, plan: InstPlan): void {
    const { row, ctrl } = shape;
    let operands = shape.operands.map((types, k) => {
      const v = this.use(types[(plan.args[3] >> (4 + 2 * k)) % types.length], plan.args[k]);
      return SHOWS_BITS.has(row.name) ? this.#cleanFloat(v) : v;
    });
    const guarded = this.#guard(row.name, operands, plan);
    if (guarded === undefined) return;
    operands = guarded;
    const suffix = row.T === undefined ? "" : `.${typeName(ctrl)}`;
    const text = `${row.name}${suffix} ${this.#operandText(shape, operands, plan)}`.trimEnd();
    const inputsClean = operands.every((v) => v.clean);
    const clean = !MAKES_NAN.has(row.name) && inputsClean;
    const results = shape.results.map((t) => this.fresh(t, clean));
    this.line(results.length === 0 ? text : `${results.map((v) => `v${v.id}`).join(", ")} = ${text}`);
    this.#scope.push(...results);
  }

  #operandText({ row, ctrl, operands: types }: Shape, operands: readonly GenValue[], plan: InstPlan): string {
    const values = operands.map((v) => `v${v.id}`).join(", ");
    const small = Number(plan.imm & 0xffffn);
    switch (row.format) {
      case "IntCompare":
        return `${INT_CC_NAMES[small % INT_CC_NAMES.length]} ${values}`;
      case "FloatCompare":
        return `${FLOAT_CC_NAMES[small % FLOAT_CC_NAMES.length]} ${values}`;
      case "CondTrap":
      case "IntAddTrap":
        return `${values}, user${1 + (small % 250)}`;
      case "BinaryImm8":
      case "TernaryImm8":
        return `${values}, ${small % laneCount(types[0][0])}`;
      case "LoadNoOffset":
        if (laneCount(ctrl) === laneCount(operands[0].type)) return values;
        return `${this.#profile.byteOrders.includes("big") && (small & 1) !== 0 ? "big" : "little"} ${values}`;
      case "Shuffle": {
        const lanes = Array.from({ length: 16 }, (_, k) => (plan.imm >> BigInt(7 * k)) & 31n);
        return `${values}, 0x${fromLanes(lanes, 8).toString(16).padStart(32, "0")}`;
      }
      case "UnaryImm":
      case "UnaryIeee16":
      case "UnaryIeee32":
      case "UnaryIeee64":
      case "UnaryConst": {
        const t = row.T === undefined ? this.#resultType(row.name) : ctrl;
        return constantText(t, interestingValue(t, plan.imm));
      }
      default:
        return values;
    }
  }

  /** The type of the constant that a monomorphic opcode makes: its name begins with it. */
  #resultType(opcode: string): Type {
    return this.#profile.types.find((t) => opcode === `${typeName(t)}const`) ?? INVALID;
  }

  /** Operands with which the instruction mostly does not trap; undefined to leave it out. */
  #guard(opcode: string, operands: GenValue[], plan: InstPlan): GenValue[] | undefined {
    if (plan.args[3] % UNGUARDED === UNGUARDED - 1) return operands;
    const [x, y] = operands;
    const or = (v: GenValue) => {
      const one = this.constant(v.type, 1n);
      return this.define(v.type, `bor.${typeName(v.type)} v${v.id}, v${one.id}`);
    };
    const halve = (v: GenValue) => {
      const one = this.constant(v.type, 1n);
      return this.define(v.type, `ushr.${typeName(v.type)} v${v.id}, v${one.id}`);
    };
    switch (opcode) {
      case "udiv":
      case "sdiv":
      case "urem":
      case "srem":
        return [x, or(y)];
      case "trapz":
        return [or(x)];
      case "trapnz":
        return undefined;
      case "uadd_overflow_trap":
        return [halve(x), halve(y)];
      case "fcvt_to_uint":
      case "fcvt_to_sint": {
        const from = laneBits(x.type) > 16 && plan.type % 3 !== 0 ? I16 : I8;
        const n = this.use(from, plan.args[1]);
        // A signed byte or half becomes a float that is positive at least where the result is unsigned.
        const conversion = opcode === "fcvt_to_uint" ? "fcvt_from_uint" : "fcvt_from_sint";
        if (!this.#profile.allows(conversion, x.type, from)) return undefined;
        return [this.define(x.type, `${conversion}.${typeName(x.type)} v${n.id}`)];
      }
    }
    return operands;
  }

  /** The address plus an index of at most 15 that is computed, as i32 or i64, and perhaps scaled. */
  #indexed(p: GenValue, pick: number): GenValue {
    const scale = (pick >> 1) & 3;
    const type = (pick & 1) === 0 ? I64 : I32;
    const name = typeName(type);
    const limit = this.#helper(type, `iconst.${name} ${15 >> scale}`);
    let index = this.#helper(type, `band.${name} v${this.use(type, pick >> 3).id}, v${limit.id}`);
    if (type === I32)
      index = this.#helper(I64, `${(pick & 64) === 0 ? "uextend" : "sextend"}.i64 v${index.id}`);
    if (scale > 0) {
      const by = this.#helper(I64, `iconst.i64 ${scale}`);
      index = this.#helper(I64, `ishl.i64 v${index.id}, v${by.id}`);
    }
    return this.#helper(
      I64,
      (pick & 128) === 0 ? `iadd.i64 v${p.id}, v${index.id}` : `iadd.i64 v${index.id}, v${p.id}`,
    );
  }

  /** Loads, stores and atomics: somewhere in a stack slot. */
  #access({ row, ctrl, operands, results }: Shape, plan: InstPlan): void {
    if (this.#slots === 0) return;
    const { name, format } = row;
    const atomic = row.name.startsWith("atomic_");
    // Values are the operands that are no pointer; the pointer stands where the format has it.
    const valueTypes =
      format === "Store" || format === "StoreNoOffset" ? operands.slice(0, 1) : operands.slice(1);
    const values = valueTypes.map((types, k) =>
      this.#clean(this.use(types[plan.type % types.length], plan.args[k])),
    );
    const moved = results[0] ?? values[0].type;
    const bytes = accessBytes(OPCODE_NAMES.indexOf(name), moved);
    const small = Number(plan.imm & 0xffffn);
    const slot = small % this.#slots;
    const indexed = !atomic && (plan.args[2] & 3) === 3;
    // With an index of at most 15 there are 16 bytes less to start in.
    const room = this.#slotBytes - bytes - (indexed ? 15 : 0);
    const at = atomic
      ? bytes * ((small >> 3) % Math.max(1, Math.floor(room / bytes)))
      : (small >> 3) % (room + 1);
    const inInst = atomic || format.endsWith("NoOffset") ? 0 : (plan.args[2] >> 2) % (at + 1);
    let p = this.#helper(I64, `stack_addr.i64 ss${slot}${at - inInst === 0 ? "" : `+${at - inInst}`}`);
    if (indexed) p = this.#indexed(p, plan.args[2] >> 4);
    const flags = [this.#profile.byteOrders[(small >> 9) % this.#profile.byteOrders.length]];
    if ((small & 0x4000) !== 0) flags.push((small & 0x2000) !== 0 ? "notrap" : "user5");
    if (!indexed && at % Math.min(16, bytes) === 0 && bytes <= 16 && (small & 0x8000) !== 0)
      flags.push("aligned");
    if (results.length > 0 && flags.includes("notrap") && (small & 0x1000) !== 0) flags.push("can_move");
    // Each region is one slot.
    if (!atomic && (small & 0x800) !== 0) flags.push(`region${slot}`);
    const words = flags.filter((f) => f !== "").map((f) => `${f} `);
    const address = `v${p.id}${inInst === 0 ? "" : `+${inInst}`}`;
    const rmw = format === "AtomicRmw" ? `${ATOMIC_RMW_OPS[(small >> 4) % ATOMIC_RMW_OPS.length]} ` : "";
    const list = values.map((v) => `v${v.id}`);
    const text =
      format === "Store" || format === "StoreNoOffset"
        ? `${list[0]}, ${address}`
        : [address, ...list].join(", ");
    const inst = `${name}.${typeName(ctrl)} ${words.join("")}${rmw}${text}`;
    if (results.length === 0) this.line(inst);
    else this.define(results[0], inst);
  }
}
