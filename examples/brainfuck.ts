/**
 * A compiler for Brainfuck in a hundred lines: source text to a CLIF function `%run(input, output) -> i64`.
 *
 *     node examples/brainfuck.ts PROGRAM.bf > program.clif      # then: gantry compile program.clif -o program.o
 *
 * `input` is the address of bytes that end with a zero, `output` that of room for what the program prints; the result is
 * the number of bytes printed. The tape is 30,000 bytes on the stack; leaving it traps with user1.
 */
import { readFileSync } from "node:fs";
import {
  type Block,
  CallConv,
  Function,
  FunctionBuilder,
  I8,
  I64,
  IntCC,
  MEM_TRUSTED,
  type Value,
  type Variable,
  writeFunction,
} from "@gantry/clif-ir";

const TAPE_BYTES = 30_000;
const OFF_THE_TAPE = 1;

/** Compiles a program; brackets that do not match are an error. */
export function compile(source: string): Function {
  const func = new Function();
  const b = new FunctionBuilder(func);
  b.setName(b.testcaseName("run"));
  b.setSignature({ params: [I64, I64], returns: [I64], callConv: CallConv.system_v });
  const entry = b.createBlock();
  b.appendBlockParamsForFunctionParams(entry);
  b.switchToBlock(entry);
  b.sealBlock(entry);
  const [input, output] = b.blockParams(entry);
  const tape = b.ins().stack_addr(I64, b.createStackSlot(TAPE_BYTES, 16), 0);
  const vars: Vars = { cell: b.declareVar(I64), input: b.declareVar(I64), output: b.declareVar(I64) };
  b.defVar(vars.input, input);
  b.defVar(vars.output, output);
  clear(b, tape);
  b.defVar(vars.cell, b.ins().iconst(I64, 0));
  commands(b, source, tape, vars);
  b.ins().return([b.ins().isub(b.useVar(vars.output), output)]);
  b.finalize();
  return func;
}

/** Cell index, next byte of the input, next byte of the output. */
interface Vars {
  readonly cell: Variable;
  readonly input: Variable;
  readonly output: Variable;
}

/** Makes `block` current; all branches to it exist. */
function enter(b: FunctionBuilder, block: Block): void {
  b.switchToBlock(block);
  b.sealBlock(block);
}

/** Fills the tape with zeros, eight bytes at a time. */
function clear(b: FunctionBuilder, tape: Value): void {
  const at = b.declareVar(I64);
  const [loop, done] = [b.createBlock(), b.createBlock()];
  b.defVar(at, b.ins().iconst(I64, 0));
  b.ins().jump(loop);
  b.switchToBlock(loop);
  b.ins().store(MEM_TRUSTED, b.ins().iconst(I64, 0), b.ins().iadd(tape, b.useVar(at)), 0);
  b.defVar(at, b.ins().iadd_imm_s(b.useVar(at), 8));
  b.ins().brif(b.ins().icmp_imm_u(IntCC.ult, b.useVar(at), TAPE_BYTES), loop, [], done);
  b.sealBlock(loop);
  enter(b, done);
}

function commands(b: FunctionBuilder, source: string, tape: Value, vars: Vars): void {
  const open: { readonly head: Block; readonly exit: Block }[] = [];
  const address = () => b.ins().iadd(tape, b.useVar(vars.cell));
  const load = () => b.ins().load(I8, MEM_TRUSTED, address(), 0);
  for (let k = 0; k < source.length; k++) {
    const c = source[k];
    if (c === "[") {
      const [head, body, exit] = [b.createBlock(), b.createBlock(), b.createBlock()];
      b.ins().jump(head);
      b.switchToBlock(head);
      b.ins().brif(load(), body, [], exit);
      enter(b, body);
      open.push({ head, exit });
    } else if (c === "]") {
      const loop = open.pop();
      if (loop === undefined) throw new Error(`']' without '[' at ${k}`);
      b.ins().jump(loop.head);
      b.sealBlock(loop.head);
      enter(b, loop.exit);
    } else if (c === ".") {
      b.ins().store(MEM_TRUSTED, load(), b.useVar(vars.output), 0);
      b.defVar(vars.output, b.ins().iadd_imm_s(b.useVar(vars.output), 1));
    } else if (c === ",") {
      const byte = b.ins().load(I8, MEM_TRUSTED, b.useVar(vars.input), 0);
      b.ins().store(MEM_TRUSTED, byte, address(), 0);
      // At the end of the input its last byte, zero, is read again and again.
      const more = b.ins().uextend(I64, b.ins().icmp_imm_s(IntCC.ne, byte, 0));
      b.defVar(vars.input, b.ins().iadd(b.useVar(vars.input), more));
    } else if ("+-<>".includes(c)) {
      // A run of the same command is one addition.
      let n = 1;
      while (source[k + 1] === c) {
        n++;
        k++;
      }
      if (c === "+" || c === "-") {
        b.ins().store(MEM_TRUSTED, b.ins().iadd_imm_s(load(), c === "+" ? n : -n), address(), 0);
        continue;
      }
      const cell = b.ins().iadd_imm_s(b.useVar(vars.cell), c === ">" ? n : -n);
      b.ins().trapnz(b.ins().icmp_imm_u(IntCC.uge, cell, TAPE_BYTES), OFF_THE_TAPE);
      b.defVar(vars.cell, cell);
    }
  }
  if (open.length > 0) throw new Error("'[' without ']'");
}

if (import.meta.main) process.stdout.write(writeFunction(compile(readFileSync(process.argv[2], "utf8"))));
