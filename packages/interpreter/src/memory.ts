import { errorOf } from "@gantry/diag";

/** Addresses of functions: every sixteen bytes from here on. Nothing can be loaded from them. */
export const CODE_BASE = 0x1_0000;
const DATA_BASE = 0x1000_0000;
const STACK_TOP = 0x7fff_0000;
/** Distance between areas, so that an access beyond one does not reach the next. */
const GAP = 0x1_0000;
const FIRST_STACK = 4096;

interface Area {
  readonly start: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

const area = (start: number, bytes: Uint8Array): Area => ({
  start,
  bytes,
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
});

/** The address space of interpreted functions: areas that the caller maps, and a stack that grows downwards. */
export class Memory {
  readonly #areas: Area[] = [];
  readonly #limit: number;
  readonly #stackBytes: number;
  #mapped = 0;
  #nextData = DATA_BASE;
  /** The stack as far as it was ever used; it ends at the top. */
  #stack = area(STACK_TOP - FIRST_STACK, new Uint8Array(FIRST_STACK));
  /** The lowest address of the stack in use. */
  stackPointer = STACK_TOP;

  /** @param limit Greatest number of bytes of all areas and the stack. */
  constructor(limit: number, stackBytes: number) {
    this.#limit = limit;
    this.#stackBytes = Math.min(limit, stackBytes) & ~15;
    this.#mapped = this.#stackBytes;
  }

  /** Makes `bytes` accessible and returns their address. */
  map(bytes: Uint8Array): bigint {
    this.#mapped += bytes.length;
    if (this.#mapped > this.#limit || this.#nextData + bytes.length > STACK_TOP - this.#stackBytes - GAP)
      throw errorOf(
        "RUN0004",
        `${bytes.length} more bytes of memory exceed the limit of ${this.#limit}; raise memoryLimit`,
      );
    const start = this.#nextData;
    this.#areas.push(area(start, bytes));
    this.#nextData = (start + bytes.length + 2 * GAP - 1) & ~(GAP - 1);
    return BigInt(start);
  }

  /** Reserves `bytes` of zeros on the stack at a multiple of `align`; false if there is no room. */
  push(bytes: number, align: number): boolean {
    const pointer = Math.floor((this.stackPointer - bytes) / align) * align;
    if (pointer < STACK_TOP - this.#stackBytes) return false;
    if (pointer < this.#stack.start) this.#growStack(STACK_TOP - pointer);
    const { start, bytes: stack } = this.#stack;
    stack.fill(0, pointer - start, this.stackPointer - start);
    this.stackPointer = pointer;
    return true;
  }

  #growStack(bytes: number): void {
    const old = this.#stack.bytes;
    const size = Math.max(bytes, 2 * old.length);
    const grown = new Uint8Array(size);
    grown.set(old, size - old.length);
    this.#stack = area(STACK_TOP - size, grown);
  }

  /** The area that holds all of the `size` bytes at `address`; bytes below the stack pointer are in none. */
  #find(address: number, size: number): Area | undefined {
    if (address >= this.stackPointer) return address + size <= STACK_TOP ? this.#stack : undefined;
    for (const a of this.#areas)
      if (address >= a.start && address + size <= a.start + a.bytes.length) return a;
    return undefined;
  }

  /** Whether the `size` bytes at `address` are accessible. */
  has(address: bigint, size: number): boolean {
    return size === 0 || this.#find(Number(address), size) !== undefined;
  }

  /** The `size` bytes at `address` as a little-endian number, or undefined if they are not all accessible. */
  read(address: bigint, size: number): bigint | undefined {
    const from = Number(address);
    const a = this.#find(from, size);
    if (a === undefined) return undefined;
    const at = from - a.start;
    if (size === 8) return a.view.getBigUint64(at, true);
    if (size === 4) return BigInt(a.view.getUint32(at, true));
    let x = 0n;
    for (let k = size - 1; k >= 0; k--) x = (x << 8n) | BigInt(a.bytes[at + k]);
    return x;
  }

  /** Writes a little-endian number of `size` bytes; false if they are not all accessible. */
  write(address: bigint, size: number, x: bigint): boolean {
    const to = Number(address);
    const a = this.#find(to, size);
    if (a === undefined) return false;
    const at = to - a.start;
    if (size === 8) a.view.setBigUint64(at, x, true);
    else
      for (let k = 0; k < size; k++) {
        a.bytes[at + k] = Number(x & 255n);
        x >>= 8n;
      }
    return true;
  }

  /** The bytes themselves, or undefined if they are not all accessible. */
  view(address: bigint, size: number): Uint8Array | undefined {
    if (size === 0) return new Uint8Array(0);
    const from = Number(address);
    const a = this.#find(from, size);
    return a?.bytes.subarray(from - a.start, from - a.start + size);
  }
}
