import {
  type ClifFile,
  type DataValue,
  dataResultsText,
  functionName,
  isFloat,
  parseDataValue,
  readFile,
  type Type,
  typeBits,
  typeName,
} from "@gantry/clif-ir";
import { errorOf } from "@gantry/diag";
import { type Execute, obey, runCommandsOf, shapeOf } from "@gantry/filetest";
import { CliCode } from "./codes.ts";
import type { Invocation } from "./command.ts";
import { readInput } from "./files.ts";

/** What `run` and `interpret` share: they differ in how a function is executed. */
export interface Engine {
  /** Takes the functions over; they may be rewritten. */
  prepare(clif: ClifFile): Execute | Promise<Execute>;
}

/** Calls the function that the command line names, or obeys the run commands of the file. */
export async function callOrObey(invocation: Invocation, engine: Engine): Promise<number> {
  const [path, function_, ...words] = invocation.args;
  const input = readInput(path!);
  const clif = readFile(input);
  const print = (text: string) => process.stdout.write(`${text}\n`);
  if (function_ === undefined) {
    const commented = clif.functions.map((func, k) => ({ func, comments: clif.functionComments[k]! }));
    const orders = runCommandsOf(commented, clif.source);
    if (orders.length === 0) {
      throw errorOf(CliCode.nothingToDo, `${input.name} has no '; run:' line; name a function to call`);
    }
    const execute = await engine.prepare(clif);
    let failed = 0;
    for (const order of orders) {
      const wrong = obey(order, execute, print);
      if (wrong === undefined) continue;
      failed++;
      const { start, end } = order.command.comment;
      const span = { file: clif.source, start, end };
      invocation.report.diagnostic({ code: CliCode.wrongResult, severity: "error", message: wrong, span });
    }
    print(`${orders.length - failed} passed, ${failed} failed, 0 skipped`);
    return failed === 0 ? 0 : 1;
  }
  const name = function_.replace(/^%/, "");
  const func = clif.functions.find((candidate) => functionName(candidate).replace(/^%/, "") === name);
  if (func === undefined) {
    const names = clif.functions.map((candidate) => functionName(candidate));
    const known = names.length > 10 ? `${names.length} others` : names.join(", ");
    throw errorOf(CliCode.noFunction, `${input.name} has no function %${name}; it has ${known}`);
  }
  const { params } = shapeOf(func);
  if (words.length !== params.length) {
    const wanted = params.map(typeName).join(", ");
    throw errorOf(
      CliCode.badArgument,
      `%${name} takes (${wanted}): ${params.length} arguments, not ${words.length}`,
    );
  }
  const args = params.map((type, k) => argument(words[k]!, type, k));
  const execute = await engine.prepare(clif);
  const results = execute(name, args);
  if (typeof results === "string") throw errorOf(CliCode.trapped, results);
  if (results.length > 0) print(dataResultsText(results));
  return 0;
}

/** An argument as CLIF writes it; for floats also as people do, `1.5`. */
function argument(word: string, type: Type, k: number): DataValue {
  if (
    isFloat(type) &&
    typeBits(type) >= 32 &&
    typeBits(type) <= 64 &&
    /^[+-]?\d+(\.\d*)?(e[+-]?\d+)?$/i.test(word)
  ) {
    const view = new DataView(new ArrayBuffer(8));
    if (typeBits(type) === 32) view.setFloat32(0, Number(word));
    else view.setFloat64(0, Number(word));
    return { type, bits: typeBits(type) === 32 ? BigInt(view.getUint32(0)) : view.getBigUint64(0) };
  }
  const value = parseDataValue(word, type);
  if (typeof value === "string") throw errorOf(CliCode.badArgument, `argument ${k + 1}: ${value}`);
  return value;
}
