import { type Function as ClifFunction, OWN_SIGNATURE, readFile, Settings, verify } from "@gantry/clif-ir";
import { GantryError } from "@gantry/diag";
import { Blessing } from "./checks.ts";
import { locate } from "./locate.ts";
import { Skip } from "./outcome.ts";
import type { Shape } from "./run-command.ts";
import { architectureOf, loadTarget, systemOf } from "./targets.ts";
import type { TargetUnderTest, TestContext, TestFunction } from "./test-command.ts";
import type { TargetLine, TestFile } from "./test-file.ts";
import type { Unit } from "./unit.ts";

/** What the runner changes of the defaults. */
const RUNNER_SETTINGS = ["machine_code_cfg_info=true", "unwind_info=false"];

/** Makes everything that a command needs: fresh functions, settings, the target. Verifies where the command wants it. */
export async function makeContext(
  file: TestFile,
  unit: Unit,
  { bless, set }: { readonly bless: boolean; readonly set: readonly string[] },
  observer: Pick<TestContext, "print" | "known">,
): Promise<TestContext> {
  if (unit.command.run === undefined) {
    throw new Skip("unsupported", `'test ${unit.command.name}' is not built yet`);
  }
  const target =
    unit.target === undefined ? undefined : await targetUnderTest(unit.target, unit.command.needsTarget);
  const settings = new Settings(target?.isa.settings);
  const words = [
    ...RUNNER_SETTINGS,
    ...systemOf(unit.target?.triple ?? "").settings,
    ...(unit.target?.settings ?? file.settings),
    ...(target?.line.words ?? []),
  ];
  for (const word of words) settings.set(word);
  const clif = readFile(file.source);
  const functions = clif.functions.map(
    (func, index): TestFunction => ({
      func,
      index,
      comments: clif.functionComments[index]!,
      span: clif.functionSpans[index]!,
    }),
  );
  if (unit.command.needsVerifier) {
    for (const { func, span } of functions) {
      const found = verify(func, settings, target?.isa);
      if (found.length > 0) throw new GantryError(found.map((d) => locate(d, func, file.source, span.start)));
    }
  }
  return {
    file,
    functions,
    options: unit.line.options,
    settings,
    forced: set,
    target,
    blessing: bless ? new Blessing(file) : undefined,
    print: observer.print,
    known: observer.known,
    failure(f, code, message) {
      const span = { file: file.source, start: f.span.start, end: f.span.start + "function".length };
      return new GantryError([{ code, severity: "error", message, span }]);
    },
  };
}

async function targetUnderTest(line: TargetLine, needed: boolean): Promise<TargetUnderTest | undefined> {
  const isa = await loadTarget(line.triple);
  if (isa !== undefined) return { line, isa };
  if (!needed) return undefined;
  throw new Skip("unsupported", `${architectureOf(line.triple)}: this target is not built yet`);
}

/** Types of a function's parameters and results. */
export function shapeOf(func: ClifFunction): Shape {
  const count = (n: number) => Array.from({ length: n }, (_, k) => k);
  return {
    params: count(func.sigParamCount(OWN_SIGNATURE)).map((k) => func.sigParamType(OWN_SIGNATURE, k)),
    returns: count(func.sigReturnCount(OWN_SIGNATURE)).map((k) => func.sigReturnType(OWN_SIGNATURE, k)),
  };
}
