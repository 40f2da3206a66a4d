import {
  type Block,
  type DataValue,
  type Function,
  LIBCALLS,
  NAME_LIBCALL,
  type NameRef,
  nameText,
  type Type,
  typeName,
} from "@gantry/clif-ir";
import { errorOf } from "@gantry/diag";
import type { Endian } from "@gantry/entity";
import { type Code, prepare } from "./code.ts";
import { type HostFunction, RUNTIME } from "./host-functions.ts";
import { Machine } from "./machine.ts";
import { CODE_BASE, Memory } from "./memory.ts";
import type { CallResult } from "./result.ts";

export interface InterpreterOptions {
  /** Byte order of memory accesses whose flags name none. */
  readonly endian?: Endian;
  /** Instructions that one call may execute; unlimited unless given. */
  readonly fuel?: number;
  /** Bytes of stack and mapped memory together; 256 MiB unless given. */
  readonly memoryLimit?: number;
  /** Bytes of the stack; 8 MiB unless given. */
  readonly stackBytes?: number;
}

const DEFAULT_MEMORY = 1 << 28;
const DEFAULT_STACK = 1 << 23;

/** What a name in CLIF stands for. */
export type Callee = Code | HostFunction;

/**
 * Executes CLIF functions. They must be verified: broken ones are executed in unspecified ways.
 *
 *     const interpreter = new Interpreter({ endian: "little", fuel: 1_000_000 });
 *     interpreter.addFunctions(readFunctions(source));
 *     const outcome = interpreter.call("%f", [{ type: I32, bits: 7n }]);
 *     if ("trap" in outcome) report(outcome.trap); else use(outcome.results);
 *
 * Stack slots are zero at first. Arithmetic on NaN yields the first NaN operand made quiet; an invalid operation, the
 * positive quiet NaN.
 */
export class Interpreter {
  readonly endian: Endian;
  readonly fuel: number;
  readonly memory: Memory;
  readonly #callees = new Map<string, Callee>();
  readonly #symbols = new Map<string, bigint>();
  readonly #addresses = new Map<Callee, number>();
  readonly #byAddress: Callee[] = [];
  readonly #handlers = new Map<string, HostFunction>();

  constructor(options: InterpreterOptions = {}) {
    this.endian = options.endian ?? "little";
    this.fuel = options.fuel ?? Number.POSITIVE_INFINITY;
    this.memory = new Memory(options.memoryLimit ?? DEFAULT_MEMORY, options.stackBytes ?? DEFAULT_STACK);
  }

  /** Makes the functions callable by name. They must not change while they are in use. */
  addFunctions(functions: Iterable<Function>): void {
    for (const func of functions) {
      const code = prepare(func);
      this.#callees.set(code.name, code);
    }
  }

  /** Makes a host function callable under a name as it is written: `%puts`. */
  addHostFunction(name: string, host: HostFunction): void {
    this.#callees.set(name, host);
  }

  /** Makes memory of the caller accessible and returns its address. */
  mapMemory(bytes: Uint8Array): bigint {
    return this.memory.map(bytes);
  }

  /** Says what address the symbol has that a global value names as it is written: `%table`. */
  defineSymbol(name: string, address: bigint): void {
    this.#symbols.set(name, address);
  }

  /**
   * Calls a function by its name as it is written (`%f`, `u0:1`).
   *
   * @throws GantryError if there is no such function or the arguments do not have its parameter types.
   */
  call(name: string, args: readonly DataValue[]): CallResult {
    const code = this.#callees.get(name);
    if (code === undefined || typeof code === "function") {
      const names = [...this.#callees].filter(([, c]) => typeof c !== "function").map(([n]) => n);
      throw errorOf("RUN0001", `no function is called ${name}`, {
        help: `there are: ${names.slice(0, 20).join(", ")}`,
      });
    }
    const given = args.map((a) => a.type);
    if (given.length !== code.paramTypes.length || given.some((t, k) => t !== code.paramTypes[k]))
      throw errorOf("RUN0002", `${name} takes ${listTypes(code.paramTypes)}, not ${listTypes(given)}`);
    return new Machine(this).run(code, args);
  }

  /** What the function's name `name` stands for, or undefined. */
  lookUp(func: Function, name: NameRef): Callee | undefined {
    const text = nameText(func, name);
    const own = this.#callees.get(text);
    if (own !== undefined) return own;
    const symbol =
      func.nameKind(name) === NAME_LIBCALL ? LIBCALLS[func.nameSpace(name)].symbol : text.slice(1);
    return RUNTIME.get(symbol);
  }

  /** The address of a function. */
  addressOf(callee: Callee): bigint {
    let index = this.#addresses.get(callee);
    if (index === undefined) {
      index = this.#byAddress.push(callee) - 1;
      this.#addresses.set(callee, index);
    }
    return BigInt(CODE_BASE + 16 * index);
  }

  /** An address that stands for an exceptional edge of a try_call. Nothing can be done with it but to compare it. */
  handlerAddress(code: Code, block: Block, index: number): bigint {
    const key = `${code.name} ${block} ${index}`;
    let handler = this.#handlers.get(key);
    if (handler === undefined) {
      handler = () => ({ undefined: "an exception handler is called like a function" });
      this.#handlers.set(key, handler);
    }
    return this.addressOf(handler);
  }

  /** The function at an address, or undefined. */
  atAddress(address: bigint): Callee | undefined {
    return this.#byAddress[(Number(address) - CODE_BASE) / 16];
  }

  /** The address of the symbol called `name` in the function, or undefined. */
  symbolAddress(func: Function, name: NameRef): bigint | undefined {
    const data = this.#symbols.get(nameText(func, name));
    if (data !== undefined) return data;
    const callee = this.lookUp(func, name);
    return callee === undefined ? undefined : this.addressOf(callee);
  }
}

const listTypes = (types: readonly Type[]): string => `(${types.map(typeName).join(", ")})`;
