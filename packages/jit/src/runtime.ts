import type { TargetIsa } from "@gantry/codegen-core";
import { bug } from "@gantry/diag";
import { ObjectBuilder } from "@gantry/object";
import type { ThunkCompiler } from "./compile.ts";
import type { ImageLoader } from "./loader.ts";
import {
  ALT_STACK_BYTES,
  ImageNode,
  RUNTIME_EXPORTS,
  runtime as runtimeClif,
  SIGNALS,
  State,
} from "./thunks.ts";

/** The native functions of the runtime image. */
interface NativeRuntime {
  call(buffer: ArrayBuffer): number;
  bind(callback: bigint, data: bigint): (...args: unknown[]) => unknown;
  read(address: bigint, buffer: ArrayBuffer): void;
  write(address: bigint, buffer: ArrayBuffer): void;
  unload(name: ArrayBuffer): void;
  state_address(): bigint;
}

/** What the signal handler left behind. */
export interface TrapRecord {
  readonly pc: bigint;
  readonly address: bigint;
  readonly stack: bigint;
  readonly signal: number;
}

/**
 * The native part of the JIT in this thread: entry to generated code, signal handlers, and memory access. It is
 * compiled and loaded when it is first needed, and stays; images of functions know it by address.
 */
export class Runtime {
  readonly call: (buffer: ArrayBuffer) => number;
  readonly bind: (callback: bigint, data: bigint) => (...args: unknown[]) => unknown;
  readonly stateAddress: bigint;
  readonly enterAddress: bigint;
  readonly #native: NativeRuntime;
  readonly #littleEndian: boolean;

  constructor(isa: TargetIsa, compiler: ThunkCompiler, loader: ImageLoader) {
    const support = isa.jit ?? bug("jit", `${isa.name} has no JIT support`);
    const object = new ObjectBuilder(isa.objects, { fileName: "gantry-runtime.clif" });
    const enter = object.declareFunction("__gantry_enter", "hidden");
    object.defineFunction(enter, support.enter);
    const state = object.declareData("__gantry_state", "hidden");
    object.defineData(state, { size: State.bytes, writable: true });
    const signals = Math.max(...SIGNALS.keys()) + 1;
    object.defineData(object.declareData("__gantry_old", "hidden"), {
      size: signals * support.sigaction.bytes,
      writable: true,
    });
    object.defineData(object.declareData("__gantry_alt_stack", "hidden"), {
      size: ALT_STACK_BYTES,
      writable: true,
      alignment: 16,
    });
    for (const name of RUNTIME_EXPORTS) {
      const bytes = Uint8Array.from(`${name}\0`, (c) => c.charCodeAt(0));
      object.defineData(object.declareData(`__gantry_name_${name}`, "hidden"), { bytes, alignment: 1 });
    }
    compiler.compileInto(object, runtimeClif(support), "gantry-runtime.clif");
    const image = object.writeImage({ soname: "gantry-runtime", keepLoaded: true });
    this.#native = loader.load(image.bytes, "runtime").exports as NativeRuntime;
    this.#littleEndian = isa.endian === "little";
    this.call = this.#native.call;
    this.bind = this.#native.bind;
    this.stateAddress = this.#native.state_address();
    this.enterAddress = this.stateAddress + BigInt(image.offsetOf(enter) - image.offsetOf(state));
  }

  /** Copies `bytes.length` bytes from an address. */
  read(address: bigint, bytes: number): Uint8Array<ArrayBuffer> {
    const buffer = new ArrayBuffer(bytes);
    this.#native.read(address, buffer);
    return new Uint8Array(buffer);
  }

  /** Copies bytes to an address. */
  write(address: bigint, bytes: Uint8Array): void {
    this.#native.write(address, bytes.slice().buffer);
  }

  /** Tells the signal handler of the code of an image, whose list entry is at `node`. */
  register(node: bigint, start: bigint, size: bigint): void {
    const view = new DataView(new ArrayBuffer(ImageNode.bytes));
    view.setBigUint64(
      ImageNode.next,
      this.#word(this.stateAddress + BigInt(State.images)),
      this.#littleEndian,
    );
    view.setBigUint64(ImageNode.start, start, this.#littleEndian);
    view.setBigUint64(ImageNode.size, size, this.#littleEndian);
    this.#native.write(node, view.buffer);
    this.#setWord(this.stateAddress + BigInt(State.images), node);
  }

  /** Takes an image off the signal handler's list. */
  unregister(node: bigint): void {
    const next = this.#word(node + BigInt(ImageNode.next));
    let at = this.stateAddress + BigInt(State.images);
    for (let entry = this.#word(at); entry !== 0n; entry = this.#word(at)) {
      if (entry === node) {
        this.#setWord(at, next);
        return;
      }
      at = entry + BigInt(ImageNode.next);
    }
  }

  /** Unmaps an image. */
  unload(handleName: string): void {
    this.#native.unload(new TextEncoder().encode(`${handleName}\0`).buffer);
  }

  /** The trap that the last call ended in. */
  lastTrap(): TrapRecord {
    const field = (at: number) => this.#word(this.stateAddress + BigInt(at));
    return {
      pc: field(State.pc),
      address: field(State.address),
      stack: field(State.stack),
      signal: Number(field(State.signal)),
    };
  }

  #setWord(address: bigint, value: bigint): void {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, value, this.#littleEndian);
    this.#native.write(address, view.buffer);
  }

  #word(address: bigint): bigint {
    return new DataView(this.read(address, 8).buffer).getBigUint64(0, this.#littleEndian);
  }
}
