/** What tests read of COFF files, from Microsoft's "PE Format" and independent of what writes them. */

export interface CoffSection {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly relocations: readonly {
    readonly offset: number;
    readonly type: number;
    readonly symbol: string;
  }[];
}

export function readCoff(from: Uint8Array): CoffSection[] {
  // A Buffer's slices are views of it.
  const file = new Uint8Array(from);
  const view = new DataView(file.buffer);
  const u16 = (at: number) => view.getUint16(at, true);
  const u32 = (at: number) => view.getUint32(at, true);
  const symbols = u32(8);
  const strings = symbols + 18 * u32(12);
  const textAt = (at: number): string => {
    let end = at;
    while (file[end] !== 0) end++;
    return new TextDecoder().decode(file.subarray(at, end));
  };
  const short = (at: number): string => textAt(at).slice(0, 8);
  const symbolName = (index: number): string => {
    const at = symbols + 18 * index;
    return u32(at) === 0 ? textAt(strings + u32(at + 4)) : short(at);
  };
  return Array.from({ length: u16(2) }, (_, k) => {
    const at = 20 + 40 * k;
    const start = u32(at + 20);
    const relocations = u32(at + 24);
    return {
      name: short(at),
      bytes: file.slice(start, start + (start === 0 ? 0 : u32(at + 16))),
      relocations: Array.from({ length: u16(at + 32) }, (_, r) => {
        const row = relocations + 10 * r;
        return { offset: u32(row), type: u16(row + 8), symbol: symbolName(u32(row + 4)) };
      }),
    };
  });
}
