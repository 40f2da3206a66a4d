/**
 * Functions compiled into this process. `add` compiles, `link` publishes everything that was added as one image, and
 * then functions are called by name.
 */
import { type Function, Settings, trapCodeName } from "@gantry/clif-ir";
import { SOURCE_WORDS, symbolOf, type TargetIsa, TRAP_WORDS } from "@gantry/codegen-core";
import { errorOf } from "@gantry/diag";
import { NONE } from "@gantry/entity";
import { type DataObject, type Image, type LineSource, ObjectBuilder } from "@gantry/object";
import { type CompiledFunction, defineAll, ThunkCompiler } from "./compile.ts";
import { applySetting } from "./host.ts";
import { type ImageLoader, nodeLoader } from "./loader.ts";
import { Runtime } from "./runtime.ts";
import { type Signature, signatureOf } from "./signature.ts";
import { directThunk, ImageNode, imageEntry, isDirect, SIGNALS, trampoline } from "./thunks.ts";
import { Trap } from "./trap.ts";
import { bitsOf, type JitValue, loadBits, storeBits, valueOf } from "./values.ts";

/** Architecture of this process in the words of triples. */
const HOST_ARCH: Readonly<Record<string, string>> = {
  x64: "x86_64",
  arm64: "aarch64",
  riscv64: "riscv64",
  s390x: "s390x",
};

/** A stack overflow faults within this distance of the stack pointer. */
const GUARD_BYTES = 1n << 20n;

export interface JitOptions {
  /** Shared and target settings. Without them: the defaults, the features of this machine, and `is_pic`, which images need. */
  readonly settings?: Settings;
  /** Another way to load images. */
  readonly loader?: ImageLoader;
  /** Leave the images' files in the temporary directory, for debuggers that attach later. */
  readonly keepFiles?: boolean;
  /** Where the lines that a debugger shows come from. */
  readonly lines?: LineSource;
}

/** Calls a function: results are a value, undefined for none, an array for several. Throws {@link Trap}. */
export type JitFunction = (...args: JitValue[]) => JitValue | JitValue[] | undefined;

interface Entry extends CompiledFunction {
  readonly signature: Signature;
  image: LoadedImage | undefined;
  callable: JitFunction | undefined;
  /** The buffer of {@link Jit.invoke}: calls do not nest, because generated code cannot call JavaScript. */
  buffer: DataView<ArrayBuffer> | undefined;
}

interface LoadedImage {
  readonly image: Image;
  readonly base: bigint;
  readonly object: ObjectBuilder;
  readonly entries: readonly Entry[];
  /** Its entry in the signal handler's list. */
  readonly node: bigint;
  readonly handleName: string | undefined;
  /** Names of the trampoline and the direct thunk of each signature. */
  readonly thunks: ReadonlyMap<string, { readonly trampoline: string; readonly direct: string | undefined }>;
}

/** One runtime for each target in this thread. */
const runtimes = new Map<string, Runtime>();

/** Compiled thunks by target and settings, then by signature, so that many short-lived JITs share them. */
const thunkCaches = new Map<string, Map<string, CompiledFunction[]>>();

/** Compiles functions and makes them callable in this process. */
export class Jit {
  readonly isa: TargetIsa;
  readonly #options: JitOptions;
  readonly #loader: ImageLoader;
  readonly #compiler: ThunkCompiler;
  readonly #runtime: Runtime;
  readonly #entries = new Map<string, Entry>();
  readonly #data = new Map<string, DataObject>();
  readonly #addresses = new Map<string, bigint>();
  readonly #images: LoadedImage[] = [];
  #closed = false;
  /** Take native functions away from those who hold a {@link JitFunction}. */
  readonly #onClose: (() => void)[] = [];
  readonly #thunks: Map<string, CompiledFunction[]>;
  #pending: Entry[] = [];
  #pendingData: string[] = [];

  /**
   * @param isa The target; it must be this machine.
   * @param options Settings and how to load.
   */
  constructor(isa: TargetIsa, options: JitOptions = {}) {
    if (process.platform !== "linux" || isa.arch !== HOST_ARCH[process.arch] || isa.jit === undefined) {
      throw errorOf(
        "JIT0001",
        `code for ${isa.name} cannot run in this process (${process.arch} ${process.platform})`,
        {
          help: "compile an object file instead, or use a Jit for this machine; only Linux is supported",
        },
      );
    }
    this.isa = isa;
    this.#options = options;
    this.#loader = options.loader ?? nodeLoader(options.keepFiles === true);
    const settings = options.settings ?? defaultSettings(isa);
    this.#compiler = new ThunkCompiler(isa, settings);
    const key = `${isa.arch} ${settings.toText()}`;
    this.#thunks = thunkCaches.get(key) ?? new Map();
    thunkCaches.set(key, this.#thunks);
    let runtime = runtimes.get(isa.arch);
    if (runtime === undefined) {
      runtime = new Runtime(isa, new ThunkCompiler(isa, defaultSettings(isa)), this.#loader);
      runtimes.set(isa.arch, runtime);
    }
    this.#runtime = runtime;
  }

  /** Compiles `func`, which is rewritten on the way. Other functions may call it by its name. */
  add(func: Function): void {
    this.#checkOpen();
    const name = symbolOf(func, func.name);
    if (this.#isKnown(name)) throw errorOf("JIT0005", `%${name} is already defined in this JIT`);
    const signature = signatureOf(func);
    const compiled = this.#compiler.compile(func);
    const entry: Entry = {
      ...compiled,
      signature,
      image: undefined,
      callable: undefined,
      buffer: undefined,
    };
    this.#entries.set(name, entry);
    this.#pending.push(entry);
  }

  /**
   * Adds a data object that functions refer to by name.
   *
   * @param name Without `%`.
   * @param object Contents; without relocations.
   */
  addData(name: string, object: DataObject): void {
    this.#checkOpen();
    if (this.#isKnown(name)) throw errorOf("JIT0005", `%${name} is already defined in this JIT`);
    this.#data.set(name, object);
    this.#pendingData.push(name);
  }

  /** Gives a name to an address of this process: a function or data from elsewhere. */
  define(name: string, address: bigint): void {
    if (this.#isKnown(name)) throw errorOf("JIT0005", `%${name} is already defined in this JIT`);
    this.#addresses.set(name, address);
  }

  #isKnown(name: string): boolean {
    return this.#entries.has(name) || this.#data.has(name) || this.#addresses.has(name);
  }

  /**
   * Makes everything that was added since the last time callable. Names resolve to added functions and data, then to
   * defined addresses, then to what the process itself knows (the C library).
   */
  link(): void {
    this.#checkOpen();
    if (this.#pending.length === 0 && this.#pendingData.length === 0) return;
    const { lines } = this.#options;
    const unwind = this.#compiler.hasUnwind;
    const object = new ObjectBuilder(
      this.isa.objects,
      lines === undefined ? { unwind } : { unwind, fileName: lines.fileName, lines },
    );
    const node = object.declareData("__gantry_image", "hidden");
    object.defineData(node, { size: ImageNode.bytes, writable: true });
    object.declareAddress("__gantry_state", this.#runtime.stateAddress);
    object.declareAddress("__gantry_enter", this.#runtime.enterAddress);
    for (const entry of this.#pending) object.declareFunction(entry.name, "hidden");
    for (const name of this.#pendingData)
      object.defineData(object.declareData(name, "hidden"), this.#data.get(name)!);
    for (const [name, address] of this.#addresses)
      if (object.find(name) === undefined) object.declareAddress(name, address);
    defineAll(object, this.#pending);
    const thunks = this.#defineThunks(object);

    const image = object.writeImage({ soname: "gantry-jit" });
    const file = this.#loader.load(image.bytes, this.#pending[0]?.name ?? "data");
    const nodeAddress = file.exports as bigint;
    const base = nodeAddress - BigInt(image.offsetOf(node));
    this.#runtime.register(
      nodeAddress,
      base + BigInt(image.textStart),
      BigInt(image.textEnd - image.textStart),
    );
    const { handleName } = file;
    const entries = this.#pending;
    const loaded: LoadedImage = { image, base, object, entries, node: nodeAddress, handleName, thunks };
    this.#images.push(loaded);
    for (const entry of this.#pending) entry.image = loaded;
    for (const name of [...this.#pending.map((e) => e.name), ...this.#pendingData])
      this.#addresses.set(name, base + BigInt(image.offsetOf(object.find(name)!)));
    this.#pending = [];
    this.#pendingData = [];
  }

  /** Trampolines and direct thunks of every signature that is pending. */
  #defineThunks(object: ObjectBuilder): LoadedImage["thunks"] {
    const thunks = new Map<string, { trampoline: string; direct: string | undefined }>();
    const functions = [...this.#thunk("entry", () => imageEntry)];
    for (const { signature } of this.#pending) {
      if (thunks.has(signature.text)) continue;
      const name = `__gantry_trampoline${thunks.size}`;
      const direct = isDirect(signature) ? `__gantry_thunk${thunks.size}` : undefined;
      thunks.set(signature.text, { trampoline: name, direct });
      const compiled = this.#thunk(signature.text, () => {
        const text = trampoline("trampoline", signature);
        return direct === undefined ? text : text + directThunk("thunk", "trampoline", signature);
      });
      const renamed = (external: string) => (external === "trampoline" ? name : external);
      compiled.forEach((f, k) => {
        functions.push({ ...f, name: k === 0 ? name : direct!, externals: f.externals.map(renamed) });
      });
    }
    defineAll(object, functions);
    return thunks;
  }

  #thunk(key: string, text: () => string): CompiledFunction[] {
    let compiled = this.#thunks.get(key);
    if (compiled === undefined) {
      compiled = this.#compiler.compileText(text(), "gantry-thunk.clif");
      this.#thunks.set(key, compiled);
    }
    return compiled;
  }

  /** Names of the functions that can be called. */
  get names(): string[] {
    return [...this.#entries.values()].filter((e) => e.image !== undefined).map((e) => e.name);
  }

  /** The signature of an added function. */
  signature(name: string): Signature {
    return this.#entry(name).signature;
  }

  /** Where a linked function or data object is. */
  address(name: string): bigint {
    const address = this.#addresses.get(name);
    if (address === undefined) throw errorOf("JIT0006", `%${name} is not linked in this JIT`);
    return address;
  }

  /** Copies memory of this process. */
  read(address: bigint, bytes: number): Uint8Array<ArrayBuffer> {
    return this.#runtime.read(address, bytes);
  }

  /** Overwrites memory of this process. */
  write(address: bigint, bytes: Uint8Array): void {
    this.#runtime.write(address, bytes);
  }

  /** A linked function as a JavaScript function. */
  get(name: string): JitFunction {
    const entry = this.#entry(name);
    if (entry.callable === undefined) {
      const image = this.#imageOf(entry);
      const direct = image.thunks.get(entry.signature.text)!.direct;
      entry.callable = direct === undefined ? this.#buffered(entry) : this.#direct(entry, image, direct);
    }
    return entry.callable;
  }

  /** Calls a linked function. Throws {@link Trap}. */
  call(name: string, ...args: JitValue[]): JitValue | JitValue[] | undefined {
    return this.get(name)(...args);
  }

  /**
   * Calls a linked function with values as bits, which every type survives unchanged.
   *
   * @returns The bits of the results, or the trap that the call ended in.
   */
  invoke(name: string, args: readonly bigint[]): bigint[] | Trap {
    const entry = this.#entry(name);
    const { params, returns, paramSlots, returnSlots } = entry.signature;
    this.#checkCount(entry, args.length);
    entry.buffer ??= this.#buffer(entry);
    const view = entry.buffer;
    const endian = this.isa.endian;
    params.forEach((type, k) => {
      storeBits(view, paramSlots[k], type, args[k]!, endian);
    });
    if (this.#runtime.call(view.buffer) !== 0) return this.#trap();
    return returns.map((type, k) => loadBits(view, returnSlots[k], type, endian));
  }

  /**
   * Gives the memory back: nothing of this JIT can be called any more, and nobody else may refer to its functions and
   * data. In worker threads the memory lasts as long as the thread.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { node, handleName } of this.#images) {
      if (handleName === undefined) continue;
      this.#runtime.unregister(node);
      this.#runtime.unload(handleName);
    }
    for (const revoke of this.#onClose) revoke();
    this.#images.length = 0;
    this.#entries.clear();
    this.#addresses.clear();
    this.#data.clear();
  }

  #checkOpen(): void {
    if (this.#closed) throw errorOf("JIT0010", "this JIT was closed");
  }

  #entry(name: string): Entry {
    this.#checkOpen();
    return this.#entries.get(name) ?? fail("JIT0006", `%${name} is not a function of this JIT`);
  }

  #imageOf(entry: Entry): LoadedImage {
    return entry.image ?? fail("JIT0007", `%${entry.name} is not linked yet: call link() first`);
  }

  #checkCount(entry: Entry, count: number): void {
    const wanted = entry.signature.params.length;
    if (count !== wanted)
      throw errorOf("JIT0008", `%${entry.name} takes ${wanted} arguments and was given ${count}`);
  }

  /** A call buffer with the addresses filled in. */
  #buffer(entry: Entry): DataView<ArrayBuffer> {
    const { image, base, object, thunks } = this.#imageOf(entry);
    const { bufferBytes, text } = entry.signature;
    const view = new DataView(new ArrayBuffer(bufferBytes));
    const little = this.isa.endian === "little";
    const addressOf = (name: string) => base + BigInt(image.offsetOf(object.find(name)!));
    view.setBigUint64(0, addressOf(thunks.get(text)!.trampoline), little);
    view.setBigUint64(8, addressOf(entry.name), little);
    return view;
  }

  /** Calls by way of a buffer: any signature. */
  #buffered(entry: Entry): JitFunction {
    const { params, returns, paramSlots, returnSlots } = entry.signature;
    const endian = this.isa.endian;
    entry.buffer ??= this.#buffer(entry);
    const view = entry.buffer;
    return (...args) => {
      this.#checkOpen();
      this.#checkCount(entry, args.length);
      params.forEach((type, k) => {
        storeBits(view, paramSlots[k], type, bitsOf(args[k]!, type), endian);
      });
      if (this.#runtime.call(view.buffer) !== 0) throw this.#trap();
      const values = returns.map((type, k) => valueOf(loadBits(view, returnSlots[k], type, endian), type));
      return values.length === 0 ? undefined : values.length === 1 ? values[0] : values;
    };
  }

  /** Calls by way of the signature's own thunk, which converts the values itself. */
  #direct(entry: Entry, { image, base, object }: LoadedImage, thunk: string): JitFunction {
    const addressOf = (name: string) => base + BigInt(image.offsetOf(object.find(name)!));
    let native = this.#runtime.bind(addressOf(thunk), addressOf(entry.name)) as (
      ...args: JitValue[]
    ) => unknown;
    this.#onClose.push(() => {
      native = () => this.#checkOpen();
    });
    const checked = (result: unknown): JitValue | undefined => {
      if (result === null) throw this.#trap();
      if (result === false) {
        throw errorOf(
          "JIT0009",
          `%${entry.name} was given an argument that is neither a number nor a bigint, or too few`,
          {
            help: `its signature is ${entry.signature.text}; floats are numbers`,
          },
        );
      }
      return result as JitValue | undefined;
    };
    switch (entry.signature.params.length) {
      case 0:
        return () => checked(native());
      case 1:
        return (a) => checked(native(a!));
      case 2:
        return (a, b) => checked(native(a!, b!));
      case 3:
        return (a, b, c) => checked(native(a!, b!, c!));
      default:
        return (...args) => checked(native(...args));
    }
  }

  /** Says which instruction the last call ended at. */
  #trap(): Trap {
    const record = this.#runtime.lastTrap();
    const signal = SIGNALS.get(record.signal) ?? `signal ${record.signal}`;
    const pc = signal === "SIGTRAP" ? record.pc - BigInt(this.isa.jit!.breakpointBytes) : record.pc;
    for (const { image, base, object, entries } of this.#images) {
      const offset = Number(pc - base);
      if (offset < image.textStart || offset >= image.textEnd) continue;
      for (const entry of entries) {
        const start = image.offsetOf(object.find(entry.name)!);
        if (offset >= start && offset < start + entry.code.length)
          return this.#trapIn(entry, offset - start, signal, record.address, record.stack);
      }
    }
    const place = { functionName: "?", offset: 0, location: -1, source: "" };
    return new Trap({ code: "", codeNumber: 0, ...place, signal, address: record.address });
  }

  #trapIn(entry: Entry, offset: number, signal: string, address: bigint, stack: bigint): Trap {
    const { traps, sources } = entry.code;
    let codeNumber = 0;
    for (let i = 0; i < traps.length; i += TRAP_WORDS)
      if (traps.at(i) === offset) codeNumber = traps.at(i + 1);
    let code = codeNumber === 0 ? "" : trapCodeName(codeNumber);
    if (codeNumber === 0 && signal === "SIGSEGV" && distance(address, stack) < GUARD_BYTES) code = "stk_ovf";
    let relative: number = NONE;
    for (let i = 0; i < sources.length && sources.at(i) <= offset; i += SOURCE_WORDS)
      relative = sources.at(i + 1);
    const location = relative === NONE ? -1 : (entry.locationBase + relative) >>> 0;
    const { lines } = this.#options;
    const line = location < 0 || lines === undefined ? 0 : lines.lineOf(entry.name, location);
    const source = line === 0 ? "" : `${lines!.fileName}:${line}`;
    return new Trap({
      code,
      codeNumber,
      functionName: entry.name,
      offset,
      location,
      source,
      signal,
      address,
    });
  }
}

function distance(a: bigint, b: bigint): bigint {
  return a < b ? b - a : a - b;
}

function fail(code: string, message: string): never {
  throw errorOf(code, message);
}

/** The defaults, position-independent code, and all that this machine's processor has. */
function defaultSettings(isa: TargetIsa): Settings {
  const settings = new Settings(isa.settings);
  settings.set("is_pic");
  applySetting(isa, settings, "native");
  return settings;
}
