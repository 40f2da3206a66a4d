import {
  decodeUtf8,
  type FuncRef,
  type Function,
  type GlobalValue,
  KNOWN_SYMBOLS,
  LIBCALLS,
  NAME_KNOWN,
  NAME_LIBCALL,
  NAME_USER,
  type NameRef,
} from "@gantry/clif-ir";
import { IntMap } from "@gantry/entity";

/** What a symbol index of compiled code stands for. */
export const SymbolKind = { func: 0, data: 1, libcall: 2, known: 3 } as const;

/**
 * The external names that the code of one function refers to, in order of first use. The code itself only has their
 * indices, so that it does not depend on what things are called; whoever writes an object asks for the names.
 */
export class Symbols {
  /** Rows of kind and number: see {@link SymbolKind}. */
  readonly kinds: number[] = [];
  readonly refs: number[] = [];
  readonly #index = new IntMap();

  reset(): void {
    this.kinds.length = 0;
    this.refs.length = 0;
    this.#index.clear();
  }

  get count(): number {
    return this.kinds.length;
  }

  /** The symbol of function reference `fn`. */
  func(fn: FuncRef): number {
    return this.add(SymbolKind.func, fn);
  }

  /** The symbol of global value `gv`, which must be a symbol. */
  global(gv: GlobalValue): number {
    return this.add(SymbolKind.data, gv);
  }

  /** The symbol of library function number `libcall` of clif-ir's table. */
  libcall(libcall: number): number {
    return this.add(SymbolKind.libcall, libcall);
  }

  /** The symbol that linkers define, of number `known` in clif-ir's table. */
  known(known: number): number {
    return this.add(SymbolKind.known, known);
  }

  /** The symbol of kind `kind` and number `ref`, a new one if there is none yet. */
  add(kind: number, ref: number): number {
    const key = ref * 4 + kind;
    let s = this.#index.get(key, -1);
    if (s < 0) {
      s = this.kinds.length;
      this.kinds.push(kind);
      this.refs.push(ref);
      this.#index.set(key, s);
    }
    return s;
  }

  /** What an object file calls symbol `s` of `func`. */
  name(func: Function, s: number): string {
    const ref = this.refs[s];
    switch (this.kinds[s]) {
      case SymbolKind.func:
        return symbolOf(func, func.funcName(ref as FuncRef));
      case SymbolKind.data:
        return symbolOf(func, func.gvName(ref as GlobalValue));
      case SymbolKind.known:
        return KNOWN_SYMBOLS[ref].symbol;
      default:
        return LIBCALLS[ref].symbol;
    }
  }
}

/** The symbol for an external name: `%name` is `name`, `u1:23` is `u1_23`. */
export function symbolOf(func: Function, name: NameRef): string {
  switch (func.nameKind(name)) {
    case NAME_USER:
      return `u${func.nameSpace(name)}_${func.nameIndex(name)}`;
    case NAME_LIBCALL:
      return LIBCALLS[func.nameSpace(name)].symbol;
    case NAME_KNOWN:
      return KNOWN_SYMBOLS[func.nameSpace(name)].symbol;
    default:
      return decodeUtf8(func.text, func.nameSpace(name), func.nameSpace(name) + func.nameIndex(name));
  }
}
