/**
 * Compares a generated encoder, printer and decoder with `llvm-mc`, and with each other.
 *
 * For each sample of a row: (1) the printed text is assembled and must give the same bytes and relocations. Where an
 * instruction has several encodings, the assembler may choose another than the row. Such a pair passes if both
 * disassemble to the same text and ours is not longer. (2) Decoding our bytes must give the row and the operands.
 */
import { type RecordedFixup, RecordingBuffer } from "./buffer.ts";
import { type AssembledLine, assemble, disassemble, FILL, type LlvmTarget } from "./llvm.ts";

/** One sample: a record as lowering and allocation leave it. */
export interface Sample {
  readonly row: string;
  readonly words: Int32Array;
  /** Trap codes that the encoder must record. */
  readonly traps: readonly number[];
}

/** What is generated for a target, and how to judge it. */
export interface Subject {
  readonly llvm: LlvmTarget;
  /** How the bytes that fill slots disassemble. */
  readonly fillText: string;
  /** Whether other rows name this one as their short form: they choose the best, this one is taken literally. */
  isShortForm(row: string): boolean;
  /** Whether the assembler exchanged operands to get a shorter prefix: ours is longer, the text may be in another order. */
  mayBeLonger(ours: Uint8Array, theirs: Uint8Array): boolean;
  /** Makes equal what different encodings of one instruction may print differently. */
  normalise(text: string): string;
  readonly separator: { readonly bytes: readonly number[]; readonly text: string };
  /** Bytes of the relative field from whose end distances count; 0 where they count from its start. */
  readonly fieldBytes: number;
  encode(words: Int32Array, at: number, buf: RecordingBuffer): void;
  /**
   * Text for the assembler: labels, constants and symbols are `label1`, `constant1`, `symbol1`. `decoded` is what our bytes decode as:
   * where the assembler does not choose short forms itself, that is what it must be given.
   */
  print(words: Int32Array, decoded: Int32Array | undefined): string;
  decode(
    bytes: Uint8Array,
  ):
    | { readonly opcode: number; readonly length: number; readonly words: Int32Array; readonly text: string }
    | undefined;
  /** Empty if the decoded record means the same as the sample, otherwise what differs. */
  difference(sample: Sample, decoded: { readonly opcode: number; readonly words: Int32Array }): string;
  /** Whether the relocation that the assembler wrote is of our kind. */
  relocationMatches(type: number, what: "label" | "constant" | "symbol", kind: number): boolean;
}

/** What was compared. */
export interface Comparison {
  samples: number;
  /** Equal bytes. */
  equal: number;
  /** Another encoding of the same instruction. */
  otherEncoding: number;
  relocations: number;
  traps: number;
  decoded: number;
  readonly failures: string[];
}

/** Bytes as people read them. */
export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join(" ");

/** Runs all comparisons over `samples`. */
export function compareWithLlvm(subject: Subject, samples: readonly Sample[]): Comparison {
  const result: Comparison = {
    samples: samples.length,
    equal: 0,
    otherEncoding: 0,
    relocations: 0,
    traps: 0,
    decoded: 0,
    failures: [],
  };
  const fail = (i: number, why: string): void => {
    result.failures.push(`${samples[i]!.row}: ${texts[i]}: ${why}`);
  };
  const buf = new RecordingBuffer(subject.fieldBytes);
  const encoded = samples.map(({ words }) => {
    buf.reset();
    subject.encode(words, 0, buf);
    const bytes = buf.take();
    return { bytes, fixups: [...buf.fixups], traps: [...buf.traps], decoded: subject.decode(bytes) };
  });
  const texts = samples.map((s, i) => subject.print(s.words, encoded[i]!.decoded?.words));
  const { lines, errors } = assemble(subject.llvm, texts);
  const differing: number[] = [];
  const ours = encoded.map((e) => e.bytes);
  samples.forEach((sample, i) => {
    const { bytes, fixups, traps, decoded } = encoded[i]!;
    if (String(traps) !== String(sample.traps)) fail(i, `records traps [${traps}], not [${sample.traps}]`);
    result.traps += traps.length;
    const theirs = lines[i];
    if (theirs === undefined) fail(i, `llvm-mc refuses it: ${errors.get(i)}`);
    else if (sameBytes(bytes, theirs.bytes)) {
      result.equal++;
      const why = relocationDifference(subject, fixups, theirs);
      if (why === "") result.relocations += fixups.length;
      else fail(i, why);
    } else differing.push(i);
    if (decoded === undefined) fail(i, `our bytes ${hex(bytes)} do not decode`);
    else if (decoded.length !== bytes.length) fail(i, `${hex(bytes)} decodes with length ${decoded.length}`);
    else {
      const why = subject.difference(sample, decoded);
      if (why === "") result.decoded++;
      else fail(i, `${hex(bytes)} decodes as "${decoded.text}": ${why}`);
    }
  });
  const a = disassemble(
    subject.llvm,
    differing.map((i) => ours[i]!),
    subject.separator,
  );
  const b = disassemble(
    subject.llvm,
    differing.map((i) => lines[i]!.bytes),
    subject.separator,
  );
  differing.forEach((i, k) => {
    // What the assembler left of the slot disassembles as fill, from which we know the length.
    const parts = b[k]?.split("; ") ?? [];
    const fill = parts.length - 1 - parts.findLastIndex((text) => text !== subject.fillText);
    const theirs = lines[i]!.bytes.subarray(0, subject.llvm.slot - fill);
    const text = parts.slice(0, parts.length - fill).join("; ");
    const mayBeLonger = subject.mayBeLonger(ours[i]!, theirs);
    const same = (line: string): string => {
      const plain = subject.normalise(line);
      return mayBeLonger ? plain.split(/[ ,]+/).sort().join(" ") : plain;
    };
    if (a[k] === undefined || same(a[k]) !== same(text))
      fail(i, `ours ${hex(ours[i]!)} is "${a[k]}", llvm-mc's ${hex(theirs)} is "${text}"`);
    else if (
      a[k] === text &&
      ours[i]!.length > theirs.length &&
      !mayBeLonger &&
      !subject.isShortForm(samples[i]!.row)
    )
      fail(i, `ours ${hex(ours[i]!)} is longer than llvm-mc's ${hex(theirs)}`);
    else result.otherEncoding++;
  });
  return result;
}

function sameBytes(ours: Uint8Array, slot: Uint8Array): boolean {
  for (let k = 0; k < slot.length; k++) if (slot[k] !== (k < ours.length ? ours[k] : FILL)) return false;
  return true;
}

const NAME = { label: "label", constant: "constant", symbol: "symbol" } as const;

function relocationDifference(
  subject: Subject,
  fixups: readonly RecordedFixup[],
  line: AssembledLine,
): string {
  if (fixups.length !== line.relocations.length)
    return `${fixups.length} fix-ups, llvm-mc has ${line.relocations.length} relocations`;
  for (let k = 0; k < fixups.length; k++) {
    const our = fixups[k]!;
    const their = line.relocations[k]!;
    const name = NAME[our.what] + our.target;
    if (our.offset !== their.offset || name !== their.symbol || our.addend !== their.addend)
      return `fix-up ${name}${our.addend} at ${our.offset}, llvm-mc has ${their.symbol}${their.addend} at ${their.offset}`;
    if (!subject.relocationMatches(their.type, our.what, our.kind))
      return `relocation kind ${our.kind} is not ${their.type}`;
  }
  return "";
}
