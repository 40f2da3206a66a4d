import { I32List } from "@gantry/entity";
import type { Constant, Inst, Value } from "../entities.ts";
import { IEEE16, IEEE32, IEEE64 } from "../float-text.ts";
import {
  EX_CONTEXT,
  EX_DEFAULT,
  EX_TAG,
  I_ARG,
  I_ARGC,
  I_IMM,
  I_IMM2,
  I_TARGET,
  I_TARGETC,
  SIDE_STACK_MAP,
  VALUE_SHIFT,
  VK_NONE,
} from "../function.ts";
import * as Facts from "../generated/facts.ts";
import { f128const, iconst } from "../generated/opcodes.ts";
import { I8, I8X16, I16, I32, I64, INVALID, isDynamicVector, type Type, typeName } from "../types.ts";
import { PreambleReader } from "./preamble.ts";
import {
  CLASS,
  DIGIT,
  FLOAT_CC_WORDS,
  INT_CC_WORDS,
  LETTER,
  RMW_WORDS,
  SEMICOLON,
  SPACE,
  TRAP_WORDS,
  WORD,
} from "./words.ts";

const { OF_RETURN, OPCODE_FLAGS, OPCODE_FORMAT } = Facts;

/** What stands in front of the value operands. */
const FLAGS = 1;
const INT_CC = 2;
const FLOAT_CC = 3;
/** What stands behind them; from TARGETS on, that many block calls. */
const OFFSET = 1;
const INTEGER = 2;
const TARGETS = 3;

/**
 * Shapes of the formats that make up nearly all of a module: what is in front in bits 0-3, the number of values in bits
 * 4-7, what is behind in bits 8-11. 0 stands for the others. One short path for all of these is what V8 inlines whole.
 */
const SHAPES = new Int32Array(Facts.FORMAT_NAMES.length);
const shape = (format: number, before: number, values: number, after: number): void => {
  SHAPES[format] = before | (values << 4) | (after << 8) | (1 << 12);
};
shape(Facts.FMT_NullAry, 0, 0, 0);
shape(Facts.FMT_Unary, 0, 1, 0);
shape(Facts.FMT_Binary, 0, 2, 0);
shape(Facts.FMT_Ternary, 0, 3, 0);
shape(Facts.FMT_Load, FLAGS, 1, OFFSET);
shape(Facts.FMT_Store, FLAGS, 2, OFFSET);
shape(Facts.FMT_LoadNoOffset, FLAGS, 1, 0);
shape(Facts.FMT_StoreNoOffset, FLAGS, 2, 0);
shape(Facts.FMT_AtomicCas, FLAGS, 3, 0);
shape(Facts.FMT_IntCompare, INT_CC, 2, 0);
shape(Facts.FMT_FloatCompare, FLOAT_CC, 2, 0);
shape(Facts.FMT_UnaryImm, 0, 0, INTEGER);
shape(Facts.FMT_Jump, 0, 0, TARGETS + 1);
shape(Facts.FMT_Brif, 0, 1, TARGETS + 2);

/** Reads the operands of instructions, format by format. */
export class OperandReader extends PreambleReader {
  /** Uses of values before their definition: value, position. */
  protected readonly forward = new I32List(64);
  /** Starts of block calls of a table. */
  readonly #starts = new I32List(64);
  /** Items of an exception table: kind and word. */
  readonly #items = new I32List(8);

  /** Reads a value operand. */
  protected use(): Value {
    const b = this.buf;
    const f = this.func;
    const start = this.pos + 1;
    let c = b[start] - 48;
    // The usual case in one go: `v`, at most nine digits, a value that is defined already.
    if (b[start - 1] === 118 && c >>> 0 <= 9) {
      let p = start + 1;
      let v = c;
      while ((c = b[p] - 48) >>> 0 <= 9) {
        v = (v * 10 + c) | 0;
        p++;
      }
      if (
        p - start <= 9 &&
        (b[start] !== 48 || p === start + 1) &&
        (CLASS[b[p]] & WORD) === 0 &&
        v < f.values.length >> VALUE_SHIFT &&
        f.values.data[v << VALUE_SHIFT] >> 16 !== VK_NONE
      ) {
        this.pos = p;
        return v as Value;
      }
    }
    return this.#laterUse();
  }

  /** A value operand behind white space, one that is defined further down, or none. */
  #laterUse(): Value {
    const v = this.value();
    if (!this.isDefined(v)) {
      this.forward.push(v);
      this.forward.push(this.pos - 1 - digits(v));
    }
    return v;
  }

  /** Reads `n` value operands with commas between them into the record at `at`. */
  #values(at: number, n: number): void {
    const d = this.func.insts.data;
    d[at + I_ARGC] = n;
    for (let k = 0; k < n; k++) {
      if (k > 0) this.comma();
      d[at + I_ARG + k] = this.use();
    }
  }

  /** Reads the operands of the instruction whose record is at `at`. */
  protected operands(op: number, i: Inst, at: number, type: Type): void {
    const shape = SHAPES[OPCODE_FORMAT[op]];
    if (shape === 0) {
      this.#rareOperands(op, i, at, type);
      return;
    }
    const d = this.func.insts.data;
    const before = shape & 15;
    if (before === FLAGS) d[at + I_IMM2] = this.memFlags();
    else if (before !== 0) d[at + I_IMM] = this.#condition(before === INT_CC ? INT_CC_WORDS : FLOAT_CC_WORDS);
    const n = (shape >> 4) & 15;
    if (n > 0) this.#values(at, n);
    const after = (shape >> 8) & 15;
    if (after === OFFSET) d[at + I_IMM] = this.offset();
    else if (after === INTEGER) {
      this.#integer(op, type);
      d[at + I_IMM] = this.lo;
      d[at + I_IMM2] = this.hi;
    } else if (after !== 0) {
      const targets = after - TARGETS;
      d[at + I_TARGETC] = targets;
      for (let k = 0; k < targets; k++) {
        if (n + k > 0) this.comma();
        const call = this.#blockCall();
        d[at + I_TARGET + k] = call;
      }
    }
  }

  /** The formats that a module uses now and then. */
  #rareOperands(op: number, i: Inst, at: number, type: Type): void {
    const f = this.func;
    const d = f.insts.data;
    switch (OPCODE_FORMAT[op]) {
      case Facts.FMT_Call:
        d[at + I_IMM] = this.funcRef();
        this.#argumentList(i, f.pool.length);
        break;
      case Facts.FMT_CallIndirect: {
        d[at + I_IMM] = this.sigRef();
        this.comma();
        const start = f.pool.push(this.use());
        this.#argumentList(i, start);
        break;
      }
      case Facts.FMT_MultiAry:
        this.#returnValues(i);
        break;
      case Facts.FMT_AtomicRmw:
        d[at + I_IMM2] = this.memFlags();
        d[at + I_IMM] = this.#named(RMW_WORDS, "badAtomicOp", "expected atomic_rmw_op");
        this.#twoValues(d, at);
        break;
      case Facts.FMT_BinaryImm8:
        d[at + I_ARG] = this.use();
        d[at + I_ARGC] = 1;
        this.comma();
        d[at + I_IMM] = this.uimm8();
        break;
      case Facts.FMT_TernaryImm8:
        this.#twoValues(d, at);
        this.comma();
        d[at + I_IMM] = this.uimm8();
        break;
      case Facts.FMT_CondTrap:
        d[at + I_ARG] = this.use();
        d[at + I_ARGC] = 1;
        this.comma();
        d[at + I_IMM] = this.#named(TRAP_WORDS, "badTrapCode", "expected trap code");
        break;
      case Facts.FMT_IntAddTrap:
        this.#twoValues(d, at);
        this.comma();
        d[at + I_IMM] = this.#named(TRAP_WORDS, "badTrapCode", "expected trap code");
        break;
      case Facts.FMT_Trap:
        d[at + I_IMM] = this.#named(TRAP_WORDS, "badTrapCode", "expected trap code");
        break;
      case Facts.FMT_UnaryIeee16:
        this.float(IEEE16);
        d[at + I_IMM] = this.lo;
        break;
      case Facts.FMT_UnaryIeee32:
        this.float(IEEE32);
        d[at + I_IMM] = this.lo;
        break;
      case Facts.FMT_UnaryIeee64:
        this.float(IEEE64);
        d[at + I_IMM] = this.lo;
        d[at + I_IMM2] = this.hi;
        break;
      case Facts.FMT_FuncAddr:
        d[at + I_IMM] = this.funcRef();
        break;
      case Facts.FMT_UnaryGlobalValue:
        d[at + I_IMM] = this.#declared("gv", this.declaredGlobals, "global value");
        break;
      case Facts.FMT_StackAddr:
        d[at + I_IMM2] = this.#declared("ss", this.declaredSlots, "stack slot");
        d[at + I_IMM] = this.offset();
        break;
      case Facts.FMT_DynamicStackAddr:
        d[at + I_IMM] = this.#declared("dss", this.declaredDynamicSlots, "dynamic stack slot");
        break;
      case Facts.FMT_UnaryConst:
        d[at + I_IMM] = this.#poolConstant(op, type);
        break;
      case Facts.FMT_Shuffle:
        this.#twoValues(d, at);
        this.comma();
        this.constantData(I8X16);
        d[at + I_IMM] = f.addMask(this.data, this.dataLength);
        break;
      case Facts.FMT_ExceptionHandlerAddress:
        this.ws();
        d[at + I_TARGET] = this.block();
        this.comma();
        this.imm64("expected exception handler index");
        d[at + I_IMM] = this.lo;
        d[at + I_IMM2] = this.hi;
        break;
      case Facts.FMT_BranchTable:
        d[at + I_ARG] = this.use();
        d[at + I_ARGC] = 1;
        this.comma();
        this.#branchTable(at);
        break;
      case Facts.FMT_TryCall:
        d[at + I_IMM] = this.funcRef();
        this.#argumentList(i, f.pool.length);
        this.comma();
        this.#exceptionTable(at);
        break;
      case Facts.FMT_TryCallIndirect: {
        const start = f.pool.push(this.use());
        this.#argumentList(i, start);
        this.comma();
        this.#exceptionTable(at);
        break;
      }
    }
  }

  #twoValues(d: Int32Array, at: number): void {
    d[at + I_ARG] = this.use();
    this.comma();
    d[at + I_ARG + 1] = this.use();
    d[at + I_ARGC] = 2;
  }

  /** Reads the operand of `iconst`, zero-extended to 64 bits. */
  #integer(op: number, type: Type): void {
    if (type === I32) this.sized(I32);
    else if (type === I64) this.imm64();
    else if (type === I8 || type === I16) this.sized(type);
    else if (type === INVALID) this.imm64();
    else if (op === iconst)
      this.fail("invalidTypevar", "expected one of the following type: i8, i16, i32 or i64");
  }

  #condition(table: typeof INT_CC_WORDS): number {
    if ((CLASS[this.buf[this.pos]] & LETTER) === 0) this.ws();
    const n = this.word(table);
    if (n < 0) this.expected("badCondition", table === INT_CC_WORDS ? "expected intcc" : "expected floatcc");
    this.pos = this.wordEnd;
    this.blank();
    return n;
  }

  #named(table: typeof INT_CC_WORDS, code: "badTrapCode" | "badAtomicOp", message: string): number {
    this.ws();
    const n = this.word(table);
    if (n < 0) this.expected(code, message);
    this.pos = this.wordEnd;
    if (table !== TRAP_WORDS) this.blank();
    return n;
  }

  #declared(prefix: string, set: { has(n: number): boolean }, what: string): number {
    this.ws();
    const start = this.pos;
    const n = this.entity(prefix, "expectedToken", `expected ${what} number: ${prefix}«n»`);
    if (!set.has(n)) this.fail("undefinedEntity", `undefined ${what} ${prefix}${n}`, start);
    return n;
  }

  #poolConstant(op: number, type: Type): Constant {
    const f = this.func;
    this.ws();
    const start = this.pos;
    if (this.isEntity("const")) {
      const n = this.number(5);
      if (!this.declaredConstants.has(n)) this.fail("undefinedEntity", `undefined constant const${n}`, start);
      return n as Constant;
    }
    if (op === f128const) this.float128Data();
    else {
      if (type === INVALID)
        this.fail(
          "typevarRequired",
          "type variable required for polymorphic opcode, e.g. 'vconst.i32x4'",
          start,
        );
      if (isDynamicVector(type))
        this.fail("invalidTypevar", `${typeName(type)} is not a valid typevar for vconst`, start);
      this.constantData(type);
    }
    return f.addConstant(this.data, this.dataLength);
  }

  /** Reads `(v1, v2)`; the operands are what is in the pool from `start` on. */
  #argumentList(i: Inst, start: number): void {
    const f = this.func;
    const b = this.buf;
    this.expect(40, "expectedToken", "expected '(' before arguments");
    if (b[this.pos] !== 41) {
      this.ws();
      if (b[this.pos] !== 41)
        for (;;) {
          f.pool.push(this.use());
          if (b[this.pos] !== 44) {
            this.ws();
            if (b[this.pos] !== 44) break;
          }
          this.pos++;
          this.blank();
        }
    }
    this.expect(41, "expectedToken", "expected ')' after arguments");
    this.#setArgs(i, start);
  }

  #setArgs(i: Inst, start: number): void {
    const f = this.func;
    const n = f.pool.length - start;
    f.setArgs(i, start, n);
    if (n <= 3) f.pool.length = start;
  }

  #returnValues(i: Inst): void {
    const f = this.func;
    const b = this.buf;
    const start = f.pool.length;
    if (b[this.pos] === 118 && (CLASS[b[this.pos + 1]] & DIGIT) !== 0)
      for (;;) {
        f.pool.push(this.use());
        if (b[this.pos] !== 44) {
          this.ws();
          if (b[this.pos] !== 44) break;
        }
        this.pos++;
        this.blank();
      }
    this.#setArgs(i, start);
  }

  /** Reads a block with its arguments into the pool and returns where. */
  #blockCall(): number {
    const f = this.func;
    const b = this.buf;
    const block = this.block();
    const at = f.pool.push(block);
    f.pool.push(0);
    let c = b[this.pos];
    if ((CLASS[c] & (SPACE | SEMICOLON)) !== 0) {
      this.ws();
      c = b[this.pos];
    }
    if (c !== 40) return at;
    this.pos++;
    let n = 0;
    for (;;) {
      if ((CLASS[b[this.pos]] & (SPACE | SEMICOLON)) !== 0) this.ws();
      c = b[this.pos];
      if (c === 41) break;
      if (c === 114 && this.isEntity("ret")) f.pool.push(-1 - 2 * this.#argNumber());
      else if (c === 101 && this.isEntity("exn")) f.pool.push(-2 - 2 * this.#argNumber());
      else f.pool.push(this.use());
      n++;
      if (b[this.pos] !== 44) {
        this.ws();
        if (b[this.pos] !== 44) break;
      }
      this.pos++;
      if (b[this.pos] === 32) this.pos++;
    }
    this.expect(41, "expectedToken", "expected ')' after block arguments");
    f.pool.data[at + 1] = n;
    return at;
  }

  #argNumber(): number {
    const start = this.pos;
    const n = this.number(3);
    if (n < 0) this.fail("numberTooLarge", "number of a block argument is too large", start);
    return n;
  }

  /** Makes the collected starts of block calls the targets of the instruction. */
  #setTargets(at: number): void {
    const f = this.func;
    const d = f.insts.data;
    const list = this.#starts;
    const n = list.length;
    d[at + I_TARGETC] = n;
    if (n <= 2) for (let k = 0; k < n; k++) d[at + I_TARGET + k] = list.at(k);
    else {
      d[at + I_TARGET] = f.pool.length;
      for (let k = 0; k < n; k++) f.pool.push(list.at(k));
    }
  }

  #branchTable(at: number): void {
    const list = this.#starts;
    list.length = 0;
    list.push(this.#blockCall());
    this.comma();
    this.expect(91, "expectedToken", "expected '[' before jump table contents");
    this.ws();
    if (this.buf[this.pos] !== 93)
      do {
        this.ws();
        list.push(this.#blockCall());
      } while (this.accept(44));
    this.expect(93, "expectedToken", "expected ']' after jump table contents");
    this.#setTargets(at);
  }

  #exceptionTable(at: number): void {
    const f = this.func;
    const list = this.#starts;
    const items = this.#items;
    items.length = 0;
    list.length = 0;
    const sig = this.sigRef();
    this.comma();
    const normal = this.#blockCall();
    this.comma();
    this.expect(91, "expectedToken", "expected '[' before exception table contents");
    this.ws();
    if (this.buf[this.pos] !== 93)
      do {
        this.ws();
        if (this.acceptWord("context")) {
          this.ws();
          items.push(EX_CONTEXT);
          items.push(this.use());
          continue;
        }
        if (this.acceptWord("default")) {
          items.push(EX_DEFAULT);
          items.push(0);
        } else {
          items.push(EX_TAG);
          items.push(this.#tag());
        }
        this.expect(58, "expectedToken", "expected ':' in exception table");
        this.ws();
        list.push(this.#blockCall());
      } while (this.accept(44));
    this.expect(93, "expectedToken", "expected ']' after exception table contents");
    list.push(normal);
    this.#setTargets(at);
    f.insts.data[at + I_IMM2] = f.pool.push(sig);
    f.pool.push(items.length >> 1);
    for (let k = 0; k < items.length; k++) f.pool.push(items.at(k));
  }

  /** Reads `tagN`, where N may be any 32-bit number. */
  #tag(): number {
    const message = "expected tag, default or context in exception table";
    if (!this.isEntity("tag")) this.expected("expectedToken", message);
    const start = this.pos;
    this.pos += 3;
    const n = this.uimm32(message);
    if (this.buf[start + 3] === 48 && this.pos > start + 4) this.fail("expectedToken", message, start);
    return n;
  }

  /** Reads `, stack_map=[...]` behind a call if it is there. */
  protected stackMap(op: number, i: Inst): void {
    const b = this.buf;
    const f = this.func;
    if (b[this.pos] !== 44) {
      this.ws();
      if (b[this.pos] !== 44) return;
    }
    const comma = this.pos++;
    this.ws();
    if (!this.acceptWord("stack_map")) this.expected("badStackMap", "expected stack_map after ','");
    if ((OPCODE_FLAGS[op] & OF_RETURN) !== 0)
      this.fail("badStackMap", "stack map can only be attached to a (non-tail) call", comma);
    this.expect(61, "badStackMap", "expected '=' after stack_map");
    this.expect(91, "badStackMap", "expected '[' before stack map entries");
    const at = f.pool.length;
    for (;;) {
      this.ws();
      if (b[this.pos] === 93) break;
      const t = this.type();
      this.expect(64, "badStackMap", "expected '@' after the type of a stack map entry");
      const slot = this.entity("ss", "badStackMap", "expected stack slot in stack map");
      this.ws();
      if (b[this.pos] === 43 && (CLASS[b[this.pos + 1]] & SPACE) !== 0) this.pos++;
      else if (b[this.pos] !== 43) this.expected("badStackMap", "expected '+' and an offset in stack map");
      this.ws();
      const offset = this.uimm32("expected offset in stack map");
      f.pool.push(t);
      f.pool.push(slot);
      f.pool.push(offset);
      if (!this.accept(44)) break;
    }
    this.expect(93, "badStackMap", "expected ']' after stack map entries");
    f.addSideEntry(i, SIDE_STACK_MAP, at, f.pool.length - at);
  }
}

/** Number of decimal digits of a value number. */
function digits(v: number): number {
  let n = 1;
  while (v >= 10) {
    v = (v / 10) | 0;
    n++;
  }
  return n;
}
