import { NONE } from "@gantry/entity";
import { CALL_CONVS } from "../call-conv.ts";
import type { Constant, FuncRef, NameRef, SigRef } from "../entities.ts";
import {
  EXT_S,
  EXT_U,
  F_BITS,
  F_NAME,
  F_SIG,
  FUNC_SHIFT,
  G_BASE,
  G_BITS,
  G_FLAGS,
  G_IMM,
  G_IMM2,
  G_KIND,
  G_TYPE,
  GV_DYN_SCALE,
  GV_IADD_IMM,
  GV_LOAD,
  GV_SHIFT,
  GV_SYMBOL,
  GV_VMCTX,
  NAME_KNOWN,
  NAME_LIBCALL,
  NAME_TESTCASE,
  PURPOSE_NORMAL,
  PURPOSE_SARG,
  S_PARAMC,
  S_RETURNC,
  S_START,
  SIG_SHIFT,
  SL_ALIGN,
  SL_HAS_KEY,
  SL_KEY,
  SL_KEY2,
  SL_KIND,
  SL_SIZE,
  SLOT_SHIFT,
} from "../function.ts";
import { KNOWN_SYMBOLS, LIBCALL_BY_NAME } from "../libcalls.ts";
import {
  MAX_MEM_REGION,
  MEM_ALIGNED,
  MEM_BIG,
  MEM_CAN_MOVE,
  MEM_DEFAULT,
  MEM_LITTLE,
  MEM_READONLY,
  MEM_REGION_SHIFT,
  MEM_TRAP_MASK,
  memRegion,
  memTrapCode,
  memWithTrap,
} from "../mem-flags.ts";
import { INVALID } from "../types.ts";
import { decodeUtf8 } from "../utf8.ts";
import { NumberScanner } from "./numbers.ts";
import { COMMENT_ENTITIES } from "./scanner.ts";
import {
  CALL_CONV_WORDS,
  CLASS,
  DIGIT,
  FLAG_ALIGNED,
  FLAG_BIG,
  FLAG_CAN_MOVE,
  FLAG_LITTLE,
  FLAG_READONLY,
  FLAG_WORDS,
  LETTER,
  PARAM_NORMAL,
  PARAM_SARG,
  PARAM_SEXT,
  PARAM_UEXT,
  PARAM_WORDS,
  WORD,
} from "./words.ts";

const SLOT_KINDS = ["explicit_slot", "explicit_dynamic_slot"];
const on = (name: (typeof COMMENT_ENTITIES)[number]) => COMMENT_ENTITIES.indexOf(name);
const ON_SS = on("ss");
const ON_DSS = on("dss");
const ON_DT = on("dt");
const ON_GV = on("gv");
const ON_REGION = on("region");
const ON_SIG = on("sig");
const ON_FN = on("fn");
const ON_CONST = on("const");
const ON_STACK_LIMIT = on("stack_limit");

/** A number that was declared, in a set that is cheap to empty. */
class Declared {
  #stamps = new Int32Array(64);
  #stamp = 1;

  clear(): void {
    this.#stamp++;
  }

  has(n: number): boolean {
    return n < this.#stamps.length && this.#stamps[n] === this.#stamp;
  }

  add(n: number): void {
    if (n >= this.#stamps.length) {
      const grown = new Int32Array(Math.max(n + 1, this.#stamps.length * 2));
      grown.set(this.#stamps);
      this.#stamps = grown;
    }
    this.#stamps[n] = this.#stamp;
  }
}

/** Reads what stands in front of the blocks: the signature and the declarations. */
export class PreambleReader extends NumberScanner {
  /** Convention of signatures that name none. */
  defaultCallConv = 0;
  protected readonly declaredSlots = new Declared();
  protected readonly declaredDynamicSlots = new Declared();
  protected readonly declaredTypes = new Declared();
  protected readonly declaredGlobals = new Declared();
  protected readonly declaredSigs = new Declared();
  protected readonly declaredFuncs = new Declared();
  protected readonly declaredConstants = new Declared();

  protected clearDeclared(): void {
    this.declaredSlots.clear();
    this.declaredDynamicSlots.clear();
    this.declaredTypes.clear();
    this.declaredGlobals.clear();
    this.declaredSigs.clear();
    this.declaredFuncs.clear();
    this.declaredConstants.clear();
  }

  /** Reads memory flags up to the first operand. */
  memFlags(): number {
    const b = this.buf;
    let p = this.pos;
    let flags = MEM_DEFAULT;
    for (;;) {
      // The words that nearly every access has, by their first four bytes; with one blank and another word behind them.
      let end = 0;
      let more = flags;
      switch ((b[p] << 24) | (b[p + 1] << 16) | (b[p + 2] << 8) | b[p + 3]) {
        case 0x6e6f7472: // notr
          if (b[p + 4] === 97 && b[p + 5] === 112) end = p + 6;
          more &= ~MEM_TRAP_MASK;
          break;
        case 0x616c6967: // alig
          if (b[p + 4] === 110 && b[p + 5] === 101 && b[p + 6] === 100) end = p + 7;
          more |= MEM_ALIGNED;
          break;
        case 0x72656164: // read
          if (b[p + 4] === 111 && b[p + 5] === 110 && b[p + 6] === 108 && b[p + 7] === 121) end = p + 8;
          more |= MEM_READONLY;
          break;
        case 0x63616e5f: // can_
          if (b[p + 4] === 109 && b[p + 5] === 111 && b[p + 6] === 118 && b[p + 7] === 101) end = p + 8;
          more |= MEM_CAN_MOVE;
          break;
        case 0x6c697474: // litt
          if (b[p + 4] === 108 && b[p + 5] === 101 && (flags & MEM_BIG) === 0) end = p + 6;
          more |= MEM_LITTLE;
          break;
        case 0x72656769: {
          // regi, a number of one or two digits
          const high = b[p + 6] - 48;
          const low = b[p + 7] - 48;
          const plain = b[p + 4] === 111 && b[p + 5] === 110 && flags >>> MEM_REGION_SHIFT === 0;
          if (!plain || high >>> 0 > 9) break;
          if (low >>> 0 > 9) {
            end = p + 7;
            more |= (high + 1) << MEM_REGION_SHIFT;
          } else if (high !== 0) {
            end = p + 8;
            more |= (high * 10 + low + 1) << MEM_REGION_SHIFT;
          }
        }
      }
      if (end === 0 || b[end] !== 32 || CLASS[b[end + 1]] !== LETTER) break;
      flags = more;
      p = end + 1;
    }
    this.pos = p;
    return b[p] === 118 && CLASS[b[p + 1]] === DIGIT ? flags : this.#moreFlags(flags);
  }

  /** Reads any memory flags that follow `flags`. */
  #moreFlags(flags: number): number {
    const b = this.buf;
    for (;;) {
      const p = this.pos;
      const c = b[p];
      const class1 = CLASS[b[p + 1]];
      if (CLASS[c] !== LETTER || (class1 === DIGIT && (c === 118 || c === 103))) return flags;
      if (c === 114 && this.isEntity("region")) {
        const region = this.number(6);
        if (region < 0 || region > MAX_MEM_REGION)
          this.fail("numberTooLarge", "region number is too large", p);
        if (flags >>> MEM_REGION_SHIFT !== 0)
          this.fail("badFlags", "cannot set more than one alias region", p);
        flags |= (region + 1) << MEM_REGION_SHIFT;
      } else {
        const w = this.word(FLAG_WORDS);
        if (w < 0) return flags;
        if (w < 256) flags = memWithTrap(flags, w);
        else if (w === FLAG_ALIGNED) flags |= MEM_ALIGNED;
        else if (w === FLAG_READONLY) flags |= MEM_READONLY;
        else if (w === FLAG_CAN_MOVE) flags |= MEM_CAN_MOVE;
        else {
          if (w === FLAG_LITTLE) flags |= MEM_LITTLE;
          else if (w === FLAG_BIG) flags |= MEM_BIG;
          if ((flags & (MEM_LITTLE | MEM_BIG)) === (MEM_LITTLE | MEM_BIG))
            this.fail("badFlags", "cannot set both big and little endian bits", p);
        }
        this.pos = this.wordEnd;
      }
      this.blank();
    }
  }

  /** Reads a full unsigned 32-bit number; its bits. */
  #u32(message: string): number {
    const b = this.buf;
    const start = this.pos;
    let p = start;
    let n = 0;
    while ((CLASS[b[p]] & DIGIT) !== 0) n = Math.min(n * 10 + b[p++] - 48, 1e15);
    if (p === start || n > 0xffffffff || (CLASS[b[p]] & WORD) !== 0) this.expected("expectedName", message);
    this.pos = p;
    return n | 0;
  }

  /** The bytes behind `%` become text of the function. */
  #percentText(): NameRef {
    const b = this.buf;
    const start = ++this.pos;
    let p = start;
    while ((CLASS[b[p]] & WORD) !== 0) p++;
    this.pos = p;
    const f = this.func;
    const at = f.extendText(p - start);
    for (let k = start; k < p; k++) f.text[at + k - start] = b[k];
    return f.addName(NAME_TESTCASE, at, p - start);
  }

  /** Reads the name of the function itself into its first name entry. */
  functionName(): void {
    this.ws();
    const f = this.func;
    const c = this.buf[this.pos];
    if (c === 37) f.name = this.#percentText();
    else if (c === 117 && (CLASS[this.buf[this.pos + 1]] & DIGIT) !== 0) {
      this.pos++;
      const space = this.#u32("expected function name");
      this.expect(58, "expectedName", "expected ':' in function name");
      this.ws();
      const index = this.#u32("expected function name");
      const names = f.names.data;
      names[1] = space;
      names[2] = index;
    } else this.expected("expectedName", "expected external name");
  }

  /** Reads an external name. */
  externalName(): NameRef {
    this.ws();
    const b = this.buf;
    const f = this.func;
    const start = this.pos;
    if (b[start] === 37) {
      const name = this.#percentText();
      const text = decodeUtf8(b, start + 1, Math.min(this.pos, start + 40));
      const known = KNOWN_SYMBOLS.findIndex((k) => k.name === text);
      const libcall = known >= 0 ? -1 : (LIBCALL_BY_NAME.get(text) ?? -1);
      if (known >= 0 || libcall >= 0) {
        const names = f.names.data;
        names[4 * name] = known >= 0 ? NAME_KNOWN : NAME_LIBCALL;
        names[4 * name + 1] = known >= 0 ? known : libcall;
        names[4 * name + 2] = 0;
      }
      return name;
    }
    if (this.isEntity("userextname")) {
      const n = this.number(11);
      if (n < 0 || n >= f.userNames.length)
        this.fail("undefinedEntity", `undefined user external name: userextname${n}`, start);
      return f.userNames.at(n) as NameRef;
    }
    if (b[start] === 117 && (CLASS[b[start + 1]] & DIGIT) !== 0) {
      this.pos++;
      const space = this.#u32("expected external name");
      this.expect(58, "expectedName", "expected ':' in external name");
      this.ws();
      return f.userName(space, this.#u32("expected external name"));
    }
    return this.expected("expectedName", "expected external name");
  }

  /** Reads a signature into record `sig`, which becomes the last user of the pool. */
  signature(sig: SigRef): void {
    const f = this.func;
    this.expect(40, "expectedSignature", "expected function signature: ( args... )");
    const at = (sig + 1) << SIG_SHIFT;
    f.sigs.data[at + S_START] = f.pool.length;
    this.ws();
    let n = 0;
    if (this.buf[this.pos] !== 41) n = this.#params();
    f.sigs.data[at + S_PARAMC] = n;
    this.expect(41, "expectedSignature", "expected ')' after function arguments");
    this.ws();
    n = 0;
    if (this.buf[this.pos] === 45 && this.buf[this.pos + 1] === 62) {
      this.pos += 2;
      n = this.#params();
    }
    f.sigs.data[at + S_RETURNC] = n;
    let conv = this.defaultCallConv;
    this.ws();
    if ((CLASS[this.buf[this.pos]] & LETTER) !== 0) {
      const n = this.word(CALL_CONV_WORDS);
      if (n >= 0) {
        conv = n;
        this.pos = this.wordEnd;
      } else if (!this.#atDeclaration())
        this.fail(
          "unknownCallConv",
          `unknown calling convention: ${this.wordText()}`,
          this.pos,
          `one of ${CALL_CONVS.map((c) => c.name).join(", ")}`,
        );
    }
    f.setSigCallConv(sig, conv);
  }

  /** Whether the word at `pos` starts the next declaration or a block, not a calling convention. */
  #atDeclaration(): boolean {
    let p = this.pos;
    while (CLASS[this.buf[p]] === LETTER) p++;
    if ((CLASS[this.buf[p]] & DIGIT) !== 0) {
      while ((CLASS[this.buf[p]] & DIGIT) !== 0) p++;
      return (CLASS[this.buf[p]] & WORD) === 0;
    }
    return this.wordText() === "stack_limit";
  }

  #params(): number {
    const f = this.func;
    for (let n = 1; ; n++) {
      this.ws();
      if (this.optionalTypeMissing()) this.expected("expectedType", "expected parameter type");
      const t = this.type();
      let ext = 0;
      let purpose = PURPOSE_NORMAL;
      let bytes = 0;
      for (;;) {
        this.ws();
        if ((CLASS[this.buf[this.pos]] & LETTER) === 0) break;
        const w = this.word(PARAM_WORDS);
        if (w < 0) break;
        this.pos = this.wordEnd;
        if (w === PARAM_UEXT) ext = EXT_U;
        else if (w === PARAM_SEXT) ext = EXT_S;
        else if (w !== PARAM_SARG) purpose = w - PARAM_NORMAL;
        else {
          purpose = PURPOSE_SARG;
          this.expect(40, "expectedSignature", "expected '(' to begin sarg size");
          bytes = this.uimm32("expected byte-size in sarg decl");
          this.expect(41, "expectedSignature", "expected ')' to end sarg size");
        }
      }
      f.pool.push(t | (ext << 16) | (purpose << 20));
      f.pool.push(bytes);
      if (!this.accept(44)) return n;
    }
  }

  /** Whether what comes next cannot be a type at all. */
  protected optionalTypeMissing(): boolean {
    const c = this.buf[this.pos];
    return c !== 105 && c !== 102;
  }

  #declare(set: Declared, prefix: string, message: string): number {
    const start = this.pos;
    const n = this.entity(prefix, "expectedToken", message);
    if (n >= this.maxEntity) this.fail("numberTooLarge", `entity number is too large: ${prefix}${n}`, start);
    if (set.has(n)) this.fail("duplicate", `duplicate entity: ${prefix}${n}`, start);
    set.add(n);
    this.expect(61, "expectedToken", `expected '=' in ${prefix}${n} declaration`);
    this.ws();
    return n;
  }

  /** Reads all declarations up to the first block or the closing brace. */
  preamble(): void {
    for (;;) {
      this.ws();
      const b = this.buf;
      const p = this.pos;
      switch (b[p]) {
        case 115: // s
          if (b[p + 1] === 115 && this.isEntity("ss")) this.#stackSlot();
          else if (this.isEntity("sig")) this.#sigDecl();
          else if (this.acceptWord("stack_limit")) this.#stackLimit(p);
          else return;
          break;
        case 103: // g
          if (!this.isEntity("gv")) return;
          this.#globalValue();
          break;
        case 102: // f
          if (!this.isEntity("fn")) return;
          this.#funcDecl();
          break;
        case 114: // r
          if (!this.isEntity("region")) return;
          this.#region();
          break;
        case 99: // c
          if (!this.isEntity("const")) return;
          this.#constant();
          break;
        case 100: // d
          if (this.isEntity("dss")) this.#dynamicSlot();
          else if (this.isEntity("dt")) this.#dynamicType();
          else return;
          break;
        default:
          return;
      }
    }
  }

  #claim(kind: number, n: number): void {
    if (!this.keepComments) return;
    this.ws();
    this.claim(kind, n);
  }

  #stackSlot(): void {
    const f = this.func;
    const n = this.#declare(this.declaredSlots, "ss", "expected stack slot number: ss«n»");
    const word = this.wordText();
    const kind = SLOT_KINDS.indexOf(word);
    if (kind < 0) this.expected("badStackSlot", "expected stack slot kind");
    this.pos = this.wordEnd;
    this.ws();
    const start = this.pos;
    this.imm64("expected byte-size in stack_slot decl");
    if (this.hi < 0) this.fail("badStackSlot", "negative stack slot size", start);
    if (this.hi !== 0) this.fail("badStackSlot", "stack slot too large", start);
    const size = this.lo;
    let align = 0;
    let hasKey = 0;
    let key = 0;
    let key2 = 0;
    while (this.accept(44)) {
      this.ws();
      if (this.acceptWord("align")) {
        this.expect(61, "expectedToken", "expected '=' after flag");
        this.ws();
        const at = this.pos;
        this.imm64("expected alignment-size after `align` flag");
        if (this.hi !== 0 || this.lo === 0 || (this.lo & (this.lo - 1)) !== 0)
          this.fail("badStackSlot", "stack slot alignment is not a power of two", at);
        align = 31 - Math.clz32(this.lo);
      } else if (this.acceptWord("key")) {
        this.expect(61, "expectedToken", "expected '=' after flag");
        this.ws();
        if (this.buf[this.pos] === 45 || this.buf[this.pos] === 43)
          this.fail("badInteger", "expected an unsigned 64-bit key");
        this.imm64("expected key value after `key` flag");
        hasKey = 1;
        key = this.lo;
        key2 = this.hi;
      } else this.fail("badStackSlot", "invalid flag for stack slot");
    }
    while (f.numStackSlots <= n) this.#slotRecord();
    const d = f.slots.data;
    const at = n << SLOT_SHIFT;
    d[at + SL_KIND] = kind;
    d[at + SL_SIZE] = size;
    d[at + SL_ALIGN] = align;
    d[at + SL_HAS_KEY] = hasKey;
    d[at + SL_KEY] = key;
    d[at + SL_KEY2] = key2;
    this.#claim(ON_SS, n);
  }

  #slotRecord(): void {
    const f = this.func;
    const at = f.slots.extend(1 << SLOT_SHIFT);
    f.slots.data.fill(0, at, at + (1 << SLOT_SHIFT));
  }

  #dynamicSlot(): void {
    const f = this.func;
    const n = this.#declare(this.declaredDynamicSlots, "dss", "expected dynamic stack slot number: dss«n»");
    if (!this.acceptWord("explicit_dynamic_slot"))
      this.expected("badStackSlot", "expected dynamic stack slot kind");
    const start = this.pos;
    const t = this.entity("dt", "badStackSlot", "expected dynamic type");
    if (!this.declaredTypes.has(t)) this.fail("undefinedEntity", `undefined dynamic type dt${t}`, start);
    while (f.dynamicSlots.length <= n) f.dynamicSlots.push(t);
    f.dynamicSlots.set(n, t);
    this.#claim(ON_DSS, n);
  }

  #dynamicType(): void {
    const f = this.func;
    const n = this.#declare(this.declaredTypes, "dt", "expected dynamic type number: dt«n»");
    const t = this.type();
    this.expect(42, "expectedToken", "expected '*' followed by a dynamic scale value");
    const gv = this.entity("gv", "expectedToken", "expected dynamic scale global value");
    while (f.dynamicTypes.length < 2 * n + 2) {
      f.dynamicTypes.push(t);
      f.dynamicTypes.push(gv);
    }
    f.dynamicTypes.set(2 * n, t);
    f.dynamicTypes.set(2 * n + 1, gv);
    this.#claim(ON_DT, n);
  }

  #globalValue(): void {
    const f = this.func;
    const n = this.#declare(this.declaredGlobals, "gv", "expected global value number: gv«n»");
    const start = this.pos;
    let kind = GV_VMCTX;
    let type = INVALID;
    let base = NONE as number;
    let imm = 0;
    let imm2 = 0;
    let flags = 0;
    let bits = 0;
    if (this.acceptWord("vmctx")) kind = GV_VMCTX;
    else if (this.acceptWord("load")) {
      kind = GV_LOAD;
      this.expect(46, "badGlobalValue", "expected '.' followed by type in load global value decl");
      type = this.type();
      this.ws();
      flags = this.memFlags();
      base = this.entity("gv", "badGlobalValue", "expected base global value: gv«n»");
      imm = this.offset();
      if (memTrapCode(flags) !== 0 || (flags & MEM_ALIGNED) === 0)
        this.fail("badGlobalValue", "global-value load must be notrap and aligned", start);
      this.checkRegion(flags, start);
    } else if (this.acceptWord("iadd_imm")) {
      kind = GV_IADD_IMM;
      this.expect(46, "badGlobalValue", "expected '.' followed by type in iadd_imm global value decl");
      type = this.type();
      base = this.entity("gv", "badGlobalValue", "expected base global value: gv«n»");
      this.expect(44, "badGlobalValue", "expected ',' followed by rhs in iadd_imm global value decl");
      this.ws();
      this.imm64("expected iadd_imm immediate");
      imm = this.lo;
      imm2 = this.hi;
    } else if (this.acceptWord("symbol")) {
      kind = GV_SYMBOL;
      if (this.acceptWord("colocated")) bits |= 1;
      if (this.acceptWord("tls")) bits |= 2;
      base = this.externalName();
      this.ws();
      const c = this.buf[this.pos];
      if (c === 43 || c === 45) {
        this.imm64();
        imm = this.lo;
        imm2 = this.hi;
      }
    } else if (this.acceptWord("dyn_scale_target_const")) {
      kind = GV_DYN_SCALE;
      this.expect(46, "badGlobalValue", "expected '.' followed by type in dynamic scale global value decl");
      type = this.type();
    } else this.expected("badGlobalValue", `Unknown global value kind '${this.wordText()}'`);
    while (f.numGlobalValues <= n) this.#globalRecord();
    const d = f.globals.data;
    const at = n << GV_SHIFT;
    d[at + G_KIND] = kind;
    d[at + G_TYPE] = type;
    d[at + G_BASE] = base;
    d[at + G_IMM] = imm;
    d[at + G_IMM2] = imm2;
    d[at + G_FLAGS] = flags;
    d[at + G_BITS] = bits;
    this.#claim(ON_GV, n);
  }

  /** A gap in the numbering is an empty symbol. */
  #globalRecord(): void {
    const f = this.func;
    const name = f.addName(NAME_TESTCASE, 0, 0);
    const at = f.globals.extend(1 << GV_SHIFT);
    f.globals.data.fill(0, at, at + (1 << GV_SHIFT));
    f.globals.data[at + G_KIND] = GV_SYMBOL;
    f.globals.data[at + G_BASE] = name;
  }

  /** Regions are checked by the verifier; here only that the number can be stored is of interest. */
  protected checkRegion(flags: number, at: number): void {
    if (memRegion(flags) >= this.maxEntity) this.fail("numberTooLarge", "region number is too large", at);
  }

  #region(): void {
    const f = this.func;
    const start = this.pos;
    const n = this.entity("region", "badRegion", "expected alias region");
    if (n !== f.numRegions) this.fail("duplicate", `duplicate alias region region${n}`, start);
    this.expect(61, "expectedToken", `expected '=' in region${n} declaration`);
    this.ws();
    const id = this.uimm32("expected alias region user id");
    this.ws();
    if (this.buf[this.pos] !== 34) this.expected("badRegion", "expected alias region description string");
    const from = this.pos + 1;
    let p = from;
    while (this.buf[p] !== 34 && p < this.end) p++;
    if (p >= this.end) this.fail("invalidCharacter", "invalid character");
    const at = f.extendText(p - from);
    for (let k = from; k < p; k++) f.text[at + k - from] = this.buf[k];
    this.pos = p + 1;
    f.regions.push(id);
    f.regions.push(at);
    f.regions.push(p - from);
    f.regions.push(0);
    this.#claim(ON_REGION, n);
  }

  #sigDecl(): void {
    const f = this.func;
    const n = this.#declare(this.declaredSigs, "sig", "expected signature number: sig«n»");
    while (f.numSignatures <= n) f.addSignature(this.defaultCallConv);
    this.signature(n as SigRef);
    this.#claim(ON_SIG, n);
  }

  #funcDecl(): void {
    const f = this.func;
    const n = this.#declare(this.declaredFuncs, "fn", "expected function number: fn«n»");
    let bits = 0;
    if (this.acceptWord("colocated")) bits |= 1;
    if (this.acceptWord("patchable")) bits |= 2;
    const name = this.externalName();
    this.ws();
    const start = this.pos;
    let sig: number;
    if (this.buf[start] === 40) {
      sig = f.addSignature(this.defaultCallConv);
      this.declaredSigs.add(sig);
      this.signature(sig as SigRef);
    } else if (this.isEntity("sig")) {
      sig = this.number(3);
      if (!this.declaredSigs.has(sig)) this.fail("undefinedEntity", `undefined signature sig${sig}`, start);
    } else this.expected("expectedSignature", "expected 'function' or sig«n» in function decl");
    while (f.numFuncs <= n) {
      f.funcs.push(0);
      f.funcs.push(-2);
      f.funcs.push(0);
      f.funcs.push(0);
    }
    const d = f.funcs.data;
    d[(n << FUNC_SHIFT) + F_NAME] = name;
    d[(n << FUNC_SHIFT) + F_SIG] = sig;
    d[(n << FUNC_SHIFT) + F_BITS] = bits;
    this.#claim(ON_FN, n);
  }

  #constant(): void {
    const f = this.func;
    const start = this.pos;
    const n = this.#declare(this.declaredConstants, "const", "expected constant number: const«n»");
    if (n > f.numConstants + 4096)
      this.fail("numberTooLarge", `entity number is too large: const${n}`, start);
    this.constantData(this.optionalType());
    f.bindConstant(n as Constant, this.data, this.dataLength);
    this.#claim(ON_CONST, n);
  }

  #stackLimit(start: number): void {
    if (this.func.stackLimit !== NONE) this.fail("duplicate", "stack limit defined twice", start);
    this.expect(61, "expectedToken", "expected '=' in stack limit decl");
    const at = this.pos;
    const n = this.entity("gv", "badGlobalValue", "expected global value: gv«n»");
    if (!this.declaredGlobals.has(n)) this.fail("undefinedEntity", `undefined global value gv${n}`, at);
    this.func.stackLimit = n as never;
    this.#claim(ON_STACK_LIMIT, 0);
  }

  /** Reads `fnN`, which must be declared. */
  protected funcRef(): FuncRef {
    const b = this.buf;
    if (b[this.pos] !== 102) this.ws();
    const start = this.pos;
    if (b[start] !== 102 || b[start + 1] !== 110)
      this.expected("expectedToken", "expected function reference");
    const n = this.number(2);
    if (n < 0) this.expected("expectedToken", "expected function reference");
    if (!this.declaredFuncs.has(n)) this.fail("undefinedEntity", `undefined function fn${n}`, start);
    return n as FuncRef;
  }

  /** Reads `sigN`, which must be declared. */
  protected sigRef(): SigRef {
    this.ws();
    const start = this.pos;
    const n = this.entity("sig", "expectedToken", "expected signature reference");
    if (!this.declaredSigs.has(n)) this.fail("undefinedEntity", `undefined signature sig${n}`, start);
    return n as SigRef;
  }
}
