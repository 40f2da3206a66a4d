import { bug } from "@gantry/diag";
import { growInt32, growUint8, I32List } from "@gantry/entity";
import {
  CALL_SITE_WORDS,
  type CompiledCode,
  DataKind,
  HANDLER_WORDS,
  SOURCE_WORDS,
  TAG_WORDS,
} from "./compiled-code.ts";

/** What a fix-up kind of a target is: how the distance to a label is written into the code. */
export interface FixupKind {
  readonly name: string;
  /** Greatest and least distance, in bytes, that the field can hold. */
  readonly max: number;
  readonly min: number;
}

/** What {@link CodeBuffer} asks of a target. */
export interface FixupTarget {
  readonly fixups: readonly FixupKind[];
  /**
   * Writes the distance to a label.
   *
   * @param kind Index into `fixups`.
   * @param bytes The code.
   * @param at Offset of the field.
   * @param distance Label minus `at`.
   * @param trailing Bytes of the instruction that follow the field.
   */
  applyFixup(kind: number, bytes: Uint8Array, at: number, distance: number, trailing: number): void;
  /** Bytes of the short form of branch kind `kind`, or 0 where it has none. */
  shortBranchBytes(kind: number): number;
  /** Writes the short form of a branch at `at`; `longBytes` starts at the long form. `distance` is label minus end. */
  writeShortBranch(kind: number, bytes: Uint8Array, at: number, from: number, distance: number): void;
  /** Whether `distance` (label minus the end of the branch) fits the short form. */
  fitsShortBranch(kind: number, distance: number): boolean;
  /** Writes a trap instruction at the end of the buffer. */
  emitTrap(buf: CodeBuffer): void;
}

const FIXUP_WORDS = 4;
const BRANCH_WORDS = 5;
const POOL_WORDS = 3;
const TRAP_STUB_WORDS = 3;

/**
 * The bytes of one function while they are written, in one forward pass.
 *
 * Labels are small integers; the first ones are the lowered blocks. A use of a label leaves a zero field and a fix-up.
 * Branches are written in their long form and listed; {@link finish} finds those in reach of the short form, slides
 * the code once, and only then places jump tables and constants, so their alignment does not depend on the sliding.
 *
 * Invariants: (1) fix-ups, branches and all metadata are appended in the order of their offsets; (2) nothing but
 * branches changes its length in `finish`; (3) a label is bound at most once.
 */
export class CodeBuffer {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(8192);
  length = 0;
  /** The label of the block that is written next, -1 behind the last: a jump there is left out. */
  next = -1;
  /** Where branches to each block's label are to go instead: see {@link target}. */
  readonly thread: I32List = new I32List();
  /** What the target's prologue lets everything behind it know; 0 before. */
  mode = 0;
  /** Where the columns go; set by {@link reset}. */
  code!: CompiledCode;
  #target!: FixupTarget;

  /** Offset of each label, -1 while unbound. */
  readonly #labels = new I32List();
  /** Number of listed branches before each bound label. */
  readonly #labelBranch = new I32List();
  /** Rows of (offset, label, kind, trailing bytes). */
  readonly #fixups = new I32List(256);
  /** Rows of (start, length, kind, label, 1 if short). */
  readonly #branches = new I32List(256);
  /** Bytes saved by the short branches before each branch. */
  #saved = new Int32Array(64);
  /** Constants: rows of (label or -1, first byte in the pool, length). */
  readonly #constants = new I32List();
  #pool = new Uint8Array(256);
  #poolLength = 0;
  /** Jump tables: rows of (label, first entry, entries); entries are labels. */
  readonly #tables = new I32List();
  readonly #entries = new I32List();
  /** Trap stubs: rows of (label, trap code, source location). */
  readonly #stubs = new I32List();
  #instStart = 0;
  #source = -1;
  #hasSource = false;

  /** Starts a new function with labels 0 to `blocks - 1` unbound. */
  reset(target: FixupTarget, code: CompiledCode, blocks: number): void {
    this.#target = target;
    this.code = code;
    code.reset();
    this.length = 0;
    this.mode = 0;
    this.#labels.fill(blocks, -1);
    this.#labelBranch.fill(blocks, 0);
    this.#fixups.clear();
    this.#branches.clear();
    this.#constants.clear();
    this.#poolLength = 0;
    this.#tables.clear();
    this.#entries.clear();
    this.#stubs.clear();
    this.#instStart = 0;
    this.#source = -1;
    this.#hasSource = false;
  }

  // ---- bytes ----

  /** Makes room for `n` more bytes; the `put` functions do not check. */
  reserve(n: number): void {
    if (this.length + n > this.bytes.length) this.bytes = growUint8(this.bytes, this.length + n);
  }

  put1(x: number): void {
    this.bytes[this.length++] = x;
  }

  /** Two bytes, little endian. */
  put2(x: number): void {
    const b = this.bytes;
    const n = this.length;
    b[n] = x;
    b[n + 1] = x >> 8;
    this.length = n + 2;
  }

  /** Four bytes, little endian. */
  put4(x: number): void {
    const b = this.bytes;
    const n = this.length;
    b[n] = x;
    b[n + 1] = x >> 8;
    b[n + 2] = x >> 16;
    b[n + 3] = x >> 24;
    this.length = n + 4;
  }

  /** Two bytes, big endian. */
  put2be(x: number): void {
    const b = this.bytes;
    const n = this.length;
    b[n] = x >> 8;
    b[n + 1] = x;
    this.length = n + 2;
  }

  /** Four bytes, big endian. */
  put4be(x: number): void {
    const b = this.bytes;
    const n = this.length;
    b[n] = x >> 24;
    b[n + 1] = x >> 16;
    b[n + 2] = x >> 8;
    b[n + 3] = x;
    this.length = n + 4;
  }

  // ---- what happens where ----

  /** Marks the start of a machine instruction: {@link trap} refers to it. */
  startInst(): void {
    this.#instStart = this.length;
  }

  /** The instruction that was started last may trap with `code`. */
  trap(code: number): void {
    const traps = this.code.traps;
    const at = traps.extend(2);
    traps.data[at] = this.#instStart;
    traps.data[at + 1] = code;
  }

  /** What follows belongs to relative source location `loc`, -1 for none. */
  source(loc: number): void {
    if (loc === this.#source && this.#hasSource) return;
    this.#source = loc;
    this.#hasSource = true;
    const sources = this.code.sources;
    const n = sources.length;
    if (n > 0 && sources.data[n - SOURCE_WORDS] === this.length) {
      sources.data[n - 1] = loc;
      return;
    }
    const at = sources.extend(2);
    sources.data[at] = this.length;
    sources.data[at + 1] = loc;
  }

  /** A relocation of the field that is written next. */
  reloc(kind: number, symbol: number, addend: number): void {
    const r = this.code.relocations;
    const at = r.extend(4);
    r.data[at] = this.length;
    r.data[at + 1] = kind;
    r.data[at + 2] = symbol;
    r.data[at + 3] = addend;
  }

  /** A call returns here. What else is known of it comes from the record's site, see the emitter. */
  callSite(): void {
    const c = this.code.callSites;
    const at = c.extend(4);
    c.data[at] = this.length;
    c.data[at + 1] = -1;
    c.data[at + 2] = -1;
    c.data[at + 3] = 0;
  }

  /** The next handler of the last call site; `label` is where it continues, -1 for a context. */
  handler(kind: number, value: number, label: number): void {
    const { handlers, callSites } = this.code;
    const site = callSites.length - CALL_SITE_WORDS;
    if (callSites.data[site + 3]++ === 0) callSites.data[site + 2] = handlers.length / HANDLER_WORDS;
    const at = handlers.extend(HANDLER_WORDS);
    handlers.data[at] = kind;
    handlers.data[at + 1] = value;
    handlers.data[at + 2] = label;
  }

  /** An unwind operation takes effect here. */
  unwindOp(kind: number, a: number, b: number): void {
    const u = this.code.unwind;
    const at = u.extend(4);
    u.data[at] = this.length;
    u.data[at + 1] = kind;
    u.data[at + 2] = a;
    u.data[at + 3] = b;
  }

  // ---- labels ----

  /** A label that is not a block. */
  newLabel(): number {
    this.#labelBranch.push(0);
    return this.#labels.push(-1);
  }

  /** The label that a branch to block `label` is to use: blocks that only jump are skipped. */
  target(label: number): number {
    return this.thread.data[label];
  }

  /** `label` is here. */
  bind(label: number): void {
    if (this.#labels.data[label] >= 0) bug("emit", `label ${label} bound twice`);
    this.#labels.data[label] = this.length;
    this.#labelBranch.data[label] = (this.#branches.length / BRANCH_WORDS) | 0;
  }

  /** The field that is written next holds the distance to `label`. */
  useLabel(label: number, kind: number, trailing = 0): void {
    const f = this.#fixups;
    const at = f.extend(FIXUP_WORDS);
    f.data[at] = this.length;
    f.data[at + 1] = label;
    f.data[at + 2] = kind;
    f.data[at + 3] = trailing;
  }

  /** The field that is written next holds the distance to constant `index` of {@link constant}. */
  useConstant(index: number, kind: number, trailing = 0): void {
    let label = this.#constants.data[index * POOL_WORDS];
    if (label < 0) {
      label = this.newLabel();
      this.#constants.data[index * POOL_WORDS] = label;
    }
    this.useLabel(label, kind, trailing);
  }

  /** The branch that is written next, `bytes` long in its long form; its fields are filled by {@link finish}. */
  branch(kind: number, bytes: number, label: number): void {
    const b = this.#branches;
    const at = b.extend(BRANCH_WORDS);
    b.data[at] = this.length;
    b.data[at + 1] = bytes;
    b.data[at + 2] = kind;
    b.data[at + 3] = label;
    b.data[at + 4] = 0;
  }

  /** A label at an out-of-line trap instruction, placed behind the code and attributed to the current source location. */
  trapStub(code: number): number {
    const s = this.#stubs;
    const loc = this.#source;
    const n = s.length;
    // Sites of one instruction share a stub; it carries one code and one location.
    if (n > 0 && s.data[n - 2] === code && s.data[n - 1] === loc) return s.data[n - 3];
    const label = this.newLabel();
    const at = s.extend(TRAP_STUB_WORDS);
    s.data[at] = label;
    s.data[at + 1] = code;
    s.data[at + 2] = loc;
    return label;
  }

  // ---- data behind the code ----

  /**
   * Adds a constant of `length` bytes (alignment 16 above 8 bytes, otherwise its length) and returns its index: the
   * number of constants added before. Equal ones are not looked for; who adds them knows more.
   */
  constant(data: ArrayLike<number>, length: number): number {
    const c = this.#constants;
    const first = this.#poolLength;
    if (first + length > this.#pool.length) this.#pool = growUint8(this.#pool, first + length);
    for (let k = 0; k < length; k++) this.#pool[first + k] = data[k];
    this.#poolLength = first + length;
    const at = c.extend(POOL_WORDS);
    c.data[at] = -1;
    c.data[at + 1] = first;
    c.data[at + 2] = length;
    return (at / POOL_WORDS) | 0;
  }

  /** Begins a jump table of 32-bit distances from its own start and returns the table's label. */
  jumpTable(entries: number): number {
    const label = this.newLabel();
    const t = this.#tables;
    const at = t.extend(POOL_WORDS);
    t.data[at] = label;
    t.data[at + 1] = this.#entries.length;
    t.data[at + 2] = entries;
    return label;
  }

  /** The next entry of the jump table that was begun last. */
  jumpTableEntry(label: number): void {
    this.#entries.push(label);
  }

  // ---- the end ----

  /** Places trap stubs, shortens branches, places tables and constants, and resolves every label. */
  finish(): void {
    this.#placeStubs();
    this.#shorten();
    this.code.codeLength = this.length;
    this.#placeTables();
    this.#placeConstants();
    this.#applyFixups();
    this.#resolveHandlers();
    const code = this.code;
    const bytes = code.bytes;
    code.bytes = this.bytes;
    code.length = this.length;
    this.bytes = bytes;
  }

  #placeStubs(): void {
    const s = this.#stubs;
    for (let i = 0; i < s.length; i += TRAP_STUB_WORDS) {
      this.source(s.data[i + 2]);
      this.bind(s.data[i]);
      this.reserve(16);
      this.startInst();
      this.trap(s.data[i + 1]);
      this.#target.emitTrap(this);
    }
  }

  /** Finds branches in reach of their short form (start long, shrink, three rounds) and slides the code once. */
  #shorten(): void {
    const b = this.#branches.data;
    const n = this.#branches.length / BRANCH_WORDS;
    if (n === 0) return;
    if (n + 1 > this.#saved.length) this.#saved = new Int32Array(growLength(n + 1));
    const saved = this.#saved;
    const target = this.#target;
    const labels = this.#labels.data;
    const labelBranch = this.#labelBranch.data;
    saved.fill(0, 0, n + 1);
    let total = 0;
    for (let round = 0; round < 3; round++) {
      let found = 0;
      for (let k = 0, at = 0; k < n; k++, at += BRANCH_WORDS) {
        if (b[at + 4] !== 0) continue;
        const kind = b[at + 2];
        const short = target.shortBranchBytes(kind);
        if (short === 0) continue;
        const label = b[at + 3];
        const to = labels[label] - saved[labelBranch[label]];
        const end = b[at] - saved[k] + (labelBranch[label] > k ? b[at + 1] : short);
        if (target.fitsShortBranch(kind, to - end)) {
          b[at + 4] = 1;
          found++;
        }
      }
      if (found === 0) break;
      total = 0;
      for (let k = 0, at = 0; k < n; k++, at += BRANCH_WORDS) {
        saved[k] = total;
        if (b[at + 4] !== 0) total += b[at + 1] - target.shortBranchBytes(b[at + 2]);
      }
      saved[n] = total;
    }
    if (total > 0) this.#slide(n);
    else this.#resolveLongBranches(n);
  }

  #resolveLongBranches(n: number): void {
    const b = this.#branches.data;
    for (let k = 0, at = 0; k < n; k++, at += BRANCH_WORDS) {
      const distance = this.#labels.data[b[at + 3]] - (b[at] + b[at + 1]);
      this.#target.applyFixup(b[at + 2], this.bytes, b[at] + b[at + 1] - 4, distance + 4, 0);
    }
  }

  #slide(n: number): void {
    const b = this.#branches.data;
    const saved = this.#saved;
    const labels = this.#labels.data;
    const labelBranch = this.#labelBranch.data;
    for (let l = 0; l < this.#labels.length; l++) if (labels[l] >= 0) labels[l] -= saved[labelBranch[l]];
    const bytes = this.bytes;
    const target = this.#target;
    let from = b[0];
    let to = from;
    for (let k = 0, at = 0; k < n; k++, at += BRANCH_WORDS) {
      const start = b[at];
      const length = b[at + 1];
      if (from !== to) bytes.copyWithin(to, from, start);
      to += start - from;
      if (b[at + 4] !== 0) {
        const short = target.shortBranchBytes(b[at + 2]);
        target.writeShortBranch(b[at + 2], bytes, to, start, labels[b[at + 3]] - (to + short));
        to += short;
      } else {
        if (start !== to) bytes.copyWithin(to, start, start + length);
        to += length;
        target.applyFixup(b[at + 2], bytes, to - 4, labels[b[at + 3]] - (to - 4), 0);
      }
      from = start + length;
    }
    bytes.copyWithin(to, from, this.length);
    this.length = to + (this.length - from);
    this.#slideColumn(this.#fixups, FIXUP_WORDS, n);
    this.#slideColumn(this.code.relocations, 4, n);
    this.#slideColumn(this.code.traps, 2, n);
    this.#slideColumn(this.code.sources, SOURCE_WORDS, n);
    this.#slideColumn(this.code.callSites, CALL_SITE_WORDS, n);
    this.#slideColumn(this.code.unwind, 4, n);
    this.#slideColumn(this.code.blockOffsets, 1, n);
    this.#slideColumn(this.code.debugTags, TAG_WORDS, n);
    this.#slideColumn(this.code.patchable, 2, n);
  }

  /** Moves the offsets (first word of each row, sorted) of a column. */
  #slideColumn(column: I32List, words: number, n: number): void {
    const b = this.#branches.data;
    const saved = this.#saved;
    const data = column.data;
    let k = 0;
    for (let i = 0; i < column.length; i += words) {
      const offset = data[i];
      while (k < n && b[k * BRANCH_WORDS] < offset) k++;
      data[i] = offset - saved[k];
    }
  }

  #align(alignment: number): void {
    this.reserve(alignment);
    while ((this.length & (alignment - 1)) !== 0) this.put1(0);
    if (this.code.alignment < alignment) this.code.alignment = alignment;
  }

  #datum(length: number, kind: number): void {
    const d = this.code.data;
    const at = d.extend(3);
    d.data[at] = this.length;
    d.data[at + 1] = length;
    d.data[at + 2] = kind;
  }

  #placeTables(): void {
    const t = this.#tables;
    for (let i = 0; i < t.length; i += POOL_WORDS) {
      this.#align(4);
      const start = this.length;
      const entries = t.data[i + 2];
      this.bind(t.data[i]);
      this.#datum(entries * 4, DataKind.jumpTable);
      this.reserve(entries * 4);
      for (let k = 0; k < entries; k++)
        this.put4(this.#offsetOf(this.#entries.data[t.data[i + 1] + k]) - start);
    }
  }

  #placeConstants(): void {
    const c = this.#constants;
    // The widest first: then one alignment serves all that follow.
    for (let width = 16; width >= 1; width >>= 1) {
      for (let i = 0; i < c.length; i += POOL_WORDS) {
        const label = c.data[i];
        const length = c.data[i + 2];
        if (label < 0 || constantAlignment(length) !== width) continue;
        this.#align(width);
        this.bind(label);
        this.#datum(length, DataKind.constant);
        this.reserve(length);
        for (let k = 0; k < length; k++) this.put1(this.#pool[c.data[i + 1] + k]);
      }
    }
  }

  #offsetOf(label: number): number {
    const offset = this.#labels.data[label];
    if (offset < 0) bug("emit", `label ${label} was used but never bound`);
    return offset;
  }

  /** Handlers were listed with their labels. */
  #resolveHandlers(): void {
    const { handlers } = this.code;
    for (let i = 2; i < handlers.length; i += HANDLER_WORDS)
      if (handlers.data[i] >= 0) handlers.data[i] = this.#offsetOf(handlers.data[i]);
  }

  #applyFixups(): void {
    const f = this.#fixups;
    for (let i = 0; i < f.length; i += FIXUP_WORDS) {
      const at = f.data[i];
      const kind = f.data[i + 2];
      const distance = this.#offsetOf(f.data[i + 1]) - at;
      const { max, min, name } = this.#target.fixups[kind];
      if (distance > max || distance < min) bug("emit", `a ${name} fix-up cannot reach ${distance} bytes`);
      this.#target.applyFixup(kind, this.bytes, at, distance, f.data[i + 3]);
    }
  }
}

function constantAlignment(length: number): number {
  if (length > 8) return 16;
  return length > 4 ? 8 : length > 2 ? 4 : length;
}

function growLength(n: number): number {
  return growInt32(new Int32Array(0), n * 2).length;
}
