/**
 * What generated code says of its calls, in sections that a runtime reads: exception handlers and stack maps. The format
 * is in docs/exceptions.md. The sections have names of C identifiers, so that linkers define `__start_` and `__stop_`
 * symbols for them.
 */
import { CALL_SITE_WORDS, type CompiledCode, HANDLER_WORDS, HandlerKind } from "@gantry/codegen-core";
import { ByteSink, type Endian, I32List } from "@gantry/entity";
import { type FileSection, relocate, section, sectionStart, TEXT } from "./sections.ts";

/** Words of a row of {@link CallTable.addresses}. */
const ADDRESS_WORDS = 2;

/** One section while functions are defined. */
export interface CallTable {
  readonly name: string;
  readonly sink: ByteSink;
  /** Rows of (offset of a field that holds the distance from itself to code, offset of that code in .text). */
  readonly addresses: I32List;
}

const table = (name: string, endian: Endian): CallTable => ({
  name,
  sink: new ByteSink(endian, 64),
  addresses: new I32List(),
});

export class CallTables {
  readonly handlers: CallTable;
  readonly stackMaps: CallTable;

  constructor(endian: Endian) {
    this.handlers = table("gantry_handlers", endian);
    this.stackMaps = table("gantry_stack_maps", endian);
  }

  /**
   * The sections that are not empty.
   *
   * @param kind The relocation kind for a distance of 4 bytes.
   */
  sections(kind: number): FileSection[] {
    const filled = [this.handlers, this.stackMaps].filter(({ sink }) => sink.length > 0);
    return filled.map(({ name, sink, addresses }) => {
      const relocations = new I32List();
      for (let i = 0; i < addresses.length; i += ADDRESS_WORDS)
        relocate(relocations, addresses.at(i), kind, sectionStart(TEXT), addresses.at(i + 1));
      return section(name, "tables", 4, sink, relocations);
    });
  }

  /** Adds the calls of a function at `textOffset`. */
  add(code: CompiledCode, textOffset: number): void {
    const sites = code.callSites.data;
    for (let i = 0; i < code.callSites.length; i += CALL_SITE_WORDS) {
      if (sites[i + 1] >= 0) this.#stackMap(code, sites[i + 1], textOffset + sites[i]);
      if (sites[i + 3] > 0) this.#handlers(code, i, textOffset);
    }
  }

  #returnAddress({ sink, addresses }: CallTable, at: number): void {
    addresses.push(sink.length);
    addresses.push(at);
    sink.u32(0);
  }

  #handlers(code: CompiledCode, site: number, textOffset: number): void {
    const { sink } = this.handlers;
    const [returnAt, , first, count] = code.callSites.data.subarray(site, site + CALL_SITE_WORDS);
    this.#returnAddress(this.handlers, textOffset + returnAt!);
    sink.u32(code.framePointerAt);
    sink.u32(count!);
    const rows = code.handlers.data;
    for (let k = first!; k < first! + count!; k++) {
      const at = k * HANDLER_WORDS;
      sink.u32(rows[at]);
      sink.u32(rows[at + 1]);
      sink.u32(rows[at] === HandlerKind.context ? 0 : rows[at + 2] - returnAt!);
    }
  }

  #stackMap(code: CompiledCode, map: number, returnAt: number): void {
    const { sink } = this.stackMaps;
    this.#returnAddress(this.stackMaps, returnAt);
    const words = 2 + 2 * code.stackMaps.at(map + 1);
    for (let k = 0; k < words; k++) sink.u32(code.stackMaps.at(map + k));
  }
}
