/** Settings that every target shares; targets declare their own in the same form. */
interface Named {
  readonly name: string;
  readonly doc?: string;
}

export type SettingRow =
  | (Named & { readonly kind: "bool"; readonly default: boolean })
  | (Named & { readonly kind: "num"; readonly default: number })
  | (Named & { readonly kind: "enum"; readonly default: string; readonly values: readonly string[] });

/** A name that switches several bools on. */
export interface PresetRow {
  readonly name: string;
  readonly enables: readonly string[];
}

export interface SettingTable {
  readonly settings: readonly SettingRow[];
  readonly presets: readonly PresetRow[];
}

export const SHARED_SETTINGS: SettingTable = {
  settings: [
    { name: "regalloc_algorithm", kind: "enum", default: "linear", values: ["linear", "backtracking", "single_pass"], doc: "Register allocation algorithm." },
    { name: "opt_level", kind: "enum", default: "none", values: ["none", "speed", "speed_and_size"], doc: "Optimise not at all, for speed, or for speed and size." },
    { name: "tls_model", kind: "enum", default: "none", values: ["none", "elf_gd", "macho", "coff"], doc: "How thread-local symbols are reached." },
    { name: "stack_switch_model", kind: "enum", default: "none", values: ["none", "basic", "update_windows_tib"], doc: "How stack_switch saves and restores stacks." },
    { name: "libcall_call_conv", kind: "enum", default: "isa_default", values: ["isa_default", "fast", "system_v", "windows_fastcall", "apple_aarch64", "probestack", "preserve_all"], doc: "Calling convention of runtime functions." },
    { name: "default_call_conv", kind: "enum", default: "system_v", values: ["system_v", "windows_fastcall", "apple_aarch64"], doc: "Calling convention of the operating system, which `fast` stands for and runtime functions have unless libcall_call_conv says otherwise; triples of Windows set it." },
    { name: "probestack_size_log2", kind: "num", default: 12, doc: "Log2 of the distance between stack probes." },
    { name: "probestack_strategy", kind: "enum", default: "outline", values: ["outline", "inline"], doc: "Probe the stack in the function itself or through a call." },
    { name: "bb_padding_log2_minus_one", kind: "num", default: 0, doc: "Pad blocks, to test long branches: log2 of the bytes plus one; 0 is none." },
    { name: "log2_min_function_alignment", kind: "num", default: 0, doc: "Log2 of the least alignment of functions." },
    { name: "regalloc_checker", kind: "bool", default: false, doc: "Check the result of register allocation symbolically." },
    { name: "regalloc_verbose_logs", kind: "bool", default: false, doc: "Keep a log of register allocation." },
    { name: "enable_alias_analysis", kind: "bool", default: true, doc: "Eliminate redundant loads and dead stores when optimising." },
    { name: "enable_verifier", kind: "bool", default: true, doc: "Verify functions before they are compiled." },
    { name: "is_pic", kind: "bool", default: false, doc: "Generate position-independent code." },
    { name: "use_colocated_libcalls", kind: "bool", default: false, doc: "Assume that runtime functions are within reach of direct calls." },
    { name: "enable_nan_canonicalization", kind: "bool", default: false, doc: "Make every NaN result the canonical quiet NaN." },
    { name: "enable_pinned_reg", kind: "bool", default: false, doc: "Reserve the register that get_pinned_reg reads." },
    { name: "enable_llvm_abi_extensions", kind: "bool", default: false, doc: "Allow what LLVM adds to the platform's calling conventions, such as i128 in registers." },
    { name: "enable_multi_ret_implicit_sret", kind: "bool", default: false, doc: "Return what does not fit registers through a hidden pointer." },
    { name: "unwind_info", kind: "bool", default: true, doc: "Generate unwind information." },
    { name: "preserve_frame_pointers", kind: "bool", default: false, doc: "Keep a frame pointer in every function." },
    { name: "machine_code_cfg_info", kind: "bool", default: false, doc: "Record where blocks start in the code." },
    { name: "enable_probestack", kind: "bool", default: false, doc: "Touch every page of large frames." },
    { name: "enable_heap_access_spectre_mitigation", kind: "bool", default: true, doc: "Guard heap accesses against speculation." },
    { name: "enable_table_access_spectre_mitigation", kind: "bool", default: true, doc: "Guard table accesses and jump tables against speculation." },
    { name: "enable_incremental_compilation_cache_checks", kind: "bool", default: false, doc: "Compare cached code with freshly compiled code." },
    { name: "enable_compact_unwind_abi", kind: "bool", default: false, doc: "Keep to frames that compact unwind tables can describe." },
  ],
  presets: [],
};
