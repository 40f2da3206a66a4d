import { functionName } from "@gantry/clif-ir";
import { Interpreter, KNOWN_DIFFERENCES } from "@gantry/interpreter";
import { TestCode } from "../codes.ts";
import { type Execute, obey, runCommandsOf } from "../obey.ts";
import type { TestContext } from "../test-command.ts";

/** Instructions that one run command may execute. */
const FUEL = 100_000_000;

/** Obeys the run commands through the interpreter. */
export function interpret(c: TestContext): void {
  const orders = runCommandsOf(c.functions, c.file.source);
  const execute = interpreted(c);
  for (const order of orders) {
    const wrong = obey(order, execute, c.print);
    if (wrong === undefined) continue;
    const { text } = order.command.comment;
    const reason = knownReason(c.file.source.name, text);
    if (reason === undefined) throw c.failure(c.functions[order.index]!, TestCode.wrongResult, wrong);
    c.known(text, reason);
  }
}

/** Every call gets a fresh interpreter: nothing is left from one run command to the next. */
function interpreted(c: TestContext): Execute {
  const functions = c.functions.map((f) => f.func);
  for (const func of functions) func.resolveAliases();
  const written = new Map(
    functions.map((func) => [functionName(func).replace(/^%/, ""), functionName(func)]),
  );
  const endian = c.target?.isa.endian ?? (c.file.targets[0]?.triple === "s390x" ? "big" : "little");
  return (name, args) => {
    const interpreter = new Interpreter({ endian, fuel: FUEL });
    interpreter.addFunctions(functions);
    const outcome = interpreter.call(written.get(name) ?? name, args);
    return "trap" in outcome ? outcome.trap.message : outcome.results;
  };
}

/** Lines of Cranelift's own files that write down what its interpreter does and native code does not. */
function knownReason(file: string, comment: string): string | undefined {
  const text = comment.replace(/^[;\s]+/, "");
  return KNOWN_DIFFERENCES.find((row) => file.endsWith(`/${row.file}`) && text.startsWith(row.text))?.reason;
}
