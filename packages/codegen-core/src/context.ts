import { ControlFlow, type Function, type Settings } from "@gantry/clif-ir";
import { I32List } from "@gantry/entity";
import { type Algorithm, type Environment, Output, Problem } from "@gantry/regalloc";
import { BlockOrder } from "./block-order.ts";
import { CompiledCode } from "./compiled-code.ts";
import { Emitter } from "./emitter.ts";
import { Frame } from "./frame.ts";
import { Findings } from "./legalise/legality.ts";
import type { LowerContext } from "./lower-context.ts";
import { type Pass, passes } from "./passes.ts";
import type { TargetIsa } from "./target.ts";
import { UseAnalysis } from "./use-analysis.ts";

/** Told of every pass: dumps, timing and checks hang on it. */
export interface PassObserver {
  before?(pass: Pass, c: CompileContext): void;
  /** Return true to stop after this pass. */
  after?(pass: Pass, c: CompileContext): boolean | undefined;
}

/**
 * Owns every scratch array that compiling needs and keeps them from function to function, so that nothing is
 * allocated for each. Not re-entrant: one context compiles one function at a time.
 *
 * Compiling is pure but for the context: the same function and settings give the same bytes on every machine.
 */
export class CompileContext {
  readonly isa: TargetIsa;
  readonly settings: Settings;
  func!: Function;
  /** What legalising the function takes. */
  readonly findings: Findings = new Findings();
  readonly flow: ControlFlow = new ControlFlow();
  readonly order: BlockOrder = new BlockOrder();
  readonly uses: UseAnalysis = new UseAnalysis();
  readonly frame: Frame = new Frame();
  readonly host: LowerContext;
  /** First position of each lowered block in the order list, and the end. */
  readonly blockStart: I32List = new I32List();
  readonly problem: Problem = new Problem();
  readonly output: Output = new Output();
  environment: Environment | undefined = undefined;
  readonly emitter: Emitter = new Emitter();
  readonly code: CompiledCode = new CompiledCode();

  /**
   * @param isa The target.
   * @param settings Shared and target settings; not to be changed while the context lives.
   */
  constructor(isa: TargetIsa, settings: Settings) {
    this.isa = isa;
    this.settings = settings;
    this.host = isa.createHost();
  }

  /**
   * Compiles `func`, which is rewritten on the way.
   *
   * @returns The context's own code, valid until the next call; {@link CompiledCode.clone} keeps it.
   * @throws GantryError with every diagnostic if the function is not valid, or asks for what the target cannot do.
   */
  compile(func: Function, observer?: PassObserver): CompiledCode {
    this.func = func;
    for (let k = 0; k < passes.length; k++) {
      const pass = passes[k];
      if (pass.when !== undefined && !pass.when(this)) continue;
      if (observer === undefined) {
        pass.run(this);
        continue;
      }
      observer.before?.(pass, this);
      pass.run(this);
      if (observer.after?.(pass, this) === true) break;
    }
    return this.code;
  }

  /** The allocator that the settings choose. */
  allocator(): Algorithm {
    return this.settings.enum("regalloc_algorithm") as Algorithm;
  }

  /** The external name of symbol `s` of the function that was compiled last, as objects spell it. */
  symbolName(s: number): string {
    return this.host.symbols.name(this.func, s);
  }
}
