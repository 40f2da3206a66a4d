import { randomBytes } from "node:crypto";
import { unlinkSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";
import { errorOf } from "@gantry/diag";

/** An image in this process. */
export interface LoadedFile {
  /** What the image exports. */
  readonly exports: unknown;
  /** The name under which the dynamic linker knows the image, if nobody but us holds it: then it may be unloaded. */
  readonly handleName?: string;
}

/** How an image gets into this process. */
export interface ImageLoader {
  /**
   * Maps `image` and runs its `napi_register_module_v1`.
   *
   * @param image A shared object.
   * @param name For the file's name, which debuggers show.
   */
  load(image: Uint8Array, name: string): LoadedFile;
}

let images = 0;

/**
 * Loads images with `process.dlopen` from temporary files.
 *
 * @param keepFiles Leave the files where they are, for a debugger that attaches later.
 */
export function nodeLoader(keepFiles: boolean): ImageLoader {
  return {
    load(image, name) {
      const unique = `${process.pid}-${images++}-${randomBytes(4).toString("hex")}`;
      const path = join(tmpdir(), `gantry-${name.replace(/\W/g, "_")}-${unique}.node`);
      const loaded = { exports: {} as unknown };
      try {
        writeFileSync(path, image, { mode: 0o700, flag: "wx" });
        process.dlopen(loaded, path, constants.dlopen.RTLD_NOW);
      } catch (error) {
        throw loadError(error);
      } finally {
        if (!keepFiles) removeQuietly(path);
      }
      // When a worker thread ends, Node closes what the thread has loaded; a second close would be one too many.
      return isMainThread ? { exports: loaded.exports, handleName: path } : { exports: loaded.exports };
    },
  };
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It could not be written, and that error is on its way.
  }
}

function loadError(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  const missing = /undefined symbol: (\S+)/.exec(message);
  if (missing !== null) {
    return errorOf("JIT0002", `symbol ${missing[1]} is neither added to the JIT nor known to this process`, {
      help: "add a function of that name, or give its address with Jit.define",
    });
  }
  return errorOf("JIT0003", `the code cannot be loaded: ${message}`, {
    help: "the directory for temporary files (TMPDIR) must allow files to be written and executed",
  });
}
