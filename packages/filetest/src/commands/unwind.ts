import { CompileContext, UNWIND_WORDS, UnwindOp } from "@gantry/codegen-core";
import { fileCheck } from "../checks.ts";
import { locating } from "../locate.ts";
import type { TestContext } from "../test-command.ts";

const names = Object.keys(UnwindOp);

/** Filecheck over the unwind operations of every function, one a line: offset, operation, operands. */
export function unwind(c: TestContext): void {
  const { isa } = c.target!;
  c.settings.set("unwind_info=true");
  const context = new CompileContext(isa, c.settings);
  for (const f of c.functions) {
    const code = locating(f.func, c.file.source, f.span.start, () => context.compile(f.func));
    const lines: string[] = [];
    for (let at = 0; at < code.unwind.length; at += UNWIND_WORDS) {
      const [offset, op, a, b] = [0, 1, 2, 3].map((k) => code.unwind.at(at + k)) as [
        number,
        number,
        number,
        number,
      ];
      lines.push(
        `${offset.toString(16)}: ${names[op]} ${operands(op, a, b, (r) => isa.registerName(r))}`.trimEnd(),
      );
    }
    fileCheck(c, f, `${lines.join("\n")}\n`);
  }
}

function operands(op: number, a: number, b: number, register: (r: number) => string): string {
  switch (op) {
    case UnwindOp.cfaFromSp:
    case UnwindOp.stackPointerAt:
      return `${b}`;
    case UnwindOp.cfaFromRegister:
    case UnwindOp.save:
      return `${register(a)} ${b}`;
    case UnwindOp.restore:
      return register(a);
    default:
      return "";
  }
}
