/**
 * A small language of expressions, variables and loops over `FunctionBuilder`, in which the kernels are written.
 *
 * It builds what a plain front end builds: loops test at their head, constants are made where they are used, nothing is
 * folded or hoisted.
 */
import {
  type Block,
  CallConv,
  Function as ClifFunction,
  F64,
  FloatCC,
  FunctionBuilder,
  I8,
  I32,
  I64,
  type InstBuilder,
  IntCC,
  MEM_DEFAULT,
  MEM_TRUSTED,
  type Type,
  type Value,
  type Variable,
  writeFunction,
} from "@gantry/clif-ir";
import { bug } from "@gantry/diag";

/** A plain number takes the type of the other side. */
export type Operand = Expr | number | bigint;

type Binary = "iadd" | "isub" | "imul" | "umulhi" | "udiv" | "urem" | "band" | "bor" | "bxor";
type Shift = "ishl" | "ushr" | "sshr" | "rotl" | "rotr";
type FloatBinary = "fadd" | "fsub" | "fmul" | "fdiv";

/** A value, with operations that append instructions to its body. */
export class Expr {
  protected readonly body: Body;
  readonly #value: Value;

  constructor(body: Body, value: Value) {
    this.body = body;
    this.#value = value;
  }

  get value(): Value {
    return this.#value;
  }
  get type(): Type {
    return this.body.typeOf(this.value);
  }
  get #ins(): InstBuilder {
    return this.body.ins;
  }
  #of(value: Value): Expr {
    return new Expr(this.body, value);
  }
  #integer(op: Binary | Shift, y: Operand): Expr {
    const x = this.value;
    return this.#of(this.#ins[op](x, this.body.operand(y, this.body.typeOf(x))));
  }
  #float(op: FloatBinary, y: Operand): Expr {
    const x = this.value;
    return this.#of(this.#ins[op](x, this.body.operand(y, F64)));
  }
  #compare(cc: number, y: Operand): Expr {
    const x = this.value;
    return this.#of(this.#ins.icmp(cc, x, this.body.operand(y, this.body.typeOf(x))));
  }

  add(y: Operand): Expr {
    return this.#integer("iadd", y);
  }
  sub(y: Operand): Expr {
    return this.#integer("isub", y);
  }
  mul(y: Operand): Expr {
    return this.#integer("imul", y);
  }
  mulHigh(y: Operand): Expr {
    return this.#integer("umulhi", y);
  }
  div(y: Operand): Expr {
    return this.#integer("udiv", y);
  }
  rem(y: Operand): Expr {
    return this.#integer("urem", y);
  }
  and(y: Operand): Expr {
    return this.#integer("band", y);
  }
  or(y: Operand): Expr {
    return this.#integer("bor", y);
  }
  xor(y: Operand): Expr {
    return this.#integer("bxor", y);
  }
  not(): Expr {
    return this.#of(this.#ins.bnot(this.value));
  }
  shl(y: Operand): Expr {
    return this.#integer("ishl", y);
  }
  shr(y: Operand): Expr {
    return this.#integer("ushr", y);
  }
  rotr(y: Operand): Expr {
    return this.#integer("rotr", y);
  }
  rotl(y: Operand): Expr {
    return this.#integer("rotl", y);
  }

  eq(y: Operand): Expr {
    return this.#compare(IntCC.eq, y);
  }
  ne(y: Operand): Expr {
    return this.#compare(IntCC.ne, y);
  }
  slt(y: Operand): Expr {
    return this.#compare(IntCC.slt, y);
  }
  sge(y: Operand): Expr {
    return this.#compare(IntCC.sge, y);
  }
  sgt(y: Operand): Expr {
    return this.#compare(IntCC.sgt, y);
  }
  ult(y: Operand): Expr {
    return this.#compare(IntCC.ult, y);
  }
  ule(y: Operand): Expr {
    return this.#compare(IntCC.ule, y);
  }

  fadd(y: Operand): Expr {
    return this.#float("fadd", y);
  }
  fsub(y: Operand): Expr {
    return this.#float("fsub", y);
  }
  fmul(y: Operand): Expr {
    return this.#float("fmul", y);
  }
  fdiv(y: Operand): Expr {
    return this.#float("fdiv", y);
  }
  sqrt(): Expr {
    return this.#of(this.#ins.sqrt(this.value));
  }
  fgt(y: Operand): Expr {
    const x = this.value;
    return this.#of(this.#ins.fcmp(FloatCC.gt, x, this.body.operand(y, F64)));
  }
  /** A signed integer as `f64`. */
  toFloat(): Expr {
    return this.#of(this.#ins.fcvt_from_sint(F64, this.value));
  }
  /** The bits of an `f64`. */
  bits(): Expr {
    return this.#of(this.#ins.bitcast(I64, MEM_DEFAULT, this.value));
  }

  /** An `i32` as `i64`, with zeros above; also of a comparison. */
  wide(): Expr {
    return this.#of(this.#ins.uextend(I64, this.value));
  }
  /** An `i64`'s low half. */
  low(): Expr {
    return this.#of(this.#ins.ireduce(I32, this.value));
  }

  /** What is at this address. */
  load(type: Type, offset = 0): Expr {
    return this.#of(this.#ins.load(type, MEM_TRUSTED, this.value, offset));
  }
  /** The byte at this address as `i64`. */
  byte(offset = 0): Expr {
    return this.#of(this.#ins.uload8(I64, MEM_TRUSTED, this.value, offset));
  }
  /** Stores to this address; a plain number is an `i64`. */
  store(x: Operand, offset = 0): void {
    this.#ins.store(MEM_TRUSTED, this.body.operand(x, I64), this.value, offset);
  }
  /** Stores the low byte to this address. */
  storeByte(x: Operand, offset = 0): void {
    this.#ins.istore8(MEM_TRUSTED, this.body.operand(x, I64), this.value, offset);
  }
  /** The address of element `k` of an array of `1 << log2` bytes each. */
  at(k: Operand, log2 = 0): Expr {
    const index = this.body.expr(k, I64);
    return this.add(log2 === 0 ? index : index.shl(log2));
  }
}

/** A variable: reading gives what was last assigned. */
export class Var extends Expr {
  readonly #variable: Variable;

  constructor(body: Body, variable: Variable) {
    super(body, -1 as Value);
    this.#variable = variable;
  }

  override get value(): Value {
    return this.body.builder.useVar(this.#variable);
  }
  set(x: Operand): void {
    const { builder } = this.body;
    builder.defVar(this.#variable, this.body.operand(x, builder.func.valueType(this.value)));
  }
}

/** The body of a function that is being built. */
export class Body {
  readonly builder: FunctionBuilder;
  readonly #unit: Unit;
  /** Whether the current block has ended in a return or a break. */
  #ended = false;
  readonly #exits: Block[] = [];

  constructor(unit: Unit, builder: FunctionBuilder) {
    this.#unit = unit;
    this.builder = builder;
  }

  get ins(): InstBuilder {
    return this.builder.ins();
  }
  typeOf(v: Value): Type {
    return this.builder.func.valueType(v);
  }
  operand(x: Operand, type: Type): Value {
    if (x instanceof Expr) return x.value;
    if (type === F64) return this.ins.f64const(Number(x));
    return this.ins.iconst(type, x);
  }
  expr(x: Operand, type: Type): Expr {
    return x instanceof Expr ? x : new Expr(this, this.operand(x, type));
  }
  i64(x: number | bigint): Expr {
    return this.expr(x, I64);
  }
  i32(x: number): Expr {
    return this.expr(x | 0, I32);
  }
  f64(x: number): Expr {
    return this.expr(x, F64);
  }
  /** A new variable; a plain number makes it an `i64`. */
  var(init: Operand): Var {
    const value = this.operand(init, I64);
    const variable = this.builder.declareVar(this.typeOf(value));
    this.builder.defVar(variable, value);
    return new Var(this, variable);
  }
  /** One of two values. */
  select(c: Expr, x: Expr, y: Expr): Expr {
    return new Expr(this, this.ins.select(c.value, x.value, y.value));
  }

  while(condition: () => Expr, body: () => void): void {
    const { builder } = this;
    const head = builder.createBlock();
    const inside = builder.createBlock();
    const exit = builder.createBlock();
    this.ins.jump(head);
    builder.switchToBlock(head);
    this.ins.brif(condition().value, inside, [], exit);
    builder.sealBlock(inside);
    builder.switchToBlock(inside);
    this.#loop(head, exit, body);
  }
  /** Runs until `break`. */
  forever(body: () => void): void {
    const { builder } = this;
    const head = builder.createBlock();
    this.ins.jump(head);
    builder.switchToBlock(head);
    this.#loop(head, builder.createBlock(), body);
  }
  #loop(head: Block, exit: Block, body: () => void): void {
    const { builder } = this;
    this.#exits.push(exit);
    body();
    this.#exits.pop();
    if (!this.#ended) this.ins.jump(head);
    this.#ended = false;
    builder.sealBlock(head);
    builder.sealBlock(exit);
    builder.switchToBlock(exit);
  }
  /** Counts from `from` up to but not including `to`, an operand that is evaluated once. */
  for(from: Operand, to: Operand, body: (i: Var) => void, step: Operand = 1): void {
    const i = this.var(from);
    const end = new Expr(this, this.operand(to, I64));
    this.while(
      () => i.slt(end),
      () => {
        body(i);
        i.set(i.add(step));
      },
    );
  }
  /** Leaves the innermost loop. */
  break(): void {
    this.ins.jump(this.#exits.at(-1) ?? bug("kernels", "break outside of a loop"));
    this.#ended = true;
  }
  return(x: Operand): void {
    this.ins.return([this.operand(x, I64)]);
    this.#ended = true;
  }

  if(condition: Expr, then: () => void, otherwise?: () => void): void {
    const { builder } = this;
    const yes = builder.createBlock();
    const join = builder.createBlock();
    const no = otherwise === undefined ? join : builder.createBlock();
    this.ins.brif(condition.value, yes, [], no);
    const thenEnds = this.#arm(yes, join, then);
    const elseEnds = otherwise !== undefined && this.#arm(no, join, otherwise);
    this.#ended = thenEnds && elseEnds;
    if (!this.#ended) this.#enter(join);
  }
  /** Goes to the case with the number `index`, or to the last one. */
  switch(index: Expr, cases: readonly (() => void)[]): void {
    const { builder } = this;
    const blocks = cases.map(() => builder.createBlock());
    const join = builder.createBlock();
    const entries = blocks.map((block) => ({ block, args: [] }));
    this.ins.br_table(index.low().value, { default: entries.at(-1)!, entries: entries.slice(0, -1) });
    for (const [k, body] of cases.entries()) this.#arm(blocks[k], join, body);
    this.#ended = false;
    this.#enter(join);
  }
  /** Builds one way to `join`; whether it ends elsewhere. */
  #arm(block: Block, join: Block, body: () => void): boolean {
    this.#enter(block);
    this.#ended = false;
    body();
    if (!this.#ended) this.ins.jump(join);
    return this.#ended;
  }
  #enter(block: Block): void {
    this.builder.sealBlock(block);
    this.builder.switchToBlock(block);
  }

  /** Calls a function of the same unit whose parameters and result are all `i64`. */
  call(name: string, ...args: Operand[]): Expr {
    const { builder } = this;
    const signature = builder.importSignature(this.#unit.signature(args.length));
    const callee = builder.importFunction(builder.testcaseName(name), signature, { colocated: true });
    const values = args.map((x) => this.operand(x, I64));
    return new Expr(this, builder.instResults(this.ins.call(callee, values))[0]);
  }
  /** Fills memory with bytes, eight at a time. */
  text(address: Expr, text: string): void {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length; at += 8) {
      let word = 0n;
      for (let k = 7; k >= 0; k--) word = (word << 8n) | BigInt(bytes[at + k] ?? 0);
      address.store(BigInt.asIntN(64, word), at);
    }
  }
}

/** The functions of one kernel. */
export class Unit {
  readonly #functions: string[] = [];

  signature(params: number): { params: Type[]; returns: Type[]; callConv: number } {
    return { params: Array<Type>(params).fill(I64), returns: [I64], callConv: CallConv.system_v };
  }

  /** Adds a function whose parameters and result are `i64`. */
  function(name: string, params: number, build: (body: Body, ...params: Var[]) => void): void {
    const builder = new FunctionBuilder(new ClifFunction());
    builder.setName(builder.testcaseName(name));
    builder.setSignature(this.signature(params));
    const entry = builder.createBlock();
    builder.appendBlockParamsForFunctionParams(entry);
    builder.switchToBlock(entry);
    builder.sealBlock(entry);
    const body = new Body(this, builder);
    build(body, ...builder.blockParams(entry).map((v) => body.var(new Expr(body, v))));
    builder.finalize();
    builder.func.resolveAliases();
    // Nothing uses the aliases any more.
    this.#functions.push(writeFunction(builder.func).replaceAll(/^ *v\d+ -> v\d+\n/gm, ""));
  }

  toText(): string {
    return this.#functions.join("\n");
  }
}

export { F64, I8, I32, I64 };
