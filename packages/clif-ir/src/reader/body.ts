import { I32List, NONE } from "@gantry/entity";
import type { Block, Inst, Value } from "../entities.ts";
import { I_ARG, I_ARGC, I_OP, INST_SHIFT, SIDE_TAGS, VALUE_SHIFT, VK_ALIAS, VK_NONE } from "../function.ts";
import * as Facts from "../generated/facts.ts";
import { nearestHelp } from "../nearest.ts";
import { derivedType, exampleType, inTypeSet } from "../type-constraints.ts";
import { INVALID, type Type, typeName, vectorToDynamic } from "../types.ts";
import { OperandReader } from "./operands.ts";
import { ON_BLOCK, ON_INST } from "./scanner.ts";
import { CLASS, DIGIT, LETTER, OPCODE_WORDS } from "./words.ts";

const {
  OPCODE_FLAGS,
  OPCODE_FORMAT,
  OPCODE_INFER,
  OPCODE_RESULTS,
  OPCODE_TYPE_SET,
  RESULT_CONSTRAINT,
  RESULT_DETAIL,
} = Facts;
const { OF_CALL, TC_SAME } = Facts;

/** Reads blocks and instructions. */
export class BodyReader extends OperandReader {
  /** Results of the statement being read, after the first. */
  readonly #results = new I32List(8);
  /** Debug tags of the statement being read. */
  readonly #tags = new I32List(8);
  /** Number of results in front of `=`, and the first of them. */
  #given = 0;
  #first = NONE as number;

  /** Reads everything up to the brace that closes the function. */
  body(): void {
    const b = this.buf;
    this.forward.length = 0;
    let block = NONE as Block;
    // What comments since the last claim belong to.
    let kind = ON_BLOCK;
    let number = 0;
    for (;;) {
      this.ws();
      if (this.comments.length > this.claimed) this.claim(kind, number);
      const p = this.pos;
      const c = b[p];
      if (c === 98 && this.isEntity("block")) {
        block = this.#blockHeader();
        kind = ON_BLOCK;
        number = block;
        continue;
      }
      if (c === 125) break;
      if (block === NONE) this.#notABlock();
      let loc = NONE as number;
      this.#tags.length = 0;
      if (c === 60) this.#debugTags();
      if (b[this.pos] === 64) {
        this.pos++;
        loc = this.location();
        this.blank();
        this.ws();
      }
      this.#given = 0;
      this.#first = NONE;
      const start = this.pos;
      let d = b[start + 1] - 48;
      if (b[start] === 118 && d >>> 0 <= 9) {
        // One result and ` = ` is the usual case; the rest of what may stand here is read apart.
        let q = start + 2;
        let v = d;
        while ((d = b[q] - 48) >>> 0 <= 9) {
          v = (v * 10 + d) | 0;
          q++;
        }
        const usual = b[q] === 32 && b[q + 1] === 61 && b[q + 2] === 32 && (CLASS[b[q + 3]] & LETTER) !== 0;
        if (usual && q - start < 10 && (b[start + 1] !== 48 || q === start + 2)) {
          this.#first = v;
          this.#given = 1;
          this.pos = q + 3;
        } else if (this.#resultList(start)) continue;
      }
      const i = this.#instruction(block, start, loc);
      if (this.#tags.length > 0) this.#attachTags(i);
      kind = ON_INST;
      number = i;
    }
    this.pos++;
    this.#finish();
  }

  #notABlock(): never {
    if (this.pos >= this.end || this.buf[this.pos] === 125)
      this.expected("expectedBody", "expected '}' after function body");
    this.expected("expectedBlock", "expected block header");
  }

  /** Checks what can only be known at the end: forward references. */
  #finish(): void {
    const f = this.func;
    const list = this.forward;
    for (let k = 0; k < list.length; k += 2) {
      const v = list.at(k);
      if (v >= f.numValues || f.valueKind(v as Value) === VK_NONE)
        this.fail("undefinedValue", `undefined operand value v${v}`, list.at(k + 1));
    }
  }

  #blockHeader(): Block {
    const f = this.func;
    const start = this.pos;
    const b = this.block() as Block;
    if (b < f.numBlocks && f.isInserted(b)) this.fail("duplicate", `duplicate entity: block${b}`, start);
    f.growBlocks(b + 1);
    while (f.blockPositions.length <= b) f.blockPositions.push(NONE);
    f.blockPositions.set(b, start);
    f.appendBlock(b);
    if (this.buf[this.pos] === 40 || this.accept(40)) {
      if (this.buf[this.pos] === 40) this.pos++;
      this.ws();
      if (this.buf[this.pos] !== 41)
        do {
          this.ws();
          const at = this.pos;
          const v = this.value();
          this.expect(58, "expectedBlock", "expected ':' after block argument");
          this.ws();
          const t = this.type();
          this.claimValue(v, at);
          f.attachBlockParam(b, v, t);
        } while (this.accept(44));
      this.expect(41, "expectedBlock", "expected ')' after block parameters");
    }
    if (this.buf[this.pos] !== 58 && this.acceptWord("cold")) f.setCold(b, true);
    this.expect(58, "expectedBlock", "expected ':' after block parameters");
    return b;
  }

  /** Reads `v1, v2 =` or a whole alias; true if it was an alias. */
  #resultList(start: number): boolean {
    const b = this.buf;
    this.#first = this.value();
    this.#given = 1;
    this.#results.length = 0;
    this.blank();
    while (b[this.pos] === 44) {
      this.pos++;
      this.ws();
      this.#results.push(this.value());
      this.#given++;
      this.blank();
    }
    if (b[this.pos] === 61) {
      this.pos++;
      this.blank();
      return false;
    }
    if (b[this.pos] === 45 && b[this.pos + 1] === 62) {
      this.pos += 2;
      this.ws();
      this.#alias(start);
      return true;
    }
    return this.expected("expectedStatement", "expected -> or =");
  }

  #alias(start: number): void {
    const f = this.func;
    if (this.#given !== 1) this.fail("badAlias", "wrong number of aliases", start);
    const v = this.#first as Value;
    const at = this.pos;
    const target = this.value();
    if (this.isDefined(v)) {
      const old = f.aliasTarget(v);
      if (old === NONE) this.fail("duplicate", `duplicate entity: v${v}`, start);
      if (old !== target)
        this.fail("badAlias", `value v${v} is already defined as an alias with destination v${old}`, start);
      return;
    }
    this.claimValue(v, start);
    if (v === target) this.fail("aliasCycle", `alias cycle involving v${v}`, start);
    if (!this.isDefined(target)) this.fail("badAlias", `value v${target} is not yet defined`, at);
    f.defineValue(v, f.valueType(target), VK_ALIAS, target, 0);
  }

  #debugTags(): void {
    this.pos++;
    for (;;) {
      this.ws();
      if (this.buf[this.pos] === 62) break;
      if (this.isEntity("ss")) {
        const n = this.number(2);
        if (n < 0) this.fail("badDebugTag", "expected integer user value or stack slot in debug tags");
        this.#tags.push(1);
        this.#tags.push(n);
      } else if ((CLASS[this.buf[this.pos]] & DIGIT) !== 0) {
        this.#tags.push(0);
        this.#tags.push(this.uimm32("expected integer user value or stack slot in debug tags"));
      } else this.expected("badDebugTag", "expected integer user value or stack slot in debug tags");
      if (!this.accept(44)) break;
    }
    this.expect(62, "badDebugTag", "expected '>' after debug tags");
    this.ws();
  }

  #attachTags(i: Inst): void {
    const f = this.func;
    const at = f.pool.length;
    for (let k = 0; k < this.#tags.length; k++) f.pool.push(this.#tags.at(k));
    f.addSideEntry(i, SIDE_TAGS, at, this.#tags.length);
  }

  #instruction(block: Block, start: number, location: number): Inst {
    const b = this.buf;
    const f = this.func;
    const opcodeAt = this.pos;
    const op = this.word(OPCODE_WORDS);
    if (op < 0) {
      if ((CLASS[b[this.pos]] & LETTER) === 0) this.expected("expectedOpcode", "expected instruction opcode");
      const text = this.wordText();
      this.fail(
        "unknownOpcode",
        `Unknown opcode: '${text}'`,
        this.pos,
        nearestHelp(text, Facts.OPCODE_NAMES),
      );
    }
    this.pos = this.wordEnd;
    let type: Type = INVALID;
    if (b[this.pos] === 46) {
      this.pos++;
      type = this.#suffix();
    }
    this.blank();
    const i = f.appendNewInst(block, op, location, start);
    const at = i << INST_SHIFT;
    this.operands(op, i, at, type);
    if (type === INVALID) {
      if (OPCODE_TYPE_SET[op] >= 0) {
        const k = OPCODE_INFER[op];
        const d = f.insts.data;
        if (k >= 0 && d[at + I_ARGC] <= 3) {
          const v = d[at + I_ARG + k];
          if (v < f.values.length >> VALUE_SHIFT) type = f.values.data[v << VALUE_SHIFT] & 0xffff;
        }
        if (type === INVALID) type = this.#infer(op, i, opcodeAt);
      }
    } else if (OPCODE_TYPE_SET[op] < 0)
      this.fail("noTypevar", `${Facts.OPCODE_NAMES[op]} does not take a typevar`, opcodeAt);
    if (type !== INVALID) {
      if (!inTypeSet(type, OPCODE_TYPE_SET[op]))
        this.fail(
          "invalidTypevar",
          `${typeName(type)} is not a valid typevar for ${Facts.OPCODE_NAMES[op]}`,
          opcodeAt,
        );
      f.insts.data[at + I_OP] |= type << 16;
    }
    this.#defineResults(op, i, at, type, start);
    if ((OPCODE_FLAGS[op] & OF_CALL) !== 0) this.stackMap(op, i);
    return i;
  }

  #suffix(): Type {
    if (this.buf[this.pos] === 100 && this.isEntity("dt")) {
      const start = this.pos;
      const n = this.number(2);
      if (!this.declaredTypes.has(n)) this.fail("undefinedEntity", `undefined dynamic type dt${n}`, start);
      const t = vectorToDynamic(this.func.dynamicTypes.at(2 * n));
      if (t === INVALID) this.fail("expectedType", `dynamic type dt${n} has no vector type`, start);
      return t;
    }
    return this.type();
  }

  #infer(op: number, i: Inst, at: number): Type {
    const f = this.func;
    const k = OPCODE_INFER[op];
    if (k < 0) this.#typevarRequired(op, "", at);
    const v = f.arg(i, k);
    if (!this.isDefined(v))
      this.#typevarRequired(op, `; can't infer from v${v} which is not yet defined`, at);
    const t = f.valueType(v);
    if (t === INVALID) this.#typevarRequired(op, `; can't infer from v${v} which is not yet resolved`, at);
    return t;
  }

  #typevarRequired(op: number, why: string, at: number): never {
    const example = typeName(exampleType(OPCODE_TYPE_SET[op]));
    this.fail(
      "typevarRequired",
      `type variable required for polymorphic opcode, e.g. '${Facts.OPCODE_NAMES[op]}.${example}'${why}`,
      at,
    );
  }

  #defineResults(op: number, i: Inst, _at: number, type: Type, start: number): void {
    const f = this.func;
    const given = this.#given;
    let count = OPCODE_RESULTS[op];
    if (count < 0) {
      const sig = OPCODE_FORMAT[op] === Facts.FMT_Call ? f.funcSignature(f.funcRef(i)) : f.sigRef(i);
      count = f.sigReturnCount(sig);
      if (count !== given) this.#wrongCount(count, start);
      for (let k = 0; k < count; k++) this.#attach(i, k, f.sigReturnType(sig, k), start);
      return;
    }
    if (count !== given) this.#wrongCount(count, start);
    if (count === 0) return;
    if (count === 1) {
      const rule = RESULT_CONSTRAINT[2 * op];
      const t = rule === TC_SAME ? type : derivedType(rule, RESULT_DETAIL[2 * op], type);
      if (!f.appendOnlyResult(i, this.#first as Value, t)) this.#attach(i, 0, t, start);
      return;
    }
    for (let k = 0; k < count; k++)
      this.#attach(i, k, derivedType(RESULT_CONSTRAINT[2 * op + k], RESULT_DETAIL[2 * op + k], type), start);
  }

  #wrongCount(count: number, start: number): never {
    this.fail("resultCount", `instruction produces ${count} result values, ${this.#given} given`, start);
  }

  #attach(i: Inst, k: number, t: Type, start: number): void {
    const v = (k === 0 ? this.#first : this.#results.at(k - 1)) as Value;
    this.claimValue(v, start);
    this.func.attachResult(i, v, t);
  }
}
