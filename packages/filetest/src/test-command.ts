import type { Function as ClifFunction, Comment, Settings } from "@gantry/clif-ir";
import type { TargetIsa } from "@gantry/codegen-core";
import type { GantryError, Span } from "@gantry/diag";
import type { Blessing } from "./checks.ts";
import type { TargetLine, TestFile } from "./test-file.ts";

/** A function as read, the comments that belong to it, and where it stands. */
export interface TestFunction {
  readonly func: ClifFunction;
  readonly comments: readonly Comment[];
  readonly span: Span;
  /** Its place among the functions of the file. */
  readonly index: number;
}

/** A target line, made into something that compiles. */
export interface TargetUnderTest {
  readonly line: TargetLine;
  readonly isa: TargetIsa;
}

/** What a command works on. */
export interface TestContext {
  readonly file: TestFile;
  /** Read anew for every unit, so that a command may change them. */
  readonly functions: readonly TestFunction[];
  readonly options: readonly string[];
  readonly settings: Settings;
  /** Settings of the command line, for commands whose outcome must not depend on them. */
  readonly forced: readonly string[];
  /** There for commands that need a target, and for others where the file has exactly one. */
  readonly target: TargetUnderTest | undefined;
  /** There when expectations are to be rewritten instead of compared. */
  readonly blessing: Blessing | undefined;
  print(line: string): void;
  /** Counts a run line whose result is known to differ, and why. */
  known(line: string, reason: string): void;
  /** An error at the head of a function. */
  failure(f: TestFunction, code: string, message: string): GantryError;
}

/** One `test COMMAND`. */
export interface TestCommand {
  readonly name: string;
  /** Options that it takes, for the message about others. */
  readonly options: readonly string[];
  readonly needsVerifier: boolean;
  readonly mutates: boolean;
  readonly needsTarget: boolean;
  /** Returns when the test passes; throws what is wrong, or a Skip. Absent as long as it is not built. */
  run?(c: TestContext): void | Promise<void>;
}
