/** Renews the generated sections of docs/clif.md: `node scripts/docs.ts`. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ATOMIC_RMW_OPS } from "../src/atomic-ops.ts";
import { CALL_CONVS } from "../src/call-conv.ts";
import { READER_CODES, SETTING_CODES, VERIFIER_CODES } from "../src/codes.table.ts";
import { FLOAT_CC_NAMES, INT_CC_NAMES } from "../src/condition-codes.ts";
import { FORMATS } from "../src/formats.table.ts";
import { SHARED_SETTINGS } from "../src/settings.table.ts";
import { TRAP_CODE_NAMES } from "../src/trap-codes.ts";
import { TYPE_SETS } from "../src/type-sets.table.ts";
import { opcodes } from "./rows.ts";

const PAGE = fileURLToPath(new URL("../../../docs/clif.md", import.meta.url));

const escaped = (text: string): string => text.replaceAll("|", "\\|");

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

const code = (text: string): string => (text === "" ? "" : `\`${text}\``);

function opcodeTable(): string {
  return table(
    ["opcode", "T", "operands", "results", "effects", "meaning"],
    opcodes.map(({ row }) => [
      code(row.name),
      row.T ?? "",
      code(row.in ?? ""),
      code(row.out ?? ""),
      (row.flags ?? "")
        .split(" ")
        .filter((f) => f !== "builder_imm_method" && f !== "makes_nan")
        .join(" ")
        .replaceAll("_", " "),
      row.doc,
    ]),
  );
}

const numbers = (list: readonly number[]): string => list.join(" ");

function typeSetTable(): string {
  return table(
    ["set", "integer widths", "float widths", "lanes", "lanes of dynamic vectors"],
    Object.entries(TYPE_SETS).map(([name, s]) => [
      name,
      numbers(s.ints),
      numbers(s.floats),
      numbers(s.lanes),
      numbers(s.dynamicLanes),
    ]),
  );
}

function codeTable(codes: Readonly<Record<string, readonly [string, string]>>): string {
  return table(
    ["code", "what is wrong"],
    Object.values(codes).map(([c, text]) => [c, text]),
  );
}

function settingTable(): string {
  return table(
    ["setting", "default", "values", "meaning"],
    SHARED_SETTINGS.settings.map((s) => [
      code(s.name),
      String(s.default),
      s.kind === "enum" ? s.values.join(" ") : s.kind === "num" ? "0 to 255" : "true false",
      s.doc ?? "",
    ]),
  );
}

const SECTIONS: Readonly<Record<string, () => string>> = {
  opcodes: opcodeTable,
  formats: () =>
    table(
      ["format", "operands as written"],
      Object.entries(FORMATS).map(([n, f]) => [n, code(f.syntax)]),
    ),
  "type sets": typeSetTable,
  conventions: () =>
    table(
      ["convention", "tail calls", "exceptions", "payloads"],
      CALL_CONVS.map((c) => [
        code(c.name),
        c.tailCalls ? "yes" : "",
        c.exceptions ? "yes" : "",
        String(c.payloads),
      ]),
    ),
  words: () =>
    table(
      ["kind", "words"],
      [
        ["integer conditions", INT_CC_NAMES.join(" ")],
        ["float conditions", FLOAT_CC_NAMES.join(" ")],
        ["trap codes", `user1 ... user250 ${TRAP_CODE_NAMES.join(" ")}`],
        ["atomic operations", ATOMIC_RMW_OPS.join(" ")],
      ],
    ),
  settings: settingTable,
  "reader codes": () => codeTable(READER_CODES),
  "verifier codes": () => codeTable(VERIFIER_CODES),
  "setting codes": () => codeTable(SETTING_CODES),
};

/** The page with every generated section renewed. */
export function renew(page: string): string {
  for (const [name, make] of Object.entries(SECTIONS)) {
    const open = `<!-- generated: ${name} -->`;
    const start = page.indexOf(open);
    const end = page.indexOf("<!-- end -->", start);
    if (start < 0 || end < 0) throw new Error(`docs/clif.md has no section '${name}'`);
    page = `${page.slice(0, start + open.length)}\n\n${make()}\n\n${page.slice(end)}`;
  }
  return page;
}

if (import.meta.main) writeFileSync(PAGE, renew(readFileSync(PAGE, "utf8")));
