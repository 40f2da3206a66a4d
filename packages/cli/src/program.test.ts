import { errorOf, GantryError, SourceFile } from "@gantry/diag";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { CommandRow, Invocation } from "./command.ts";
import { runProgram } from "./program.ts";

let seen: Invocation | undefined;
let errors = "";
let output = "";
let failure: unknown;

const rows: CommandRow[] = [
  {
    name: "compile",
    args: "<input> [function] [args...]",
    help: "compiles",
    options: [
      { flags: "-o, --output <file>", help: "where" },
      { flags: "--target <triple>", help: "for what" },
      { flags: "-O, --opt-level <level>", help: "how", choices: ["none", "speed"] },
      { flags: "--set <name[=value]>", help: "settings", many: true },
    ],
    load: async () => ({
      run(invocation) {
        seen = invocation;
        if (failure !== undefined) throw failure;
        return 0;
      },
    }),
  },
];

const run = (...argv: string[]) => runProgram(argv, rows);

beforeEach(() => {
  seen = undefined;
  failure = undefined;
  errors = "";
  output = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    errors += String(text);
    return true;
  });
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    output += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("command line", () => {
  test("gives operands and options to the command", async () => {
    expect(await run("compile", "a.clif", "-O", "speed", "--set", "a=1", "--set", "b", "-o", "-")).toBe(0);
    expect(seen?.args).toEqual(["a.clif"]);
    expect(seen?.options).toEqual({ optLevel: "speed", set: ["a=1", "b"], output: "-" });
  });

  test("takes '-' and negative numbers as operands", async () => {
    expect(await run("compile", "-", "fib", "-5", "-0x10")).toBe(0);
    expect(seen?.args).toEqual(["-", "fib", "-5", "-0x10"]);
  });

  test("names the nearest flag and the nearest command", async () => {
    expect(await run("compile", "a.clif", "--tagret", "x")).toBe(2);
    expect(errors).toBe("error[CLI0001]: unknown option '--tagret'; did you mean '--target'?\n");
    errors = "";
    expect(await run("compil", "a.clif")).toBe(2);
    expect(errors).toBe("error[CLI0001]: unknown command 'compil'; did you mean 'compile'?\n");
  });

  test("refuses a missing operand and a bad choice with status 2", async () => {
    expect(await run("compile")).toBe(2);
    expect(await run("compile", "a", "-O", "fast")).toBe(2);
    expect(errors).toContain("Allowed choices are none, speed");
  });

  test("prints help on standard output with status 0, and with status 2 where a command is missing", async () => {
    expect(await run("--help")).toBe(0);
    expect(output).toContain("compile");
    expect(await run()).toBe(2);
  });

  test("prints a diagnostic with place and code, status 1", async () => {
    const file = new SourceFile("a.clif", "one\ntwo\n");
    failure = new GantryError([
      { code: "CLIF0031", severity: "error", message: "no.", span: { file, start: 5, end: 6 } },
    ]);
    expect(await run("compile", "a.clif")).toBe(1);
    expect(errors).toBe("a.clif:2:2: error[CLIF0031]: no.\n");
  });

  test("prints diagnostics as JSON, one a line", async () => {
    failure = errorOf("CLI0002", "cannot read it");
    expect(await run("compile", "a.clif", "--json")).toBe(1);
    expect(JSON.parse(errors)).toEqual({ code: "CLI0002", severity: "error", message: "cannot read it" });
  });

  test("never prints a stack", async () => {
    failure = new TypeError("oops");
    expect(await run("compile", "a.clif")).toBe(1);
    expect(errors).toContain("error[CLI9999]: internal error: oops");
    expect(errors).not.toContain("    at ");
  });
});
