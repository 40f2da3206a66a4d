import { CompileContext, disassemble, listMachineCode, type PassObserver } from "@gantry/codegen-core";
import { GantryError } from "@gantry/diag";
import { checkPrecisely, fileCheck } from "../checks.ts";
import { TestCode } from "../codes.ts";
import { locating } from "../locate.ts";
import type { TestContext } from "../test-command.ts";

/**
 * Compiles every function. Filecheck is over the machine code after allocation; `precise-output` compares that and the
 * disassembly word for word; `expect-fail` passes when compiling is refused.
 */
export function compile(c: TestContext): void {
  const { isa } = c.target!;
  const context = new CompileContext(isa, c.settings);
  for (const f of c.functions) {
    if (c.options.includes("expect-fail")) {
      if (compiles(() => context.compile(f.func))) {
        throw c.failure(f, TestCode.compiled, "compiling was expected to fail, and did not");
      }
      continue;
    }
    let listing = "";
    const observer: PassObserver = {
      after(pass, state) {
        if (pass.name === "frame") listing = listMachineCode(state);
        return false;
      },
    };
    const code = locating(f.func, c.file.source, f.span.start, () => context.compile(f.func, observer));
    if (c.options.includes("precise-output")) {
      checkPrecisely(c, f, `VCode:\n${listing}\n\nDisassembled:\n${disassemble(isa, code)}`);
    } else fileCheck(c, f, listing);
  }
}

function compiles(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof GantryError) return false;
    throw error;
  }
}
