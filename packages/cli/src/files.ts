import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { errorOf } from "@gantry/diag";
import { CliCode } from "./codes.ts";

/** A file's name as diagnostics print it, and its contents. */
export interface Input {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Reads a whole file; `-` is standard input. */
export function readInput(path: string): Input {
  try {
    if (path === "-") return { name: "<stdin>", bytes: readFileSync(0) };
    return { name: path, bytes: readFileSync(path) };
  } catch (error) {
    throw errorOf(CliCode.cannotRead, `cannot read ${path}: ${reasonOf(error)}`);
  }
}

/** Writes a whole file, or none of it; `-` is standard output. */
export function writeOutput(path: string, contents: string | Uint8Array): void {
  try {
    if (path === "-") writeAll(1, contents);
    else if (existsSync(path) && !statSync(path).isFile()) writeInPlace(path, contents);
    else writeByRename(path, contents);
  } catch (error) {
    throw errorOf(CliCode.cannotWrite, `cannot write ${path}: ${reasonOf(error)}`);
  }
}

function writeInPlace(path: string, contents: string | Uint8Array): void {
  const file = openSync(path, "w");
  writeAll(file, contents);
  closeSync(file);
}

/** A pipe takes what it has room for, so one call may write only a part. */
function writeAll(file: number, contents: string | Uint8Array): void {
  const bytes = typeof contents === "string" ? Buffer.from(contents) : contents;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(file, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") return;
      if (code !== "EAGAIN") throw error;
    }
  }
}

function writeByRename(path: string, contents: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, contents);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file or folder";
  if (code === "EACCES") return "permission denied";
  if (code === "EISDIR") return "it is a folder";
  return message;
}
