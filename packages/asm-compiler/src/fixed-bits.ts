/** Reads bit diagrams. */

/** A run of bits of an operand's field value and where it stands in the instruction; bit 0 is the least significant. */
export interface Slice {
  readonly key: string;
  /** Part of a memory operand, otherwise empty. */
  readonly part: "" | "base" | "index" | "disp" | "scale";
  /** Lowest bit of the run in the field value. */
  readonly from: number;
  readonly width: number;
  /** Lowest bit of the run in the instruction. */
  readonly to: number;
  /** Written as `name[7:3]`: bits of the value itself, of which low ones may be absent because they are zero. */
  readonly ofValue: boolean;
}

/** A diagram, taken apart. */
export interface Diagram {
  readonly bytes: number;
  /** Bits that are given, and where. */
  readonly match: bigint;
  readonly mask: bigint;
  readonly slices: readonly Slice[];
}

/** Parses a diagram; answers with a sentence if it is malformed. */
export function parseDiagram(bits: string): Diagram | string {
  const parts: (Partial<Slice> & { readonly literal?: string; readonly width: number })[] = [];
  for (const word of bits.trim().split(/\s+/)) {
    if (/^[01]+$/.test(word)) parts.push({ literal: word, width: word.length });
    else if (/^0x[0-9A-F]+$/.test(word)) {
      const width = (word.length - 2) * 4;
      parts.push({ literal: BigInt(word).toString(2).padStart(width, "0"), width });
    } else {
      const match = /^([a-z]\w*)(?:\.(base|index|disp|scale))?(?::(\d+)|\[([\d:|]+)\])$/.exec(word);
      if (match === null) return `"${word}" is neither digits nor a field`;
      const key = match[1]!;
      const part = (match[2] ?? "") as Slice["part"];
      if (match[3] !== undefined) parts.push({ key, part, from: 0, width: Number(match[3]), ofValue: false });
      else
        for (const run of match[4]!.split("|")) {
          const [high, low = high] = run.split(":").map(Number) as [number, number?];
          if (low === undefined || high < low)
            return `"${run}" in "${word}" is not a range of bits, the higher first`;
          parts.push({ key, part, from: low, width: high - low + 1, ofValue: true });
        }
    }
  }
  const total = parts.reduce((sum, p) => sum + p.width, 0);
  if (total !== 16 && total !== 32 && total !== 48)
    return `the diagram has ${total} bits instead of 16, 32 or 48`;
  let match = 0n;
  let mask = 0n;
  const slices: Slice[] = [];
  let at = total;
  for (const p of parts) {
    at -= p.width;
    if (p.literal !== undefined) {
      match |= BigInt(`0b${p.literal}`) << BigInt(at);
      mask |= ((1n << BigInt(p.width)) - 1n) << BigInt(at);
      continue;
    }
    // Generated code works on the low 32 bits and the rest separately.
    const below = at < 32 && at + p.width > 32 ? 32 - at : 0;
    const field = p as Slice;
    if (below > 0) slices.push({ ...field, width: below, to: at });
    slices.push({ ...field, from: field.from + below, width: p.width - below, to: at + below });
  }
  return { bytes: total / 8, match, mask, slices };
}

/** The bits of each field that `slices` cover: a mask by `key` or `key.part`, or the field that is covered twice. */
export function coverage(slices: readonly Slice[]): Map<string, bigint> | string {
  const out = new Map<string, bigint>();
  for (const s of slices) {
    const field = s.part === "" ? s.key : `${s.key}.${s.part}`;
    const bits = ((1n << BigInt(s.width)) - 1n) << BigInt(s.from);
    const before = out.get(field) ?? 0n;
    if ((before & bits) !== 0n) return field;
    out.set(field, before | bits);
  }
  return out;
}
