import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type BlockArg,
  CallConv,
  Function as ClifFunction,
  type FuncRef,
  FunctionBuilder,
  I64,
  IntCC,
  MEM_TRUSTED,
  retArg,
  Settings,
  type Value,
  verify,
  writeFunction,
} from "@gantry/clif-ir";
import { x64 } from "@gantry/isa-x64";
import { describe, expect, test } from "vitest";
import { gantry, hasTool, root, runTool, scratchFolder } from "../gantry.ts";

const native = process.platform === "linux" && process.arch === "x64" && hasTool("cc");
const signature = (params: number, returns: number) => ({
  callConv: CallConv.system_v,
  params: Array.from({ length: params }, () => ({ type: I64 })),
  returns: Array.from({ length: returns }, () => ({ type: I64 })),
});

interface Parts {
  readonly b: FunctionBuilder;
  readonly allocate: FuncRef;
  readonly collect: FuncRef;
}

function start(name: string): Parts {
  const b = new FunctionBuilder(new ClifFunction());
  b.setName(b.testcaseName(name));
  b.setSignature(signature(1, 1));
  const allocate = b.importFunction(b.testcaseName("allocate"), b.importSignature(signature(0, 1)));
  const collect = b.importFunction(b.testcaseName("collect"), b.importSignature(signature(0, 0)));
  return { b, allocate, collect };
}

function finish({ b }: Parts): string {
  b.finalize();
  expect(verify(b.func, new Settings(x64.settings), x64).map((d) => d.message)).toEqual([]);
  return writeFunction(b.func);
}

/** A list of n objects, twenty more objects that live as long, and the sum of all after the list was walked. */
function lists(): string {
  const parts = start("run");
  const { b, allocate, collect } = parts;
  const list = b.declareVar(I64);
  b.declareVarNeedsStackMap(list);
  const [entry, head, body, walk, step, done] = Array.from({ length: 6 }, () => b.createBlock());
  b.appendBlockParamsForFunctionParams(entry!);
  b.switchToBlock(entry!);
  b.sealBlock(entry!);
  const n = b.blockParams(entry!)[0]!;
  const others: Value[] = [];
  for (let k = 0; k < 20; k++) {
    const o = b.instResults(b.ins().call(allocate, []))[0]!;
    b.declareNeedsStackMap(o);
    b.ins().store(MEM_TRUSTED, b.ins().iconst(I64, 1000 * k), o, 8);
    others.push(o);
  }
  const i = b.declareVar(I64);
  b.defVar(i, b.ins().iconst(I64, 0));
  b.defVar(list, b.ins().iconst(I64, 0));
  b.ins().jump(head!);
  b.switchToBlock(head!);
  const more = b.ins().icmp(IntCC.ult, b.useVar(i), n);
  b.ins().brif(more, body!, [], walk!);
  b.switchToBlock(body!);
  b.sealBlock(body!);
  const node = b.instResults(b.ins().call(allocate, []))[0]!;
  b.declareNeedsStackMap(node);
  b.ins().store(MEM_TRUSTED, b.useVar(list), node, 0);
  b.ins().call(collect, []);
  b.ins().store(MEM_TRUSTED, b.useVar(i), node, 8);
  b.defVar(list, node);
  b.defVar(i, b.ins().iadd(b.useVar(i), b.ins().iconst(I64, 1)));
  b.ins().jump(head!);
  b.sealBlock(head!);
  const sum = b.declareVar(I64);
  b.switchToBlock(walk!);
  b.defVar(sum, b.ins().iconst(I64, 0));
  b.sealBlock(walk!);
  const loop = b.createBlock();
  b.ins().jump(loop);
  b.switchToBlock(loop);
  b.ins().brif(b.useVar(list), step!, [], done!);
  b.switchToBlock(step!);
  b.sealBlock(step!);
  b.ins().call(collect, []);
  b.defVar(sum, b.ins().iadd(b.useVar(sum), b.ins().load(I64, MEM_TRUSTED, b.useVar(list), 8)));
  b.defVar(list, b.ins().load(I64, MEM_TRUSTED, b.useVar(list), 0));
  b.ins().jump(loop);
  b.sealBlock(loop);
  b.switchToBlock(done!);
  b.sealBlock(done!);
  let total = b.useVar(sum);
  for (const o of others) total = b.ins().iadd(total, b.ins().load(I64, MEM_TRUSTED, o, 8));
  b.ins().return([total]);
  return finish(parts);
}

/** An object that a try_call passes on to its normal successor, and to a handler. */
function tryCall(): string {
  const parts = start("caught");
  const { b, allocate } = parts;
  const sig = b.importSignature(signature(0, 1));
  const entry = b.createBlock();
  const after = b.createBlock();
  const handler = b.createBlock();
  b.appendBlockParamsForFunctionParams(entry);
  b.switchToBlock(entry);
  b.sealBlock(entry);
  const n = b.blockParams(entry)[0]!;
  const first = b.instResults(b.ins().call(allocate, []))[0]!;
  b.declareNeedsStackMap(first);
  b.ins().store(MEM_TRUSTED, n, first, 8);
  for (const block of [after, handler]) b.declareNeedsStackMap(b.appendBlockParam(block, I64));
  b.appendBlockParam(after, I64);
  const normal = { block: after, args: [first, retArg(0)] as BlockArg[] };
  b.ins().try_call(allocate, [], {
    signature: sig,
    normal,
    items: [{ default: { block: handler, args: [first] } }],
  });
  b.switchToBlock(after);
  b.sealBlock(after);
  const [mine, other] = b.blockParams(after);
  b.declareNeedsStackMap(other!);
  b.ins().store(MEM_TRUSTED, b.ins().iconst(I64, 7), other!, 8);
  b.ins().call(allocate, []);
  const x = b.ins().load(I64, MEM_TRUSTED, mine!, 8);
  b.ins().return([b.ins().iadd(x, b.ins().load(I64, MEM_TRUSTED, other!, 8))]);
  b.switchToBlock(handler);
  b.sealBlock(handler);
  b.ins().return([b.ins().load(I64, MEM_TRUSTED, b.blockParams(handler)[0]!, 8)]);
  return finish(parts);
}

describe.skipIf(!native)("a collector that moves everything finds what generated code holds", () => {
  const folder = scratchFolder();
  const text = join(folder, "lists.clif");
  writeFileSync(text, `${lists()}\n${tryCall()}`);

  test.for(["regalloc_algorithm=linear", "regalloc_algorithm=backtracking", "preserve_frame_pointers"])(
    "%s",
    (setting) => {
      const object = join(folder, "lists.o");
      const flags = ["--set", setting, "--set", "regalloc_checker"];
      expect(gantry(["compile", text, "-o", object, ...flags]).stderr).toBe("");
      const linked = join(folder, "program");
      const collector = join(root, "test/stack-maps/collector.c");
      expect(runTool("cc", ["-O1", collector, object, "-o", linked]).stderr).toBe("");
      expect(runTool(linked, []).stdout).toBe("194950 107 1 1 0\n");
    },
  );
});
