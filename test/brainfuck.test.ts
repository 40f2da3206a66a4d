import { I64, readFunctions, verify, writeFunction } from "@gantry/clif-ir";
import { Interpreter } from "@gantry/interpreter";
import { describe, expect, it } from "vitest";
import { compile } from "../examples/brainfuck.ts";

const HELLO =
  "++++++++[>++++[>++>+++>+++>+<<<<-]>+>+>->>+[<]<-]>>.>---.+++++++..+++.>>.<-.<.+++.------.--------.>>+.>++.";

/** What the program prints for `input`, or the message of its trap. */
function run(program: string, input = ""): string {
  const func = compile(program);
  expect(verify(func, undefined, { pointerBytes: 8 })).toEqual([]);
  const interpreter = new Interpreter({ fuel: 5_000_000 });
  interpreter.addFunctions(
    readFunctions({ name: "bf", bytes: new TextEncoder().encode(writeFunction(func)) }),
  );
  const output = new Uint8Array(1000);
  const addresses = [new TextEncoder().encode(`${input}\0`), output].map((bytes) => ({
    type: I64,
    bits: interpreter.mapMemory(bytes),
  }));
  const outcome = interpreter.call("%run", addresses);
  if ("trap" in outcome) return outcome.trap.message;
  if (!("results" in outcome)) return "an exception";
  const length = Number(outcome.results[0].bits);
  return new TextDecoder().decode(interpreter.memory.view(addresses[1].bits, length));
}

describe("the Brainfuck compiler of examples/", () => {
  it("greets", () => {
    expect(run(HELLO)).toBe("Hello World!\n");
  });

  it("reads its input", () => {
    expect(run(",[.,]", "echo")).toBe("echo");
    expect(run(">,[>,]<[.<]", "backwards")).toBe("sdrawkcab");
  });

  it("multiplies in nested loops", () => {
    expect(run("+++++++[>+++++++++<-]>++.")).toBe("A");
  });

  it("traps off the tape", () => {
    expect(run("<")).toContain("user1");
  });

  it("refuses brackets that do not match", () => {
    expect(() => compile("[[]")).toThrow("'[' without ']'");
    expect(() => compile("+]")).toThrow("']' without '[' at 1");
  });
});
