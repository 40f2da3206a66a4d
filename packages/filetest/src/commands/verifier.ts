import { type Comment, verify } from "@gantry/clif-ir";
import { type Diagnostic, GantryError } from "@gantry/diag";
import { TestCode } from "../codes.ts";
import { locate } from "../locate.ts";
import type { TestContext, TestFunction } from "../test-command.ts";
import { annotation } from "../test-file.ts";

/** The verifier finds exactly the errors that `; error: TEXT` comments announce, each at the entity of the comment. */
export function verifier(c: TestContext): void {
  for (const f of c.functions) checkVerdict(c, f);
}

function checkVerdict(c: TestContext, f: TestFunction): void {
  const found = [...verify(f.func, c.settings, c.target?.isa)];
  const complaints: string[] = [];
  for (const comment of f.comments) {
    const text = annotation(comment, "error:");
    if (text === undefined) continue;
    const place = entityOf(comment);
    const at = found.findIndex((d) => placeOf(d) === place && d.message.includes(text));
    if (at < 0) complaints.push(`expected error ${place}: ${text}`);
    else found.splice(at, 1);
  }
  complaints.push(...found.map((d) => `unexpected error ${placeOf(d)}: ${d.message}`));
  if (complaints.length === 0) return;
  if (complaints.length === found.length) {
    throw new GantryError(found.map((d) => locate(d, f.func, c.file.source, f.span.start)));
  }
  throw c.failure(f, TestCode.verdict, complaints.join("\n"));
}

const entityOf = ({ entity, number }: Comment): string =>
  entity === "function" ? "function" : `${entity}${number}`;

/** The entity that an error is about: the last word of its place. */
function placeOf(d: Diagnostic): string {
  const last = d.place?.split(" ").at(-1) ?? "function";
  return /^[a-z]+\d+$/.test(last) ? last : "function";
}
