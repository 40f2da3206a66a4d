import { Function as ClifFunction, FunctionReader, functionName, writeFunction } from "@gantry/clif-ir";
import { CompileContext, type CompiledCode, disassemble, type Pass, symbolOf } from "@gantry/codegen-core";
import { type Diagnostic, GantryError } from "@gantry/diag";
import { locate } from "@gantry/filetest/locate";
import { problemToText } from "@gantry/regalloc";
import { CliCode } from "../codes.ts";
import { type Invocation, textOption } from "../command.ts";
import { readInput, writeOutput } from "../files.ts";
import { ModuleObject, type ModuleObjectOptions } from "../module-object.ts";
import { PassWatch } from "../observe.ts";
import { RuleWatch } from "../rule-watch.ts";
import { chosenSettings, chosenTarget, objectFormat } from "../target.ts";
import { UsageError } from "../usage-error.ts";

/** After so many diagnostics the rest is only counted. */
const DIAGNOSTIC_LIMIT = 100;

/** What is written, function by function and at the end. */
interface Writer {
  /** Called after `pass`, for kinds that show a stage on the way. */
  stage?(pass: Pass, context: CompileContext): void;
  /** Called with the finished code. */
  code?(func: ClifFunction, code: CompiledCode, context: CompileContext): void;
  finish(): string | Uint8Array;
}

/** `gantry compile`: CLIF to an object, or to one of the stages on the way there. */
export async function run(invocation: Invocation): Promise<number> {
  const { report } = invocation;
  const path = invocation.args[0]!;
  const rules = await RuleWatch.of(invocation);
  const isa = rules?.isa ?? (await chosenTarget(invocation));
  const settings = chosenSettings(invocation, isa);
  const watch = new PassWatch(invocation);
  const kind = textOption(invocation, "emit") ?? "obj";
  const output = textOption(invocation, "output") ?? defaultOutput(path, kind);

  const reader = new FunctionReader(readInput(path));
  reader.header(() => {});
  const context = new CompileContext(isa, settings);
  const format = objectFormat(textOption(invocation, "target") ?? "");
  const writer = writers[kind]!(context, {
    fileName: reader.name,
    sourceName: textOption(invocation, "source"),
    format,
  });
  const observer = {
    before: () => watch.before(),
    after(pass: Pass, c: CompileContext): boolean {
      const stop = watch.after(pass, c);
      writer.stage?.(pass, c);
      return stop;
    },
  };
  const watched = watch.isNeeded || writer.stage !== undefined;
  const found: Diagnostic[] = [];
  const func = new ClifFunction();
  let count = 0;
  let next = Date.now() + 1000;
  for (;;) {
    reader.ws();
    const start = reader.pos;
    try {
      if (!reader.next(func)) break;
      count++;
    } catch (error) {
      // The reader cannot go on behind what it does not understand.
      if (!(error instanceof GantryError)) throw error;
      found.push(...error.diagnostics);
      break;
    }
    try {
      const code = watched ? context.compile(func, observer) : context.compile(func);
      if (!watch.stopsEarly) writer.code?.(func, code, context);
    } catch (error) {
      if (!(error instanceof GantryError)) throw error;
      const offset = reader.textOffset(start);
      found.push(...error.diagnostics.map((d) => locate(d, func, reader.file, offset)));
    }
    if (Date.now() > next) {
      report.progress(
        `${count} functions, ${Math.floor((100 * reader.pos) / reader.end)} % of ${reader.name}`,
      );
      next = Date.now() + 100;
    }
  }
  if (count === 0 && found.length === 0) {
    const span = { file: reader.file, start: 0, end: 1 };
    found.push({
      code: CliCode.nothingToDo,
      severity: "error",
      message: "there is no function to compile",
      span,
    });
  }
  report.clearProgress();
  watch.report();
  rules?.finish();
  if (found.length > 0) {
    for (const d of found.slice(0, DIAGNOSTIC_LIMIT)) report.diagnostic(d);
    const rest = found.length - DIAGNOSTIC_LIMIT;
    if (rest > 0)
      report.diagnostic({ code: CliCode.more, severity: "error", message: `... and ${rest} errors more` });
    return 1;
  }
  if (!watch.stopsEarly || writer.stage !== undefined) writeOutput(output, writer.finish());
  return 0;
}

const suffixes: Readonly<Record<string, string>> = { obj: "o", bytes: "bin" };

/** The object symbol of a function. */
const symbolName = (func: ClifFunction): string => symbolOf(func, func.name);

/** Objects and bytes go beside the input, text to the terminal. */
function defaultOutput(path: string, kind: string): string {
  const suffix = suffixes[kind];
  if (suffix === undefined) return "-";
  if (path === "-") throw new UsageError("with standard input say where to write: -o FILE");
  return `${path.replace(/\.clif$/, "")}.${suffix}`;
}

type MakeWriter = (context: CompileContext, options: ModuleObjectOptions) => Writer;

const writers: Readonly<Record<string, MakeWriter>> = {
  obj(context, options) {
    const object = new ModuleObject(context, options);
    return {
      code: (func, code) => object.add(context, func, code),
      finish: () => object.finish(),
    };
  },
  bytes() {
    const parts: Uint8Array[] = [];
    return {
      code: (_func, code) => parts.push(code.toBytes()),
      finish() {
        const all = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
        let at = 0;
        for (const part of parts) {
          all.set(part, at);
          at += part.length;
        }
        return all;
      },
    };
  },
  asm(context) {
    const parts: string[] = [];
    return {
      code: (func, code) => parts.push(`${symbolName(func)}:\n${disassemble(context.isa, code)}\n`),
      finish: () => parts.join("\n"),
    };
  },
  clif: stageWriter("order", (context) => writeFunction(context.func)),
  vcode: stageWriter("lower"),
  regalloc: stageWriter("operands", (context) =>
    problemToText(context.problem, context.environment!, functionName(context.func)),
  ),
};

/** A writer of the state after `stage`, as the pass prints it. */
function stageWriter(stage: string, text?: (context: CompileContext) => string): MakeWriter {
  return () => {
    const parts: string[] = [];
    return {
      stage(pass, context) {
        if (pass.name !== stage) return;
        const body =
          text === undefined ? `${functionName(context.func)}:\n${pass.dump(context)}\n` : text(context);
        parts.push(body);
      },
      finish: () => parts.join("\n"),
    };
  };
}
