/** The first module of the single executable: see `scripts/exe.ts`. */
import { isMainThread } from "node:worker_threads";
import { guard } from "../guard.ts";
import type { Role } from "./roles.ts";

const roles: Readonly<Record<Role, () => Promise<unknown>>> = {
  "--gantry-calls": async () => {
    const [{ serveCalls }, { hostArchitecture, loadTarget }] = await Promise.all([
      import("@gantry/jit"),
      import("@gantry/filetest/targets"),
    ]);
    serveCalls((await loadTarget(hostArchitecture()))!);
  },
  "--gantry-tests": async () => (await import("@gantry/filetest/worker")).serveTests(),
};

async function start(): Promise<void> {
  const role = roles[process.argv[2] as Role] as (() => Promise<unknown>) | undefined;
  if (!isMainThread) (await import("../worker/thread.ts")).serveThread();
  else if (role !== undefined) await role();
  else {
    guard();
    const { main } = await import("../index.ts");
    process.exitCode = await main(process.argv.slice(2));
  }
}

void start();
