/** The rule host of x86-64. */
import { type GlobalValue, type Inst, KNOWN_SYMBOLS, LIBCALLS, type Value } from "@gantry/clif-ir";
import { CLOBBER_ALL, CLOBBER_CALLER_SAVED } from "./clobbers.ts";
import { registerDef, registerUse } from "./host/params.ts";
import { X64TryCalls } from "./host/try-calls.ts";
import { GENERAL, RAX, RDI, RDX, RSI } from "./registers.ts";
import { Reloc } from "./relocs.ts";

/** Numbers in clif-ir's tables of runtime functions and of symbols that linkers define. */
const TLS_GET_ADDR = LIBCALLS.findIndex((l) => l.name === "ElfTlsGetAddr");
const TLS_INDEX = KNOWN_SYMBOLS.findIndex((k) => k.name === "CoffTlsIndex");

/**
 * The class whose methods the rules call by name. Its layers, each on the one above:
 *
 * | file | class | what it has |
 * |---|---|---|
 * | `generated/insts.ts` | `X64Insts` | a method for each row of the instruction tables |
 * | `host/constants.ts` | `X64Constants` | constants in registers and memory, lanes of vectors, division by constants |
 * | `host/operands.ts` | `X64Operands` | values in registers or memory, addresses, conditions, features |
 * | `host/params.ts` | `X64Params` | the function's own parameters and results |
 * | `host/calls.ts` | `X64Calls` | calls |
 * | `host/try-calls.ts` | `X64TryCalls` | calls with handlers |
 * | this one | `X64Host` | what else behaves like a call: thread-local symbols, other stacks, marks |
 *
 * What serves all targets is below `X64Insts`: `LowerContext` of codegen-core.
 */
export class X64Host extends X64TryCalls {
  gen_sequence_point(i: Inst): number {
    if (this.func.hasSide(i)) {
      this.mark();
      this.markSite(i, 0);
    }
    return this.output_none();
  }

  gen_tls_value(gv: GlobalValue): number {
    const { func, symbols } = this;
    const symbol = symbols.global(gv);
    const lo = func.gvOffset(gv);
    let address: number;
    switch (this.settings.enum("tls_model")) {
      case "elf_gd":
        address = this.#foundByCall((list) =>
          this.tls_elf(
            symbol,
            Reloc.tlsGeneral,
            symbols.libcall(TLS_GET_ADDR),
            Reloc.plt4,
            CLOBBER_CALLER_SAVED,
            list,
          ),
        );
        break;
      case "macho":
        address = this.#foundByCall((list) =>
          this.tls_macho(symbol, Reloc.tlsDescriptor, CLOBBER_CALLER_SAVED, list),
        );
        break;
      default:
        address = this.tls_coff(symbol, Reloc.sectionOffset, symbols.known(TLS_INDEX), Reloc.pcRel4);
    }
    if (func.gvOffsetHi(gv) !== lo >> 31)
      return this.addq_rm(address, this.gpr_const64(lo, func.gvOffsetHi(gv)));
    return lo === 0 ? address : this.leaq_rm(this.amode_offset(address, lo));
  }

  /** The register in which a call without arguments of ours gives its result. */
  #foundByCall(emit: (list: number) => void): number {
    const result = this.newReg(GENERAL);
    this.frame.hasCalls = true;
    this.loses(CLOBBER_CALLER_SAVED);
    this.listOperand(result, registerDef(RAX));
    emit(this.takeList());
    return result;
  }

  gen_stack_switch(store: Value, load: Value, payload: Value): number {
    const result = this.newReg(GENERAL);
    this.frame.hasCalls = true;
    this.loses(CLOBBER_ALL);
    this.listOperand(this.putInReg(store), registerUse(RSI));
    this.listOperand(this.putInReg(load), registerUse(RDX));
    this.listOperand(this.putInReg(payload), registerUse(RDI));
    this.listOperand(result, registerDef(RDI));
    const tib = this.settings.enum("stack_switch_model") === "update_windows_tib" ? 1 : 0;
    // The frame pointer is saved in the context, whatever it holds.
    this.switch_stack(tib, CLOBBER_ALL, this.takeList());
    return result;
  }
}
