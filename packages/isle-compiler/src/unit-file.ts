import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { errorOf } from "@gantry/diag";

/** What the file is called that describes a unit; it stands in the folder of the unit's rules. */
export const UNIT_FILE = "unit.json";

/**
 * A compilation unit as a file describes it, so that a build and `gantry isle` mean the same:
 *
 * ```json
 * { "files": ["../prelude.isle", "arith.isle"], "host": { "file": "../../src/host.ts", "className": "Host" } }
 * ```
 *
 * Paths are relative to the file.
 */
export interface UnitFile {
  /** Paths of `.isle` files; their order fixes numbers, so keep it. */
  readonly files: readonly string[];
  /** The TypeScript file of the host class, and its name. */
  readonly host: { readonly file: string; readonly className: string };
}

/**
 * Reads the description of a unit, with its paths made absolute.
 * @throws GantryError if there is none at `path` (ISLE0410), or it is none (ISLE0413).
 */
export function readUnitFile(path: string): UnitFile {
  const unit = parsed(path);
  const { files, host } = unit ?? {};
  const isUnit =
    Array.isArray(files) &&
    files.every((file) => typeof file === "string") &&
    typeof host?.file === "string" &&
    typeof host.className === "string";
  if (!isUnit) {
    const shape = '{ "files": [PATH, ...], "host": { "file": PATH, "className": NAME } }';
    throw errorOf("ISLE0413", `${path} describes no unit: write ${shape}`);
  }
  const absolute = (file: string): string => resolve(dirname(path), file);
  return {
    files: files.map(absolute),
    host: { file: absolute(host.file), className: host.className },
  };
}

function parsed(path: string): Partial<UnitFile> | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw errorOf("ISLE0410", `cannot read ${path}: ${(error as Error).message}`);
  }
  try {
    return JSON.parse(text) as Partial<UnitFile>;
  } catch {
    return undefined;
  }
}

/** The unit files of the checkout that the folder `from` is in: those below `rules/` in it or the next folder above. */
export function findUnitFiles(from: string): string[] {
  const found = unitFilesBelow(join(from, "rules"));
  const above = dirname(from);
  return found.length > 0 || above === from ? found : findUnitFiles(above);
}

/** The unit files in the folders of `folder`, in order of their names. */
function unitFilesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(`/${UNIT_FILE}`))
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}
