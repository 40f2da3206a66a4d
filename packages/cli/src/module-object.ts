import type { Function } from "@gantry/clif-ir";
import { type CompileContext, type CompiledCode, symbolOf } from "@gantry/codegen-core";
import { type FormatName, ObjectBuilder } from "@gantry/object";

export interface ModuleObjectOptions {
  /** Name of the CLIF text, for the symbol table. */
  readonly fileName: string;
  readonly format: FormatName;
  /**
   * The file whose lines the source locations (`@0001`) are, as a debugger is to find it; the name of the CLIF text without
   * `.clif` unless told otherwise. Its folder is the current one.
   */
  readonly sourceName?: string | undefined;
}

/** The object of one CLIF text: every function is exported, everything else that code refers to is imported. */
export class ModuleObject {
  readonly #object: ObjectBuilder;

  constructor(context: CompileContext, { fileName, format, sourceName }: ModuleObjectOptions) {
    this.#object = new ObjectBuilder(context.isa.objects, {
      format,
      fileName,
      unwind: context.settings.bool("unwind_info"),
      lines: {
        fileName: sourceName ?? fileName.replace(/\.clif$/, ""),
        directory: process.cwd(),
        lineOf: (_function, location) => location,
      },
    });
  }

  /** Adds the function that `context` compiled last. */
  add(context: CompileContext, func: Function, code: CompiledCode): void {
    const object = this.#object;
    const own = object.declareFunction(symbolOf(func, func.name), "export");
    const { symbols } = context.host;
    const ids: number[] = [];
    for (let s = 0; s < symbols.count; s++) {
      const external = symbols.name(func, s);
      ids.push(object.find(external) ?? object.importSymbol(external));
    }
    object.defineFunction(own, code, ids, func.locationBase);
  }

  /** The object file. */
  finish(): Uint8Array {
    return this.#object.write();
  }
}
