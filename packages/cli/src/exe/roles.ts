import { type ChildProcess, spawn } from "node:child_process";

/**
 * What the single executable is when it is not the command itself: another process of a command that was started with
 * one of these words in front.
 */
export const ROLES = ["--gantry-calls", "--gantry-tests"] as const;
export type Role = (typeof ROLES)[number];

/** Starts this executable in a role, connected by messages. */
export function startRole(role: Role, serialization: "json" | "advanced"): ChildProcess {
  return spawn(process.execPath, [role], {
    serialization,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}
