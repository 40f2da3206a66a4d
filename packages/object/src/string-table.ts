import { ByteSink } from "@gantry/entity";

/** A string table: NUL-terminated strings, each once, behind a few zeroes, where the empty one is. */
export class StringTable {
  readonly sink = new ByteSink("little", 4096);
  readonly #offsets = new Map<string, number>([["", 0]]);

  /** @param head Number of zeroes in front: 1 in ELF, 4 in COFF, which keeps the table's length there. */
  constructor(head: number) {
    for (let k = 0; k < head; k++) this.sink.u8(0);
  }

  /** The offset of `text`, which is added if it is not there. */
  add(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const at = this.sink.length;
    utf8(this.sink, text);
    this.sink.u8(0);
    this.#offsets.set(text, at);
    return at;
  }
}

/** Appends `text` as UTF-8. */
export function utf8(out: ByteSink, text: string): void {
  out.reserve(text.length * 3);
  for (let i = 0; i < text.length; i++) {
    const c = text.codePointAt(i)!;
    if (c < 0x80) out.u8(c);
    else if (c < 0x800) {
      out.u8(0xc0 | (c >> 6));
      out.u8(0x80 | (c & 63));
    } else if (c < 0x10000) {
      out.u8(0xe0 | (c >> 12));
      out.u8(0x80 | ((c >> 6) & 63));
      out.u8(0x80 | (c & 63));
    } else {
      i++;
      out.u8(0xf0 | (c >> 18));
      out.u8(0x80 | ((c >> 12) & 63));
      out.u8(0x80 | ((c >> 6) & 63));
      out.u8(0x80 | (c & 63));
    }
  }
}
