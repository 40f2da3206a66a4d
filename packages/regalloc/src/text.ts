/**
 * The text form of problems, for tests, bug reports and other allocators. Line-oriented, words separated by blanks, `;`
 * starts a comment; a file may hold many problems.
 *
 * ```
 * problem NAME
 * env preferred r0-r5,f0-f15 other r6-r9 saved r6-r9 slots 2
 * vregs 12                        number of vregs, v0 up; class r and 8 bytes unless told otherwise
 * class f 16 v1,v4-v6             class and slot bytes
 * remat 1 v7                      handle of rematerialisable vregs
 * clobbers c1 r0-r5,f0-f15
 * block b0 depth 0                depth and `cold` are optional
 *   op =v0:r0 =v1:f0              instruction: `op`, `br` or `ret`, then operands
 *   op !w v0:reg v7:any           !w writes condition codes, !r reads them
 *   op ~c1 v0:r0 v0:r1 =v2:r0     ~c1 clobbers
 *   op v2:reg v0:reg@late =v3:reuse0 =v4:reg@early
 *   br !r v3:reg -> b1 b2         successors
 * block b1 (v5,v6)                parameters
 *   br -> b3(v5,v0)               arguments
 * label 7 v3 2 9                  debug label 7 is v3 from instruction 2 up to 9
 * end
 * ```
 *
 * Registers are `r`, `f` or `w` (class 0, 1, 2) and a number, fixed stack slots `s` and a number. An operand is a use,
 * early; with `=` a definition, late; `@early` and `@late` say otherwise. Its constraint is `any`, `reg`, `stack`,
 * `reuseN` (operand N), `limitN` (registers below 1 << N) or a register. An operand that is a register by itself is not
 * allocated.
 */
import { AllocationError } from "./allocation-error.ts";
import type { Environment } from "./environment.ts";
import {
  ANY,
  BRANCH,
  COMMUTES,
  FIRST_FIXED_SLOT,
  FIRST_VREG,
  FIXED,
  LIMIT,
  operandConstraint,
  operandInfo,
  operandPayload,
  READS_FLAGS,
  REG,
  RETURN,
  REUSE,
  SLOT_BASE,
  STACK,
  WRITES_FLAGS,
} from "./operand.ts";
import { EDIT_WORDS, EXCHANGE, MOVE, type Output } from "./output.ts";
import type { Problem } from "./problem.ts";

const CLASS_LETTERS = "rfw";

/** The name of a register word or an allocation word. */
export function locationName(word: number): string {
  if (word < 0) return "none";
  if (word >= SLOT_BASE) return `slot${word - SLOT_BASE}`;
  if (word >= FIRST_VREG) return `v${word - FIRST_VREG}`;
  if (word >= FIRST_FIXED_SLOT) return `s${word - FIRST_FIXED_SLOT}`;
  return CLASS_LETTERS[word >> 5]! + (word & 31);
}

function constraintName(info: number): string {
  const payload = operandPayload(info);
  switch (operandConstraint(info)) {
    case ANY:
      return "any";
    case REG:
      return "reg";
    case STACK:
      return "stack";
    case FIXED:
      return locationName(payload);
    case REUSE:
      return `reuse${payload}`;
    default:
      return `limit${payload}`;
  }
}

/** The text of one operand. */
export function operandText(vreg: number, info: number): string {
  const kind = (info & 1) !== 0 ? "=" : "";
  if (vreg < FIRST_VREG) return kind + locationName(vreg);
  const usual = ((info ^ (info >> 1)) & 1) === 0;
  const position = usual ? "" : (info & 2) !== 0 ? "@late" : "@early";
  return `${kind}${locationName(vreg)}:${constraintName(info)}${position}`;
}

/** The text of one instruction, without its successors. */
export function instructionText(p: Problem, i: number): string {
  const flags = p.instFlags.at(i);
  const words = [(flags & BRANCH) !== 0 ? "br" : (flags & RETURN) !== 0 ? "ret" : "op"];
  if ((flags & WRITES_FLAGS) !== 0) words.push("!w");
  if ((flags & READS_FLAGS) !== 0) words.push("!r");
  if ((flags & COMMUTES) !== 0) words.push("!c");
  if (p.instClobber.at(i) !== 0) words.push(`~c${p.instClobber.at(i)}`);
  for (let k = p.instOperandStart.at(i); k < p.instOperandStart.at(i + 1); k++)
    words.push(operandText(p.operandVReg.at(k), p.operandInfo.at(k)));
  return words.join(" ");
}

/** Names of consecutive numbers as `a-b`, the others one by one. */
function listText(names: readonly number[], name: (n: number) => string): string {
  const parts: string[] = [];
  for (let k = 0; k < names.length; k++) {
    let z = k;
    while (z + 1 < names.length && names[z + 1] === names[z]! + 1 && (names[z]! + 1) % 32 !== 0) z++;
    parts.push(z > k + 1 ? `${name(names[k]!)}-${name(names[z]!)}` : name(names[k]!));
    if (z > k + 1) k = z;
  }
  return parts.join(",");
}

/** The registers of masks per class, and the fixed stack slots of a fourth; `-` for none. */
export function masksText(masks: Iterable<number>): string {
  const words: number[] = [];
  let c = 0;
  for (const mask of masks) {
    for (let r = 0; r < 32; r++) if ((mask >>> r) & 1) words.push((c << 5) | r);
    c++;
  }
  return words.length === 0 ? "-" : listText(words, locationName);
}

/** Writes a problem and the registers that it is for. */
export function problemToText(p: Problem, env: Environment, name = "problem"): string {
  const lines = [`problem ${name}`];
  lines.push(
    `env preferred ${masksText(env.preferred)} other ${masksText(env.other)} saved ${masksText(env.calleeSaved)} slots ${env.fixedSlots}`,
  );
  lines.push(`vregs ${p.numVRegs - FIRST_VREG}`);
  const shapes = new Map<string, number[]>();
  const remats = new Map<number, number[]>();
  for (let v = FIRST_VREG; v < p.numVRegs; v++) {
    const shape = `${CLASS_LETTERS[p.vregClass.at(v)]} ${p.vregSlotBytes.at(v)}`;
    if (shape !== "r 8") append(shapes, shape, v);
    if (p.vregRemat.at(v) !== 0) append(remats, p.vregRemat.at(v), v);
  }
  for (const [shape, vregs] of shapes) lines.push(`class ${shape} ${listText(vregs, locationName)}`);
  for (const [handle, vregs] of remats) lines.push(`remat ${handle} ${listText(vregs, locationName)}`);
  for (let k = 3; k < p.clobberSets.length; k += 3)
    lines.push(`clobbers c${k / 3} ${masksText(p.clobberSets.data.subarray(k, k + 3))}`);
  for (let b = 0; b < p.numBlocks(); b++) writeBlock(p, b, lines);
  for (let k = 0; k < p.debugLabels.length; k += 4) {
    const d = p.debugLabels.data;
    lines.push(`label ${d[k + 3]} ${locationName(d[k]!)} ${d[k + 1]} ${d[k + 2]}`);
  }
  lines.push("end", "");
  return lines.join("\n");
}

function append<K>(map: Map<K, number[]>, key: K, v: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [v]);
  else list.push(v);
}

function writeBlock(p: Problem, b: number, lines: string[]): void {
  let head = `block b${b}`;
  const params: string[] = [];
  for (let k = p.blockParamStart.at(b); k < p.blockParamStart.at(b + 1); k++)
    params.push(locationName(p.params.at(k)));
  if (params.length > 0) head += ` (${params.join(",")})`;
  if (p.blockLoopDepth.length > b && p.blockLoopDepth.at(b) > 0) head += ` depth ${p.blockLoopDepth.at(b)}`;
  if (p.blockCold.length > b && p.blockCold.at(b) !== 0) head += " cold";
  lines.push(head);
  for (let i = p.blockInstStart.at(b); i < p.blockInstStart.at(b + 1); i++)
    lines.push(`  ${instructionText(p, i)}`);
  const first = p.blockSuccStart.at(b);
  const end = p.blockSuccStart.at(b + 1);
  if (first === end) return;
  const targets: string[] = [];
  for (let e = first; e < end; e++) {
    const args: string[] = [];
    for (let k = p.edgeArgStart.at(e); k < p.edgeArgStart.at(e + 1); k++)
      args.push(locationName(p.edgeArgs.at(k)));
    targets.push(`b${p.succs.at(e)}${args.length > 0 ? `(${args.join(",")})` : ""}`);
  }
  lines[lines.length - 1] += ` -> ${targets.join(" ")}`;
}

/** The instructions with their allocations and the edits between them, for people. */
export function outputToText(p: Problem, out: Output): string {
  const lines: string[] = [];
  let at = 0;
  const writeEdits = (i: number, after: number): void => {
    const w = out.edits.data;
    for (; at < out.edits.length && w[at] === i && w[at + 1] === after; at += EDIT_WORDS)
      lines.push(`       ${editText(w[at + 2]!, w[at + 3]!, w[at + 4]!)}`);
  };
  for (let b = 0; b < p.numBlocks(); b++) {
    lines.push(`b${b}:`);
    for (let i = p.blockInstStart.at(b); i < p.blockInstStart.at(b + 1); i++) {
      writeEdits(i, 0);
      const allocs: string[] = [];
      for (let k = p.instOperandStart.at(i); k < p.instOperandStart.at(i + 1); k++)
        allocs.push(locationName(out.allocs.at(k)));
      lines.push(`  ${String(i).padStart(4)} ${instructionText(p, i)}   [${allocs.join(" ")}]`);
      writeEdits(i, 1);
    }
  }
  lines.push(`${out.slotCount} slots in ${out.spillBytes} bytes, ${out.numEdits()} edits`, "");
  return lines.join("\n");
}

/** The text of one edit. */
export function editText(kind: number, from: number, to: number): string {
  if (kind === MOVE) return `${locationName(to)} <- ${locationName(from)}`;
  if (kind === EXCHANGE) return `${locationName(to)} <-> ${locationName(from)}`;
  return `${locationName(to)} <- remat ${locationName(from)}`;
}

/** Reads the problems of a text one after the other. */
export class ProblemReader {
  readonly #lines: string[];
  #at = 0;
  /** Name of the problem read last. */
  name = "";

  constructor(text: string) {
    this.#lines = text.split("\n");
  }

  /**
   * Reads the next problem into `p`; undefined at the end of the text.
   *
   * @throws AllocationError RA0003 with the line when the text is not a problem.
   */
  next(p: Problem): Environment | undefined {
    let words = this.#words();
    if (words === undefined) return undefined;
    if (words[0] !== "problem") this.#fail("a problem starts with 'problem NAME'");
    this.name = words[1] ?? "problem";
    p.reset();
    let env: Environment | undefined;
    let open = false;
    while ((words = this.#words()) !== undefined && words[0] !== "end") {
      switch (words[0]) {
        case "env":
          env = this.#environment(words);
          break;
        case "vregs":
          for (let k = this.#number(words[1]); k > 0; k--) p.newVReg(0);
          break;
        case "class":
          for (const v of this.#list(words[3])) {
            p.vregClass.set(v, CLASS_LETTERS.indexOf(words[1]!));
            p.vregSlotBytes.set(v, this.#number(words[2]));
          }
          break;
        case "remat":
          for (const v of this.#list(words[2])) p.vregRemat.set(v, this.#number(words[1]));
          break;
        case "clobbers": {
          const m = this.#masks(words[2]);
          if (`c${p.newClobberSet(m[0]!, m[1]!, m[2]!)}` !== words[1])
            this.#fail("clobber sets count from c1 up");
          break;
        }
        case "block":
          if (open) p.endBlock();
          open = true;
          this.#block(p, words);
          break;
        case "op":
        case "br":
        case "ret":
          if (!open) this.#fail("an instruction stands before the first block");
          this.#instruction(p, words);
          break;
        case "label":
          p.debugLabels.push(this.#register(words[2]));
          p.debugLabels.push(this.#number(words[3]));
          p.debugLabels.push(this.#number(words[4]));
          p.debugLabels.push(this.#number(words[1]));
          break;
        default:
          this.#fail(`unknown line '${words[0]}'`);
      }
    }
    if (words === undefined) this.#fail("the problem does not end with 'end'");
    if (!open) this.#fail("the problem has no block");
    if (env === undefined) this.#fail("the problem has no 'env' line");
    p.endBlock();
    for (let e = 0; e < p.succs.length; e++)
      if (p.succs.at(e) >= p.numBlocks()) this.#fail(`there is no block b${p.succs.at(e)}`);
    p.finish();
    return env;
  }

  #words(): string[] | undefined {
    while (this.#at < this.#lines.length) {
      const line = this.#lines[this.#at++]!;
      const comment = line.indexOf(";");
      const text = (comment < 0 ? line : line.slice(0, comment)).trim();
      if (text !== "") return text.split(/\s+/);
    }
    return undefined;
  }

  #environment(words: string[]): Environment {
    const after = (key: string): string => {
      const k = words.indexOf(key);
      if (k < 0 || k + 1 >= words.length) this.#fail(`the 'env' line has no '${key}'`);
      return words[k + 1]!;
    };
    return {
      preferred: this.#masks(after("preferred")),
      other: this.#masks(after("other")),
      calleeSaved: this.#masks(after("saved")),
      fixedSlots: this.#number(after("slots")),
    };
  }

  #block(p: Problem, words: string[]): void {
    const b = p.numBlocks();
    if (words[1] !== `b${b}`) this.#fail(`blocks count up; this one must be b${b}`);
    for (let k = 2; k < words.length; k++) {
      const w = words[k]!;
      if (w.startsWith("(")) for (const v of this.#list(w.slice(1, -1))) p.param(v);
      else if (w === "depth") {
        while (p.blockLoopDepth.length <= b) p.blockLoopDepth.push(0);
        p.blockLoopDepth.set(b, this.#number(words[++k]));
      } else if (w === "cold") {
        while (p.blockCold.length <= b) p.blockCold.push(0);
        p.blockCold.set(b, 1);
      } else this.#fail(`'${w}' does not belong to a block`);
    }
    if (p.blockLoopDepth.length > 0 && p.blockLoopDepth.length <= b) p.blockLoopDepth.push(0);
    if (p.blockCold.length > 0 && p.blockCold.length <= b) p.blockCold.push(0);
  }

  #instruction(p: Problem, words: string[]): void {
    let flags = words[0] === "br" ? BRANCH : words[0] === "ret" ? RETURN : 0;
    let clobber = 0;
    let k = 1;
    for (; k < words.length && words[k] !== "->"; k++) {
      const w = words[k]!;
      if (w === "!w") flags |= WRITES_FLAGS;
      else if (w === "!r") flags |= READS_FLAGS;
      else if (w === "!c") flags |= COMMUTES;
      else if (w.startsWith("~c")) clobber = this.#number(w.slice(2));
      else this.#operand(p, w);
    }
    if (3 * clobber >= p.clobberSets.length) this.#fail(`there is no clobber set c${clobber}`);
    p.endInst(flags, clobber);
    for (k++; k < words.length; k++) {
      const open = words[k]!.indexOf("(");
      const target = open < 0 ? words[k]! : words[k]!.slice(0, open);
      p.successor(this.#number(target.slice(1)));
      if (open >= 0) for (const v of this.#list(words[k]!.slice(open + 1, -1))) p.edgeArg(v);
    }
  }

  #operand(p: Problem, text: string): void {
    const isDef = text.startsWith("=");
    const [name, rest] = (isDef ? text.slice(1) : text).split(":");
    const r = this.#register(name);
    const kind = isDef ? 1 : 0;
    if (r < FIRST_VREG) {
      p.operand(r, operandInfo(kind, kind << 1, r >> 5, FIXED, r));
      return;
    }
    if (r >= p.numVRegs) this.#fail(`${name} is not below 'vregs'`);
    const [constraint, position] = (rest ?? "").split("@");
    const late = position === undefined ? kind << 1 : position === "late" ? 2 : 0;
    const c = p.vregClass.at(r);
    const numbered = /^(reuse|limit)(\d+)$/.exec(constraint!);
    if (numbered) {
      const code = numbered[1] === "reuse" ? REUSE : LIMIT;
      p.operand(r, operandInfo(kind, late, c, code, Number(numbered[2])));
      return;
    }
    const plain = ["any", "reg", "stack"].indexOf(constraint!);
    if (plain >= 0) p.operand(r, operandInfo(kind, late, c, plain));
    else p.operand(r, operandInfo(kind, late, c, FIXED, this.#register(constraint)));
  }

  #masks(text: string | undefined): Int32Array {
    const m = new Int32Array(3);
    if (text !== "-") for (const r of this.#list(text)) m[r >> 5]! |= 1 << (r & 31);
    return m;
  }

  #list(text: string | undefined): number[] {
    const out: number[] = [];
    for (const part of (text ?? "").split(",")) {
      const [from, to] = part.split("-");
      const first = this.#register(from);
      const last = to === undefined ? first : this.#register(to);
      for (let r = first; r <= last; r++) out.push(r);
    }
    return out;
  }

  #register(text: string | undefined): number {
    const match = /^([rfwsv])(\d+)$/.exec(text ?? "");
    if (match === null) this.#fail(`'${text ?? ""}' is not a register`);
    const n = Number(match![2]);
    if (match![1] === "v") return FIRST_VREG + n;
    if (n > 31) this.#fail(`'${text}' is beyond the last register of its class`);
    return match![1] === "s" ? FIRST_FIXED_SLOT + n : (CLASS_LETTERS.indexOf(match![1]!) << 5) | n;
  }

  #number(text: string | undefined): number {
    if (!/^\d+$/.test(text ?? "")) this.#fail(`'${text ?? ""}' is not a number`);
    return Number(text);
  }

  #fail(message: string): never {
    throw new AllocationError("RA0003", -1, `line ${this.#at}: ${message}`);
  }
}

/** Reads the first problem of a text into `p` and returns its environment. */
export function problemFromText(text: string, p: Problem): Environment {
  const env = new ProblemReader(text).next(p);
  if (env === undefined) throw new AllocationError("RA0003", -1, "the text holds no problem");
  return env;
}
