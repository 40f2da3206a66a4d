import { createHash, hash } from "node:crypto";
import { type Function, imageCode, toImage } from "@gantry/clif-ir";
import { type CompileContext, type CompiledCode, codeFromImage, codeToImage } from "@gantry/codegen-core";
import type { Store } from "../store/store.ts";

/** How compiled functions are kept between requests. */
export interface CacheOptions {
  readonly store: Store;
  /** The share of hits that are compiled again and compared, 0 to 1. */
  readonly checkRate: number;
  /** What identifies this build: version and rules. */
  readonly producer: string;
}

/** Entries that are on their way to a slow store; with more, compiling waits. */
const MAX_PENDING = 64;

/**
 * Compiled functions by what they are made of: the function's image (names and source locations apart), target,
 * settings and version.
 */
export class FunctionCache {
  readonly #options: CacheOptions;
  /** What keys of a context start with. */
  readonly #prefixes = new WeakMap<CompileContext, Uint8Array>();
  #scratch = new Uint8Array(1 << 14);
  readonly #pending = new Set<Promise<unknown>>();
  hits = 0;
  misses = 0;
  mismatches = 0;

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  /** The key of `func` as `context` would compile it. */
  key(context: CompileContext, func: Function): string {
    let prefix = this.#prefixes.get(context);
    if (prefix === undefined) {
      const facts = JSON.stringify([this.#options.producer, context.isa.name, context.settings.toText()]);
      prefix = createHash("sha256").update(facts).digest();
      this.#prefixes.set(context, prefix);
    }
    const image = imageCode(toImage(func));
    const length = prefix.length + image.length;
    if (this.#scratch.length < length) this.#scratch = new Uint8Array(2 * length);
    this.#scratch.set(prefix);
    this.#scratch.set(image, prefix.length);
    return hash("sha256", this.#scratch.subarray(0, length), "hex");
  }

  /** The bytes under `key`, at once if the store has them near. */
  get(key: string): ReturnType<Store["get"]> {
    return this.#options.store.get(key);
  }

  /** Compiles `func`, or takes its code from what {@link get} found. */
  code(context: CompileContext, func: Function, key: string, found: Uint8Array | undefined): CompiledCode {
    const { symbols } = context.host;
    context.func = func;
    if (found !== undefined && codeFromImage(found, context.code, symbols)) {
      this.hits++;
      if (this.#options.checkRate === 0 || Math.random() >= this.#options.checkRate) return context.code;
      const code = context.compile(func);
      if (Buffer.compare(codeToImage(code, symbols), found) !== 0) this.mismatches++;
      return code;
    }
    this.misses++;
    const code = context.compile(func);
    const put = this.#options.store.put(key, codeToImage(code, symbols));
    if (put instanceof Promise) {
      this.#pending.add(put);
      put.finally(() => this.#pending.delete(put));
    }
    return code;
  }

  /** What to wait for before more is compiled, if the store is far behind. */
  behind(): Promise<unknown> | undefined {
    return this.#pending.size > MAX_PENDING ? Promise.race(this.#pending) : undefined;
  }

  /** Resolves when the store has been offered everything. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }
}
