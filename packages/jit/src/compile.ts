import { type Function, readFunctions, type Settings } from "@gantry/clif-ir";
import { CompileContext, type CompiledCode, symbolOf, type TargetIsa } from "@gantry/codegen-core";
import { SourceFile } from "@gantry/diag";
import type { ObjectBuilder, SymbolId } from "@gantry/object";

/** A compiled function with the names it refers to. */
export interface CompiledFunction {
  readonly name: string;
  readonly code: CompiledCode;
  /** What the code's source locations are relative to. */
  readonly locationBase: number;
  /** External names by the index that relocations use. */
  readonly externals: readonly string[];
}

/** Compiles functions for one target and settings, and keeps what it compiles. */
export class ThunkCompiler {
  readonly isa: TargetIsa;
  readonly #context: CompileContext;

  constructor(isa: TargetIsa, settings: Settings) {
    this.isa = isa;
    this.#context = new CompileContext(isa, settings);
  }

  /** Whether the code comes with unwind operations. */
  get hasUnwind(): boolean {
    return this.#context.settings.bool("unwind_info");
  }

  /** Compiles `func`, which is rewritten on the way. */
  compile(func: Function): CompiledFunction {
    const name = symbolOf(func, func.name);
    const { locationBase } = func;
    const context = this.#context;
    const code = context.compile(func).clone();
    const externals: string[] = [];
    for (let s = 0; s < context.host.symbols.count; s++) externals.push(context.symbolName(s));
    return { name, code, locationBase, externals };
  }

  /** Compiles every function of a text. */
  compileText(text: string, fileName: string): CompiledFunction[] {
    return readFunctions(new SourceFile(fileName, text)).map((func) => this.compile(func));
  }

  /** Compiles every function of a text and defines it in `object`. */
  compileInto(object: ObjectBuilder, text: string, fileName: string): void {
    defineAll(object, this.compileText(text, fileName));
  }
}

/** Defines functions in `object`; names that nobody declared become imports. */
export function defineAll(object: ObjectBuilder, functions: readonly CompiledFunction[]): void {
  for (const f of functions)
    object.declareFunction(f.name, f.name === "napi_register_module_v1" ? "export" : "hidden");
  for (const f of functions) {
    const names: SymbolId[] = f.externals.map((name) => object.find(name) ?? object.importSymbol(name));
    object.defineFunction(object.find(f.name)!, f.code, names, f.locationBase);
  }
}
