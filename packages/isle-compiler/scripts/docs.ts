/** Writes the table of codes at the end of `docs/isle.md`: `node scripts/docs.ts`. */
import { readFileSync, writeFileSync } from "node:fs";
import { codeTable } from "../src/code-table.ts";

const path = new URL("../../../docs/isle.md", import.meta.url);
const text = readFileSync(path, "utf8");
const end = text.indexOf("| code |");
writeFileSync(path, (end < 0 ? text : text.slice(0, end)) + codeTable());
