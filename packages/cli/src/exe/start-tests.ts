import type { ChildProcess } from "node:child_process";
import { startRole } from "./roles.ts";

/** Stands for the module of `@gantry/filetest` that starts a process for test files. */
export const startTestChild = (): ChildProcess => startRole("--gantry-tests", "json");
