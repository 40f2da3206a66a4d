import type { CommandRow, OptionRow } from "./command.ts";

// One row is one command of `gantry`; its module is loaded when it is asked for and not before.

const target: OptionRow = { flags: "--target <triple>", help: "machine to compile for (LLVM triple or architecture name)" };
const set: OptionRow = { flags: "--set <name[=value]>", help: "a setting or a processor, by Cranelift's name; 'native' is the processor of this machine", many: true };
const level: OptionRow = { flags: "-O, --opt-level <level>", help: "how hard to optimise", choices: ["none", "speed", "speed_and_size"] };
const output: OptionRow = { flags: "-o, --output <file>", help: "where to write; '-' is standard output" };
const passes: readonly OptionRow[] = [
  { flags: "--dump <pass>", help: "print the function after this pass ('all': after each)", many: true },
  { flags: "--stop-after <pass>", help: "leave the pipeline after this pass" },
  { flags: "--time-passes", help: "print how long each pass took" },
  { flags: "--check <when>", help: "run every pass's checker", choices: ["each"] },
];

const rules: readonly OptionRow[] = [
  { flags: "--trace-isle [mode]", help: "print the rules that fire; with 'why' also those that were tried", choices: ["why"] },
  { flags: "--coverage <file>", help: "write how often each rule fired ('gantry isle cover' reads it)" },
];

export const commands: readonly CommandRow[] = [
  {
    name: "compile", args: "<input>", help: "compile CLIF to an object, or to one of the stages on the way there",
    options: [
      output, target, level, set,
      { flags: "--emit <kind>", help: "what to write", choices: ["obj", "asm", "bytes", "clif", "vcode", "regalloc"] },
      { flags: "--source <file>", help: "the file whose lines the source locations (@0001) are, for debuggers; IN.clif is of IN by itself" },
      ...passes,
      ...rules,
    ],
    load: () => import("./commands/compile.ts"),
  },
  {
    name: "run", args: "<input> [function] [args...]", help: "compile for this machine and call; without FUNCTION obey the '; run:' lines",
    options: [level, set, ...rules], load: () => import("./commands/run.ts"),
  },
  {
    name: "interpret", args: "<input> [function] [args...]", help: "as run, through the interpreter",
    options: [{ flags: "--fuel <n>", help: "stop after this many instructions" }], load: () => import("./commands/interpret.ts"),
  },
  {
    name: "test", args: "<path...>", help: "run filetests; the last line is 'N passed, N failed, N skipped'",
    options: [
      { flags: "--target <arch>", help: "keep only the target lines of this architecture", many: true },
      { flags: "--also <arch>", help: "add a target line to every file", many: true },
      { flags: "--set <name[=value]>", help: "a setting for what runs natively, behind those of the file; 'native': all features of this machine", many: true },
      { flags: "--strict", help: "a skip is a failure unless a host feature or a tool is missing" },
      { flags: "--bless", help: "rewrite the expectations of precise-output tests" },
      { flags: "--jobs <n>", help: "worker threads" },
      { flags: "--verbose", help: "list every test and every skip" },
      { flags: "--coverage <file>", help: "write how often each rule fired ('gantry isle cover' reads it)" },
    ],
    load: () => import("./commands/test.ts"),
  },
  { name: "cat", args: "<input>", help: "read CLIF and print it", options: [output], load: () => import("./commands/cat.ts") },
  {
    name: "print-cfg", args: "<input>", help: "print the control flow of every function as a Graphviz graph",
    options: [output, { flags: "--svg", help: "draw it (one function)" }, { flags: "--function <name>", help: "only this function" }],
    load: () => import("./commands/print-cfg.ts"),
  },
  {
    name: "bugpoint", args: "<input> [command...]", help: "shrink CLIF while COMMAND, given the file as {}, keeps failing (write -- before COMMAND); without COMMAND while Gantry itself fails",
    options: [output, target, level, set], load: () => import("./commands/bugpoint.ts"),
  },
  {
    name: "isle", args: "<command> [args...]", help: "ISLE rules: check, build, fmt, explain, cover (each has a usage line of its own)",
    options: [], passThrough: true, load: () => import("./commands/isle.ts"),
  },
  { name: "targets", args: "[triple]", help: "targets, their settings, and the operations each lacks", options: [], load: () => import("./commands/targets.ts") },
  {
    name: "worker", args: "", help: "requests on standard input, answers on standard output (docs/protocol.md)",
    options: [
      { flags: "--jobs <n>", help: "compiling threads" },
      { flags: "--cache <dir>", help: "keep compiled functions in this directory" },
      { flags: "--cache-size <bytes>", help: "about how much the directory may hold" },
      { flags: "--cache-url <url>", help: "share compiled functions through an HTTP cache" },
      { flags: "--cache-check <rate>", help: "compile this share of cached functions again and compare" },
      { flags: "--max-frame <bytes>", help: "longest frame that is accepted" },
      { flags: "--max-memory <bytes>", help: "how far the process may grow" },
    ],
    load: () => import("./commands/worker.ts"),
  },
  {
    name: "regalloc", args: "<input>", help: "solve register allocation problems ('compile --emit regalloc' writes them) and check the solutions",
    options: [
      { flags: "--algorithm <name>", help: "the allocator", choices: ["linear", "single_pass", "backtracking"] },
      { flags: "--print", help: "print the solutions" },
    ],
    load: () => import("./commands/regalloc.ts"),
  },
];
