import { type Function, trapCodeName, writeFunction } from "@gantry/clif-ir";
import {
  type CompileContext,
  type CompiledCode,
  disassemble,
  RELOCATION_WORDS,
  symbolOf,
  TRAP_WORDS,
} from "@gantry/codegen-core";
import { ByteSink } from "@gantry/entity";
import { ModuleObject } from "../module-object.ts";
import { objectFormat } from "../target.ts";
import type { AnswerSink } from "./answer.ts";
import type { CompileRequest, OutputKind } from "./protocol.ts";

/** Makes what a compile request returns: an entry in the answer for each function, and the payload. */
export interface Output {
  /** Starts an answer. */
  begin(context: CompileContext, request: CompileRequest): void;
  /** The function that was compiled last; what it adds to its entry follows the name. */
  code?(answer: AnswerSink, context: CompileContext, func: Function, code: CompiledCode): void;
  /** A function that was read and is not to be compiled. */
  clif?(context: CompileContext, func: Function): void;
  /** The payload; the output's until the next answer begins. */
  finish(): Uint8Array;
}

/** One output of each kind, reused from request to request. */
export const makeOutputs = (): Record<OutputKind, Output> => ({
  object: new ObjectOutput(),
  code: new CodeOutput(),
  asm: new TextOutput(),
  clif: new ClifOutput(),
});

class ObjectOutput implements Output {
  #object!: ModuleObject;

  begin(context: CompileContext, request: CompileRequest): void {
    const format = objectFormat(request.target);
    this.#object = new ModuleObject(context, { fileName: request.name, format });
  }

  code(_answer: AnswerSink, context: CompileContext, func: Function, code: CompiledCode): void {
    this.#object.add(context, func, code);
  }

  finish(): Uint8Array {
    return this.#object.finish();
  }
}

/** Greatest capacity that is kept from request to request, in bytes. */
const MAX_SPARE = 1 << 24;

/** Machine code, one function behind the other, and what refers to it in the header. */
class CodeOutput implements Output {
  #bytes = new ByteSink("little", 4096);

  begin(): void {
    if (this.#bytes.bytes.length > MAX_SPARE) this.#bytes = new ByteSink("little", 4096);
    this.#bytes.clear();
  }

  code(answer: AnswerSink, context: CompileContext, func: Function, code: CompiledCode): void {
    const bytes = this.#bytes;
    bytes.align(code.alignment);
    answer.text(',"offset":');
    answer.number(bytes.length);
    answer.text(',"length":');
    answer.number(code.length);
    answer.text(',"align":');
    answer.number(code.alignment);
    answer.text(',"relocations":[');
    const { relocations } = context.isa.objects;
    const { symbols } = context.host;
    const r = code.relocations;
    for (let k = 0; k < r.length; k += RELOCATION_WORDS) {
      answer.text(k === 0 ? '{"offset":' : ',{"offset":');
      answer.number(r.at(k));
      answer.text(',"kind":');
      answer.string(relocations[r.at(k + 1)].name);
      answer.text(',"symbol":');
      answer.string(symbols.name(func, r.at(k + 2)));
      answer.text(',"addend":');
      answer.number(r.at(k + 3));
      answer.text("}");
    }
    answer.text('],"traps":[');
    const t = code.traps;
    for (let k = 0; k < t.length; k += TRAP_WORDS) {
      answer.text(k === 0 ? '{"offset":' : ',{"offset":');
      answer.number(t.at(k));
      answer.text(',"code":"');
      answer.text(trapCodeName(t.at(k + 1)));
      answer.text('"}');
    }
    answer.text("]");
    bytes.append(code.bytes.subarray(0, code.length));
  }

  finish(): Uint8Array {
    return this.#bytes.bytes.subarray(0, this.#bytes.length);
  }
}

class TextOutput implements Output {
  readonly #text: string[] = [];

  begin(): void {
    this.#text.length = 0;
  }

  code(_answer: AnswerSink, context: CompileContext, func: Function, code: CompiledCode): void {
    this.#text.push(`${symbolOf(func, func.name)}:\n${disassemble(context.isa, code)}\n`);
  }

  finish(): Uint8Array {
    return new TextEncoder().encode(this.#text.join("\n"));
  }
}

class ClifOutput implements Output {
  readonly #text: string[] = [];

  begin(): void {
    this.#text.length = 0;
  }

  clif(context: CompileContext, func: Function): void {
    context.compile(func, { after: (pass) => pass.name === "flow" });
    this.#text.push(writeFunction(func));
  }

  finish(): Uint8Array {
    return new TextEncoder().encode(this.#text.join("\n"));
  }
}
