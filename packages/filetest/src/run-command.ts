import {
  type Comment,
  type DataValue,
  dataResultsText,
  dataValueText,
  I8,
  isInt,
  parseDataValue,
  type Type,
} from "@gantry/clif-ir";
import { GantryError, type SourceFile } from "@gantry/diag";
import { TestCode } from "./codes.ts";

/** What a function takes and gives, parameters that its callers do not see included. */
export interface Shape {
  readonly params: readonly Type[];
  readonly returns: readonly Type[];
}

/** `run: %f(1) == 2`, `run: %f(1) != 2`, `print: %f(1)`, or a bare `run` or `print`. */
export interface RunCommand {
  readonly kind: "run" | "print";
  /** The written name without `%`; a bare command has none. */
  readonly name: string | undefined;
  readonly args: readonly DataValue[];
  readonly comparison: "==" | "!=" | undefined;
  readonly expected: readonly DataValue[];
  readonly comment: Comment;
}

/** Takes the run command out of a comment; undefined if there is none. */
export function parseRunCommand(comment: Comment, shape: Shape, file: SourceFile): RunCommand | undefined {
  const head = /^[\s;]*(run|print)(?!\w)\s*(:?)/.exec(comment.text);
  if (head === null) return undefined;
  const parser = new RunParser(comment, head[0].length, file);
  return parser.parse(head[1] as "run" | "print", head[2] === ":", shape);
}

class RunParser {
  readonly #text: string;
  readonly #comment: Comment;
  readonly #file: SourceFile;
  #at: number;

  constructor(comment: Comment, at: number, file: SourceFile) {
    this.#text = comment.text;
    this.#comment = comment;
    this.#file = file;
    this.#at = at;
  }

  parse(kind: "run" | "print", colon: boolean, shape: Shape): RunCommand {
    const base = { kind, comment: this.#comment };
    if (!colon) return { ...base, ...this.#bare(kind, shape) };
    const name = this.#match(/%(\w+)/y)?.[1];
    if (name === undefined) throw this.#bad("a function's name, %name, is expected");
    if (this.#match(/\(/y) === undefined) throw this.#bad("'(' is expected");
    const args = this.#values(shape.params);
    if (this.#match(/\)/y) === undefined) throw this.#bad("')' is expected");
    if (kind === "print") return { ...base, name, args, comparison: undefined, expected: [] };
    const comparison = this.#match(/[=!]=/y)?.[0] as "==" | "!=" | undefined;
    if (comparison === undefined) throw this.#bad("'==' or '!=' is expected");
    return { ...base, name, args, comparison, expected: this.#results(shape.returns) };
  }

  #bare(kind: "run" | "print", shape: Shape): Pick<RunCommand, "name" | "args" | "comparison" | "expected"> {
    if (shape.params.length > 0) throw this.#bad(`a bare '${kind}' needs a function without parameters`);
    if (kind === "print") return { name: undefined, args: [], comparison: undefined, expected: [] };
    if (shape.returns.length !== 1 || !isInt(shape.returns[0]!)) {
      throw this.#bad("a bare 'run' needs a function that returns one integer");
    }
    return { name: undefined, args: [], comparison: "!=", expected: [{ type: I8, bits: 0n }] };
  }

  #results(returns: readonly Type[]): DataValue[] {
    if (returns.length === 1) return [this.#value(returns[0]!)];
    if (this.#match(/\[/y) === undefined) throw this.#bad("'[' is expected");
    const values = this.#values(returns);
    if (this.#match(/\]/y) === undefined) throw this.#bad("']' is expected");
    return values;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    while (this.#text[this.#at] === " " || this.#text[this.#at] === "\t") this.#at++;
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found;
  }

  #values(types: readonly Type[]): DataValue[] {
    return types.map((type, k) => {
      if (k > 0 && this.#match(/,/y) === undefined) throw this.#bad("',' is expected");
      return this.#value(type);
    });
  }

  #value(type: Type): DataValue {
    const word = this.#match(/\[[^\]]*\]|[^\s,()[\]]+/y)?.[0];
    if (word === undefined) throw this.#bad("a value is expected");
    const value = parseDataValue(word, type);
    if (typeof value === "string") throw this.#bad(value);
    return value;
  }

  #bad(message: string): GantryError {
    const start = this.#comment.start + this.#at;
    const span = { file: this.#file, start, end: start + 1 };
    return new GantryError([{ code: TestCode.runCommand, severity: "error", message, span }]);
  }
}

/** Compares what came with what is expected; the failure as a sentence, or undefined. */
export function judge(command: RunCommand, actual: readonly DataValue[]): string | undefined {
  if (command.comparison === undefined) return undefined;
  const { expected } = command;
  const same =
    actual.length === expected.length &&
    actual.every((value, k) => value.type === expected[k]!.type && value.bits === expected[k]!.bits);
  if (same === (command.comparison === "==")) return undefined;
  return `Failed test: ${commandText(command)}, actual: ${dataResultsText(actual)}`;
}

/** The command as it stands in the file. */
export function commandText(command: RunCommand): string {
  if (command.name === undefined) return command.kind;
  const call = `%${command.name}(${command.args.map(dataValueText).join(", ")})`;
  if (command.comparison === undefined) return `${command.kind}: ${call}`;
  return `${command.kind}: ${call} ${command.comparison} ${dataResultsText(command.expected)}`;
}
