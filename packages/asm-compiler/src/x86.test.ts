import { expect, test } from "vitest";
import { def, imm32, mod, r32, r64, rm64, use, x86 } from "./x86.ts";

test("a row that lacks an operand of its opcode column does not type-check", () => {
  const good = x86({ code: "REX.W 03 /r", ops: { reg: mod(r64), rm: use(rm64) }, asm: "addq", flags: "w" });
  expect(good.row).toBe("x86");
  // @ts-expect-error `rm` is missing
  x86({ code: "REX.W 03 /r", ops: { reg: mod(r64) }, asm: "addq" });
  // @ts-expect-error `imm` is missing
  x86({ code: "B8 +r id", ops: { reg: def(r32) }, asm: "movl" });
  x86({ code: "B8 +r id", ops: { reg: def(r32), imm: use(imm32) }, asm: "movl" });
});
