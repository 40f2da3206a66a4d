import type { CommandRow } from "./command.ts";

// One row is one command of `gantry`; its module is loaded when it is asked for and not before.

export const commands: readonly CommandRow[] = [];
