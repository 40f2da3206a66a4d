/** Something that an encoder left for later, as the recording buffer saw it. */
export interface RecordedFixup {
  readonly offset: number;
  readonly what: "label" | "constant" | "symbol";
  /** Fix-up or relocation kind of the target. */
  readonly kind: number;
  readonly target: number;
  /** What an ELF relocation of the field would add. */
  readonly addend: number;
}

/** The part of a code buffer that encoders use, with everything recorded. */
export class RecordingBuffer {
  bytes: Uint8Array = new Uint8Array(64);
  length = 0;
  readonly fixups: RecordedFixup[] = [];
  readonly traps: number[] = [];
  #pending: { kind: number; bytes: number; target: number } | undefined;
  /** Relative fields are relative to their end plus this: the field's own size where the target counts from there. */
  readonly #fieldBytes: number;

  constructor(fieldBytes: number) {
    this.#fieldBytes = fieldBytes;
  }

  reset(): void {
    this.length = 0;
    this.fixups.length = 0;
    this.traps.length = 0;
    this.#pending = undefined;
  }

  /** The bytes so far, in an array of their own; the field of a branch is settled. */
  take(): Uint8Array {
    const branch = this.#pending;
    if (branch !== undefined) {
      const { kind, bytes, target } = branch;
      const offset = bytes - this.#fieldBytes;
      this.fixups.push({ offset, what: "label", kind, target, addend: -this.#fieldBytes });
    }
    return this.bytes.slice(0, this.length);
  }

  reserve(_bytes: number): void {}
  startInst(): void {}

  put1(x: number): void {
    this.bytes[this.length++] = x;
  }

  put2(x: number): void {
    this.put1(x);
    this.put1(x >> 8);
  }

  put4(x: number): void {
    this.put2(x);
    this.put2(x >> 16);
  }

  put2be(x: number): void {
    this.put1(x >> 8);
    this.put1(x);
  }

  put4be(x: number): void {
    this.put2be(x >> 16);
    this.put2be(x);
  }

  trap(code: number): void {
    this.traps.push(code);
  }

  branch(kind: number, bytes: number, label: number): void {
    this.#pending = { kind, bytes, target: label };
  }

  useLabel(label: number, kind: number, trailing = 0): void {
    const addend = -this.#fieldBytes - trailing;
    this.fixups.push({ offset: this.length, what: "label", kind, target: label, addend });
  }

  useConstant(constant: number, kind: number, trailing = 0): void {
    const addend = -this.#fieldBytes - trailing;
    this.fixups.push({ offset: this.length, what: "constant", kind, target: constant, addend });
  }

  reloc(kind: number, symbol: number, addend: number): void {
    this.fixups.push({ offset: this.length, what: "symbol", kind, target: symbol, addend });
  }
}
