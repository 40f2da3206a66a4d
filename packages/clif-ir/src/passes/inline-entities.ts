import { NONE } from "@gantry/entity";
import type {
  Block,
  Constant,
  FuncRef,
  GlobalValue,
  NameRef,
  SigRef,
  StackSlot,
  Value,
} from "../entities.ts";
import {
  FUNC_SHIFT,
  type Function,
  G_BASE,
  G_FLAGS,
  G_KIND,
  GV_IADD_IMM,
  GV_LOAD,
  GV_SHIFT,
  GV_SYMBOL,
  MASK_BASE,
  NAME_TESTCASE,
  NAME_USER,
  S_START,
  SIG_SHIFT,
} from "../function.ts";
import { memRegion, memWithRegion } from "../mem-flags.ts";

/** Where the entities of an inlined function are in its new home. */
export class EntityMap {
  readonly callee: Function;
  readonly caller: Function;
  readonly #blocks: number;
  readonly #globals: number;
  readonly #sigs: number;
  readonly #funcs: number;
  readonly #slots: number;
  readonly #dynamicTypes: number;
  readonly #dynamicSlots: number;
  readonly #masks: number;
  readonly #constants: number[] = [];
  readonly #regions: number[] = [];
  readonly #names = new Map<number, NameRef>();
  /** The caller's value for each of the callee's. */
  readonly values: Int32Array;

  /** Copies every entity of `callee` apart from instructions into `caller`, whether it is used or not. */
  constructor(caller: Function, callee: Function) {
    this.caller = caller;
    this.callee = callee;
    this.values = new Int32Array(callee.numValues).fill(NONE);
    this.#blocks = caller.numBlocks;
    this.#globals = caller.numGlobalValues;
    this.#sigs = caller.numSignatures;
    this.#funcs = caller.numFuncs;
    this.#slots = caller.numStackSlots;
    this.#dynamicTypes = caller.dynamicTypes.length >> 1;
    this.#dynamicSlots = caller.dynamicSlots.length;
    this.#masks = caller.masks.length >> 1;
    this.#copyBlocks();
    this.#copyGlobals();
    this.#copySignatures();
    for (let k = 0; k < callee.userNames.length; k++) this.name(callee.userNames.at(k) as NameRef);
    this.#copyFunctions();
    for (let k = 0; k < callee.slots.length; k++) caller.slots.push(callee.slots.at(k));
    for (let k = 0; k < callee.dynamicTypes.length; k += 2) {
      caller.dynamicTypes.push(callee.dynamicTypes.at(k));
      caller.dynamicTypes.push(this.global(callee.dynamicTypes.at(k + 1) as GlobalValue));
    }
    for (let k = 0; k < callee.dynamicSlots.length; k++)
      caller.dynamicSlots.push(callee.dynamicSlots.at(k) + this.#dynamicTypes);
    for (let k = 0; k < callee.masks.length >> 1; k++) {
      const bytes = callee.constantBytes((MASK_BASE + k) as Constant);
      caller.addMask(bytes, bytes.length);
    }
    for (let k = 0; k < callee.numConstants; k++) {
      const bytes = callee.constantBytes(k as Constant);
      this.#constants.push(caller.addConstant(bytes, bytes.length));
    }
  }

  #copyBlocks(): void {
    const { caller, callee } = this;
    const entry = callee.firstBlock();
    for (let b = 0; b < callee.numBlocks; b++) caller.setCold(caller.addBlock(), callee.isCold(b as Block));
    for (let b = 0; b < callee.numBlocks; b++) {
      if (b === entry) continue;
      for (let k = 0, n = callee.blockParamCount(b as Block); k < n; k++) {
        const v = callee.blockParam(b as Block, k);
        this.values[v] = caller.appendBlockParam(this.block(b as Block), callee.valueType(v));
      }
    }
  }

  #copyGlobals(): void {
    const { caller, callee } = this;
    for (let g = 0; g < callee.numGlobalValues; g++) {
      const from = g << GV_SHIFT;
      const at = caller.globals.extend(1 << GV_SHIFT);
      for (let k = 0; k < 1 << GV_SHIFT; k++) caller.globals.set(at + k, callee.globals.at(from + k));
      const kind = callee.globals.at(from + G_KIND);
      const base = callee.globals.at(from + G_BASE);
      if (kind === GV_LOAD || kind === GV_IADD_IMM)
        caller.globals.set(at + G_BASE, this.global(base as GlobalValue));
      if (kind === GV_SYMBOL) caller.globals.set(at + G_BASE, this.name(base as NameRef));
      if (kind === GV_LOAD)
        caller.globals.set(at + G_FLAGS, this.memFlags(callee.globals.at(from + G_FLAGS)));
    }
  }

  #copySignatures(): void {
    const { caller, callee } = this;
    for (let s = 0; s < callee.numSignatures; s++) {
      const from = (s + 1) << SIG_SHIFT;
      const at = caller.sigs.extend(1 << SIG_SHIFT);
      for (let k = 0; k < 1 << SIG_SHIFT; k++) caller.sigs.set(at + k, callee.sigs.at(from + k));
      caller.sigs.set(at + S_START, caller.pool.length);
      const words = 2 * (callee.sigParamCount(s as SigRef) + callee.sigReturnCount(s as SigRef));
      const start = callee.sigs.at(from + S_START);
      for (let k = 0; k < words; k++) caller.pool.push(callee.pool.at(start + k));
    }
  }

  #copyFunctions(): void {
    const { caller, callee } = this;
    for (let k = 0; k < callee.numFuncs; k++) {
      const from = k << FUNC_SHIFT;
      const sig = callee.funcSignature(k as FuncRef);
      caller.funcs.push(sig < 0 ? 0 : this.name(callee.funcName(k as FuncRef)));
      caller.funcs.push(sig < 0 ? sig : this.sig(sig));
      caller.funcs.push(callee.funcs.at(from + 2));
      caller.funcs.push(0);
    }
  }

  /** The caller's entry for a name. */
  name(n: NameRef): NameRef {
    const { caller, callee } = this;
    const known = this.#names.get(n);
    if (known !== undefined) return known;
    const kind = callee.nameKind(n);
    const a = callee.nameSpace(n);
    const b = callee.nameIndex(n);
    let made: NameRef;
    if (kind === NAME_USER) made = caller.userName(a, b);
    else if (kind === NAME_TESTCASE) {
      const at = caller.extendText(b);
      for (let k = 0; k < b; k++) caller.text[at + k] = callee.text[a + k];
      made = caller.addName(kind, at, b);
    } else made = caller.addName(kind, a, b);
    this.#names.set(n, made);
    return made;
  }

  /** The caller's region with the same user number, made if there is none. */
  #region(r: number): number {
    const { caller, callee } = this;
    const known = this.#regions[r];
    if (known !== undefined) return known;
    const id = callee.regions.at(4 * r);
    let to = 0;
    while (to < caller.numRegions && caller.regions.at(4 * to) !== id) to++;
    if (to === caller.numRegions) {
      const from = callee.regions.at(4 * r + 1);
      const length = callee.regions.at(4 * r + 2);
      const at = caller.extendText(length);
      for (let k = 0; k < length; k++) caller.text[at + k] = callee.text[from + k];
      caller.regions.push(id);
      caller.regions.push(at);
      caller.regions.push(length);
      caller.regions.push(0);
    }
    this.#regions[r] = to;
    return to;
  }

  memFlags(flags: number): number {
    const region = memRegion(flags);
    return region < 0 ? flags : memWithRegion(flags, this.#region(region));
  }

  block(b: Block): Block {
    return (b + this.#blocks) as Block;
  }

  global(g: GlobalValue): GlobalValue {
    return (g + this.#globals) as GlobalValue;
  }

  sig(s: SigRef): SigRef {
    return (s + this.#sigs) as SigRef;
  }

  func(f: FuncRef): FuncRef {
    return (f + this.#funcs) as FuncRef;
  }

  slot(s: number): StackSlot {
    return (s + this.#slots) as StackSlot;
  }

  dynamicSlot(s: number): number {
    return s + this.#dynamicSlots;
  }

  constant(c: Constant): Constant {
    return (c >= MASK_BASE ? c + this.#masks : this.#constants[c]) as Constant;
  }

  /** The caller's value for an operand of the callee, aliases resolved. */
  value(v: Value): Value {
    return this.values[this.callee.resolve(v)] as Value;
  }
}
