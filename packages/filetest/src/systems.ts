/** An operating system: what its name in a triple decides. */
export interface SystemRow {
  readonly name: string;
  /** Found in a triple behind the architecture. */
  readonly spellings: RegExp;
  /** What Node calls it, if code for it can run where Node does. */
  readonly platform?: string;
  /** The format of its object files. */
  readonly format: "elf" | "coff" | "macho";
  /** Settings that are not as for other systems. */
  readonly settings: readonly string[];
}

/** Everything that uses ELF and System V's conventions; short architecture names mean it. */
const linux: SystemRow = {
  name: "Linux",
  spellings: /^/,
  platform: "linux",
  format: "elf",
  settings: [],
};

const systems: readonly SystemRow[] = [
  {
    name: "Windows",
    spellings: /-(windows|uefi|cygwin)/,
    platform: "win32",
    format: "coff",
    // A stack grows by the page that is touched, so no function may jump over one.
    settings: [
      "default_call_conv=windows_fastcall",
      "enable_probestack",
      "probestack_strategy=inline",
      "tls_model=coff",
    ],
  },
  {
    name: "macOS",
    spellings: /-(apple|darwin|macosx?|ios)/,
    platform: "darwin",
    format: "macho",
    settings: [],
  },
];

/** The operating system that a triple names. */
export function systemOf(triple: string): SystemRow {
  return systems.find((row) => row.spellings.test(triple)) ?? linux;
}
