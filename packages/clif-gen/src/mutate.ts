import fc from "fast-check";

/** A change of a text: a place, how many characters go, and what comes instead; or a word that becomes another. */
export type Edit =
  | { readonly at: number; readonly remove: number; readonly insert: string }
  | { readonly word: number; readonly becomes: number };

/** Words and marks that mean something in CLIF, so that edits give text that is nearly right. */
const FRAGMENTS = [
  " ",
  "\n",
  ",",
  "(",
  ")",
  ":",
  "=",
  "->",
  "[",
  "]",
  "{",
  "}",
  ".",
  "-",
  "0",
  "1",
  "8",
  "64",
  "v0",
  "v1",
  "v9999",
  "block0",
  "block1",
  "block99999",
  "i8",
  "i16",
  "i32",
  "i64",
  "i128",
  "f32",
  "f64",
  "f16",
  "f128",
  "i8x16",
  "i32x4",
  "i8x2",
  "f64x2",
  "iadd",
  "load.i32",
  "store",
  "brif",
  "br_table",
  "return",
  "call",
  "fn0",
  "sig0",
  "ss0",
  "gv0",
  "const0",
  "notrap",
  "aligned",
  "little",
  "user1",
  "0x",
  "NaN",
  "Inf",
  "@12",
  "%x",
  "u0:1",
  "; ",
  "cold",
  "tail",
  "vmctx",
  "trap",
  "é",
  "\u0000",
  '"',
];

const characters = fc.record({
  at: fc.nat(),
  remove: fc.nat({ max: 6 }),
  insert: fc.oneof(fc.constant(""), fc.constantFrom(...FRAGMENTS), fc.string({ maxLength: 3 })),
});
const words = fc.record({ word: fc.nat(), becomes: fc.nat() });

/** Edits of a text, applied one after the other. */
export const edits: fc.Arbitrary<readonly Edit[]> = fc.array(fc.oneof(characters, words), {
  minLength: 1,
  maxLength: 3,
});

/** The text after the edits. */
export function applyEdits(text: string, changes: readonly Edit[]): string {
  for (const edit of changes) {
    if ("word" in edit) {
      const found = [...text.matchAll(/[\w.]+/g)];
      if (found.length === 0) continue;
      const word = found[edit.word % found.length];
      const alike = found.filter((w) => kindOf(w[0]) === kindOf(word[0]));
      const other = alike[edit.becomes % alike.length];
      text = text.slice(0, word.index) + other[0] + text.slice(word.index + word[0].length);
    } else {
      const place = edit.at % (text.length + 1);
      text = text.slice(0, place) + edit.insert + text.slice(place + edit.remove);
    }
  }
  return text;
}

/** What a word stands for, roughly: its letters in front of a number, or the type of an opcode. */
const kindOf = (word: string): string => /\.(\w+)/.exec(word)?.[1] ?? word.replace(/\d.*/, "");
