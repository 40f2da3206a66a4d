import type { ChildProcess } from "node:child_process";
import { startRole } from "./roles.ts";

/** Stands for the module of `@gantry/jit` that starts a process for calls. */
export const startChild = (): ChildProcess => startRole("--gantry-calls", "advanced");
