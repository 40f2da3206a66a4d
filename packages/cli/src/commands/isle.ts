import { readFileSync } from "node:fs";
import { errorOf } from "@gantry/diag";
import { CliCode } from "../codes.ts";
import type { Invocation } from "../command.ts";
import { UsageError } from "../usage-error.ts";

/** `gantry isle ...`: the commands of the ISLE compiler. */
export async function run({ args, report }: Invocation): Promise<number> {
  if (Number(process.versions.node.split(".")[0]) < 22) {
    throw errorOf(CliCode.host, `gantry isle needs Node 22 or later; this is ${process.versions.node}`);
  }
  const isle = await import("@gantry/isle-compiler");
  const commands = {
    check: isle.isleCheck,
    build: isle.isleBuild,
    fmt: isle.isleFmt,
    explain: isle.isleExplain,
    cover: isle.isleCover,
  };
  const [name, ...rest] = args;
  const command = commands[name as keyof typeof commands];
  if (command === undefined) {
    throw new UsageError(`there is no command 'isle ${name}'; there are ${Object.keys(commands).join(", ")}`);
  }
  return command(rest, {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: () => readFileSync(0, "utf8"),
    ...(report.palette === undefined ? {} : { palette: report.palette }),
  });
}
