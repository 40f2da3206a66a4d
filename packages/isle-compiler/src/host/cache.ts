import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SourceFile } from "@gantry/diag";
import type { HostClass, HostMethod, HostType, Place } from "./model.ts";

/**
 * What was read of a host class, in a file: asking TypeScript takes a second, more than compiling all the rules, and a
 * rule author changes rules. It holds as long as every TypeScript file that was looked at has the same content.
 */
interface Kept {
  readonly reader: string;
  readonly className: string;
  /** Files by their path from the cache's folder, with the SHA-256 of each. */
  readonly files: readonly (readonly [path: string, digest: string])[];
  readonly host: HostData;
}

/** A place by the number of its file among those of {@link Kept}. */
type PlaceData = readonly [file: number, start: number, end: number];

interface HostData {
  readonly methods: readonly (Omit<HostMethod, "place"> & { readonly place: PlaceData | undefined })[];
  readonly literals: readonly (readonly [name: string, kind: string, value: string])[];
  readonly properties: readonly (readonly [name: string, type: HostType])[];
  readonly forRules: readonly { readonly name: string; readonly place: PlaceData }[];
  readonly place: PlaceData;
}

/** The class that `cache` has, if it is still what TypeScript would say. */
export function keptHost(cache: string, className: string): HostClass | undefined {
  let kept: Kept;
  try {
    kept = JSON.parse(readFileSync(cache, "utf8")) as Kept;
  } catch {
    return undefined;
  }
  if (kept.reader !== readerDigest() || kept.className !== className) return undefined;
  const paths = kept.files.map(([path]) => resolve(dirname(cache), path));
  for (const [k, [, digest]] of kept.files.entries()) if (digestOf(paths[k]!) !== digest) return undefined;
  const sources: (SourceFile | undefined)[] = [];
  const placeOf = ([file, start, end]: PlaceData): Place => {
    sources[file] ??= new SourceFile(paths[file]!, readFileSync(paths[file]!, "utf8"));
    return { file: sources[file], start, end };
  };
  const { methods, literals, properties, forRules, place } = kept.host;
  return {
    name: className,
    methods: new Map(
      methods.map((m) => [m.name, { ...m, place: m.place === undefined ? undefined : placeOf(m.place) }]),
    ),
    literals: new Map(literals.map(([name, kind, value]) => [name, literalFrom(kind, value)])),
    properties: new Map(properties),
    forRules: forRules.map((m) => ({ name: m.name, place: placeOf(m.place) })),
    place: placeOf(place),
  };
}

/** Keeps `host` in `cache`; `files` are all TypeScript files that it was read from. */
export function keepHost(cache: string, host: HostClass, files: readonly string[]): void {
  const folder = dirname(cache);
  const numbers = new Map(files.map((path, k) => [path, k]));
  const placeData = ({ file, start, end }: Place): PlaceData => [numbers.get(file.name)!, start, end];
  const kept: Kept = {
    reader: readerDigest(),
    className: host.name,
    files: files.map((path) => [relative(folder, path), digestOf(path)]),
    host: {
      methods: [...host.methods.values()].map((m) => ({
        ...m,
        place: m.place === undefined ? undefined : placeData(m.place),
      })),
      literals: [...host.literals].map(([name, value]) => [name, typeof value, String(value)]),
      properties: [...host.properties],
      forRules: host.forRules.map((m) => ({ name: m.name, place: placeData(m.place) })),
      place: placeData(host.place),
    },
  };
  writeFileSync(cache, `${JSON.stringify(kept)}\n`);
}

function literalFrom(kind: string, value: string): number | bigint | boolean {
  if (kind === "bigint") return BigInt(value);
  return kind === "number" ? Number(value) : value === "true";
}

/** Changes when what is read changes. */
function readerDigest(): string {
  return digestOf(
    fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./read.ts" : "./read.js", import.meta.url)),
  );
}

/** The SHA-256 of a file; empty if it is not there. */
function digestOf(path: string): string {
  try {
    return createHash("sha256").update(readFileSync(path)).digest("hex");
  } catch {
    return "";
  }
}
