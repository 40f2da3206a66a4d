import { ATOMIC_RMW_OPS } from "../atomic-ops.ts";
import { CALL_CONVS } from "../call-conv.ts";
import { FLOAT_CC_NAMES, INT_CC_NAMES } from "../condition-codes.ts";
import { OPCODE_NAMES } from "../generated/facts.ts";
import { MAX_USER_TRAP, TRAP_CODE_NAMES, TRAP_STACK_OVERFLOW } from "../trap-codes.ts";

/** Classes of bytes. */
export const SPACE = 1;
export const SEMICOLON = 2;
export const LETTER = 4;
export const DIGIT = 8;
/** What a word may continue with. */
export const WORD = LETTER | DIGIT;

export const CLASS = new Uint8Array(256);
for (const c of [9, 10, 11, 12, 13, 32]) CLASS[c] = SPACE;
CLASS[59] = SEMICOLON;
for (let c = 97; c <= 122; c++) CLASS[c] = LETTER;
for (let c = 65; c <= 90; c++) CLASS[c] = LETTER;
CLASS[95] = LETTER;
for (let c = 48; c <= 57; c++) CLASS[c] = DIGIT;

/** Value of a hexadecimal digit, 255 for other bytes. */
export const HEX = new Uint8Array(256).fill(255);
for (let c = 48; c <= 57; c++) HEX[c] = c - 48;
for (let c = 97; c <= 102; c++) HEX[c] = c - 87;
for (let c = 65; c <= 70; c++) HEX[c] = c - 55;

/**
 * Finds the number of a word from its rolling hash (h * 31 + byte) and verifies the bytes: no string is made.
 */
export class WordTable {
  readonly #hashes = new Int32Array(1024);
  /** Number plus one; 0 is a free place. */
  readonly #numbers = new Int32Array(1024);
  readonly #starts = new Int32Array(1024);
  readonly #lengths = new Int32Array(1024);
  #bytes = new Uint8Array(4096);
  #used = 0;

  /**
   * @param words Pairs of word and number.
   * @param also A table whose words this one has as well.
   */
  constructor(words: Iterable<readonly [string, number]>, also?: WordTable) {
    if (also !== undefined) {
      this.#hashes.set(also.#hashes);
      this.#numbers.set(also.#numbers);
      this.#starts.set(also.#starts);
      this.#lengths.set(also.#lengths);
      this.#bytes.set(also.#bytes);
      this.#used = also.#used;
    }
    for (const [word, number] of words) {
      let h = 0;
      const start = this.#used;
      for (let k = 0; k < word.length; k++) {
        const c = word.charCodeAt(k);
        h = (Math.imul(h, 31) + c) | 0;
        this.#bytes[this.#used++] = c;
      }
      let slot = (h ^ (h >>> 10)) & 1023;
      while (this.#numbers[slot] !== 0) slot = (slot + 1) & 1023;
      this.#hashes[slot] = h;
      this.#numbers[slot] = number + 1;
      this.#starts[slot] = start;
      this.#lengths[slot] = word.length;
    }
  }

  /** The number of the word in `b` from `start` to `end` with hash `h`, or -1. */
  find(b: Uint8Array, start: number, end: number, h: number): number {
    let slot = (h ^ (h >>> 10)) & 1023;
    for (;;) {
      const number = this.#numbers[slot];
      if (number === 0) return -1;
      if (this.#hashes[slot] === h && this.#lengths[slot] === end - start) {
        const bytes = this.#bytes;
        let at = this.#starts[slot];
        let p = start;
        while (p < end && bytes[at] === b[p]) {
          p++;
          at++;
        }
        if (p === end) return number - 1;
      }
      slot = (slot + 1) & 1023;
    }
  }
}

const numbered = (words: readonly string[]) => words.map((w, k) => [w, k] as const);

export const OPCODE_WORDS = new WordTable(numbered(OPCODE_NAMES).slice(1));
export const INT_CC_WORDS = new WordTable(numbered(INT_CC_NAMES));
export const FLOAT_CC_WORDS = new WordTable(numbered(FLOAT_CC_NAMES));
export const CALL_CONV_WORDS = new WordTable(numbered(CALL_CONVS.map((c) => c.name)));
export const RMW_WORDS = new WordTable(numbered(ATOMIC_RMW_OPS));

function* trapWords(): Generator<readonly [string, number]> {
  for (let k = 0; k < TRAP_CODE_NAMES.length; k++) yield [TRAP_CODE_NAMES[k], TRAP_STACK_OVERFLOW + k];
  for (let k = 1; k <= MAX_USER_TRAP; k++) yield [`user${k}`, k];
}
export const TRAP_WORDS = new WordTable(trapWords());

/** Words among memory flags: 0 notrap, 1-255 a trap code, from 256 on the others. */
export const FLAG_ALIGNED = 256;
export const FLAG_READONLY = 257;
export const FLAG_CAN_MOVE = 258;
export const FLAG_LITTLE = 259;
export const FLAG_BIG = 260;
export const FLAG_WORDS = new WordTable(
  [
    ["notrap", 0],
    ["aligned", FLAG_ALIGNED],
    ["readonly", FLAG_READONLY],
    ["can_move", FLAG_CAN_MOVE],
    ["little", FLAG_LITTLE],
    ["big", FLAG_BIG],
  ],
  TRAP_WORDS,
);

/** Words behind the type of a parameter. */
export const PARAM_UEXT = 0;
export const PARAM_SEXT = 1;
export const PARAM_NORMAL = 2;
export const PARAM_SRET = 3;
export const PARAM_VMCTX = 4;
export const PARAM_SARG = 5;
export const PARAM_WORDS = new WordTable(numbered(["uext", "sext", "normal", "sret", "vmctx", "sarg"]));
