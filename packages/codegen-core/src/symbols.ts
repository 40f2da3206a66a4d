import type { FuncRef, Function, GlobalValue } from "@gantry/clif-ir";
import { IntMap } from "@gantry/entity";

/** What a symbol index of compiled code stands for. */
export const SymbolKind = { func: 0, data: 1, libcall: 2 } as const;

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
    return this.#intern(SymbolKind.func, fn);
  }

  /** The symbol of global value `gv`, which must be a symbol. */
  global(gv: GlobalValue): number {
    return this.#intern(SymbolKind.data, gv);
  }

  /** The symbol of library function number `libcall` of clif-ir's table. */
  libcall(libcall: number): number {
    return this.#intern(SymbolKind.libcall, libcall);
  }

  #intern(kind: number, ref: number): number {
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

  /** What the object file calls symbol `s` of a function `func`. */
  name(func: Function, s: number): string {
    switch (this.kinds[s]) {
      case SymbolKind.func:
        return func.funcRefSymbol(this.refs[s] as FuncRef);
      case SymbolKind.data:
        return func.globalValueSymbol(this.refs[s] as GlobalValue);
      default:
        return libcallSymbols[this.refs[s]];
    }
  }
}

import { libcallSymbols } from "@gantry/clif-ir";
