/** Table instructions written at once, with physical registers: for expanders, prologues and the allocator's moves. */
import { type CodeBuffer, Mem } from "@gantry/codegen-core";
import { encode } from "./generated/encode.ts";
import { VEX_FORM } from "./generated/operands.ts";

/** A record that is made and encoded at once; big enough for every row that is used here. */
export const scratch = new Int32Array(16);

/** {@link CodeBuffer.mode} of a function whose vector instructions all have VEX encodings. */
export const MODE_VEX = 1;

/** Emits the row `op`, or the VEX row of the same operation, whose record has these words. */
export function put(buf: CodeBuffer, op: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0): void {
  scratch[0] = buf.mode === MODE_VEX ? VEX_FORM[op] : op;
  scratch[1] = a;
  scratch[2] = b;
  scratch[3] = c;
  scratch[4] = d;
  scratch[5] = e;
  scratch[6] = f;
  scratch[7] = g;
  encode(scratch, 0, buf);
}

/** Emits a row with one register and a register as register-or-memory operand. */
export function putRegRm(buf: CodeBuffer, op: number, reg: number, rm: number): void {
  put(buf, op, reg, rm, -1, 0, Mem.register);
}
/** The same for a register that is read and written, whose record has two words. */
export function putModRm(buf: CodeBuffer, op: number, reg: number, rm: number): void {
  put(buf, op, reg, reg, rm, -1, 0, Mem.register);
}
/** A register that is read and written, and an immediate. */
export function putModImm(buf: CodeBuffer, op: number, reg: number, imm: number): void {
  put(buf, op, reg, reg, imm);
}
