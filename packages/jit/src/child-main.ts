/** The program of the child process. Arguments: the target's module and the name of its export. */
import type { TargetIsa } from "@gantry/codegen-core";
import { serveCalls } from "./serve-calls.ts";

const [module, exportName] = process.argv.slice(2);
serveCalls(((await import(module!)) as Record<string, TargetIsa>)[exportName!]!);
