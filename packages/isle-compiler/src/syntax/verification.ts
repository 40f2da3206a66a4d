import type { Code } from "../codes.ts";
import type { Loc, Reports } from "../sources.ts";
import type * as Ast from "./ast.ts";
import { parseInteger } from "./numbers.ts";

/*
 * The grammar of the verification forms. They mean nothing to the compiler, which therefore reads them as bare lists and
 * checks their shape here; names in them need not exist.
 */

const operators = new Set(
  (
    "= and not => or + - * <= < >= > bvnot bvand bvor bvxor bvneg bvadd bvsub bvmul bvudiv bvurem bvsdiv bvsrem bvshl " +
    "bvlshr bvashr bvsaddo bvule bvult bvugt bvuge bvsle bvslt bvsgt bvsge rotr rotl extract zero_ext sign_ext concat " +
    "replicate conv_to int2bv bv2nat widthof to_fp to_fp_unsigned to_fp_from_fp fp.to_ubv fp.to_sbv if switch popcnt rev " +
    "cls clz fp.+oo fp.-oo fp.+zero fp.-zero fp.NaN fp.eq fp.ne fp.lt fp.gt fp.le fp.ge fp.add fp.sub fp.mul fp.div " +
    "fp.min fp.max fp.neg fp.ceil fp.floor fp.sqrt fp.trunc fp.nearest fp.isZero fp.isInfinite fp.isNaN fp.isNegative " +
    "fp.isPositive"
  ).split(" "),
);

const identifier = /^[\p{L}_$][\p{L}\p{N}_.$]*$/u;
const integer = /^[-0-9]/;

/** Reports what is wrong with the shape of a verification form: the first thing. */
export function checkVerification(def: Ast.Verification, reports: Reports): void {
  const problem = new VerificationChecker().check(def);
  if (problem !== undefined) reports.report(problem.code, problem.loc, problem.message);
}

interface Problem {
  readonly code: Code;
  readonly loc: Loc;
  readonly message: string;
}

function isAtom(s: Ast.Sexp | undefined, text?: string): s is Ast.Sexp & { kind: "atom" } {
  return s?.kind === "atom" && (text === undefined || s.text === text);
}

/** The items of a list whose first word is `head`, without it. */
function listOf(s: Ast.Sexp | undefined, head: string): readonly Ast.Sexp[] | undefined {
  return s?.kind === "list" && isAtom(s.items[0], head) ? s.items.slice(1) : undefined;
}

class VerificationChecker {
  #problem: Problem | undefined;

  check(def: Ast.Verification): Problem | undefined {
    const [first, ...rest] = def.body;
    switch (def.head) {
      case "attr": {
        const isRule = isAtom(first, "rule") && rest.length > 0 && isAtom(rest[0]);
        this.#name(isRule ? rest[0] : first, def);
        for (const attribute of isRule ? rest.slice(1) : rest) this.#attribute(attribute);
        break;
      }
      case "spec":
        this.#nameList(first, def);
        for (const clause of rest) this.#specClause(clause);
        break;
      case "model":
        this.#name(first, def);
        this.#model(rest, def);
        break;
      case "form":
        this.#name(first, def);
        for (const signature of rest) this.#signature(signature);
        break;
      case "instantiate":
        this.#name(first, def);
        this.#instantiate(rest, def);
        break;
      case "state": {
        this.#name(first, def);
        const type = listOf(rest[0], "type");
        const value = listOf(rest[1], "default");
        if (type?.length !== 1 || value?.length !== 1 || rest.length !== 2) {
          this.#fail("ISLE0018", def, "a state needs (type TYPE) and (default EXPRESSION)");
        } else {
          this.#type(type[0]!);
          this.#expr(value[0]!);
        }
        break;
      }
      case "macro":
        this.#nameList(first, def);
        if (rest.length !== 1) this.#fail("ISLE0004", def, "a macro has one expression");
        else this.#expr(rest[0]!);
        break;
    }
    return this.#problem;
  }

  #fail(code: Code, loc: Loc, message: string): void {
    this.#problem ??= { code, loc: { start: loc.start, end: loc.end }, message };
  }

  #name(s: Ast.Sexp | undefined, owner: Loc): void {
    if (!isAtom(s)) this.#fail("ISLE0004", s ?? owner, "a name is needed here");
    else if (!identifier.test(s.text)) this.#fail("ISLE0006", s, `'${s.text}' is no name`);
  }

  #nameList(s: Ast.Sexp | undefined, owner: Loc): void {
    if (s?.kind !== "list" || s.items.length === 0) {
      this.#fail("ISLE0004", s ?? owner, "a list of names is needed here");
      return;
    }
    for (const item of s.items) this.#name(item, s);
  }

  #attribute(s: Ast.Sexp): void {
    const veri = listOf(s, "veri");
    const tag = listOf(s, "tag");
    if (tag !== undefined) {
      if (tag.length === 1) this.#name(tag[0], s);
      else this.#fail("ISLE0004", s, "a tag is one name");
    } else if (veri === undefined)
      this.#fail("ISLE0013", s, "an attribute is (veri chain), (veri priority) or (tag NAME)");
    else if (veri.length !== 1 || !(isAtom(veri[0], "chain") || isAtom(veri[0], "priority"))) {
      this.#fail("ISLE0013", s, "'veri' is followed by chain or priority");
    }
  }

  #specClause(s: Ast.Sexp): void {
    if (s.kind !== "list" || !isAtom(s.items[0])) {
      this.#fail("ISLE0014", s, "a specification's clause is provide, require, match or modifies");
      return;
    }
    const head = s.items[0].text;
    const rest = s.items.slice(1);
    if (head === "modifies") {
      this.#name(rest[0], s);
      if (rest.length > 2)
        this.#fail("ISLE0004", rest[2]!, "'modifies' has a state and at most one condition");
      const condition = rest[1];
      if (condition !== undefined && (!isAtom(condition) || !identifier.test(condition.text))) {
        this.#fail("ISLE0014", condition, "the condition of 'modifies' is a name");
      }
    } else if (head === "provide" || head === "require" || head === "match") {
      for (const expr of rest) this.#expr(expr);
    } else
      this.#fail(
        "ISLE0014",
        s.items[0],
        `'${head}' is no clause of a specification: there are provide, require, match and modifies`,
      );
  }

  #model(rest: readonly Ast.Sexp[], def: Loc): void {
    const type = listOf(rest[0], "type");
    const value = listOf(rest[0], "const");
    if (rest.length !== 1 || (type?.length ?? value?.length) !== 1) {
      this.#fail("ISLE0017", rest[0] ?? def, "a model is (type TYPE) or (const EXPRESSION)");
    } else if (type !== undefined) this.#type(type[0]!);
    else this.#expr(value![0]!);
  }

  #signature(s: Ast.Sexp): void {
    const args = s.kind === "list" ? listOf(s.items[0], "args") : undefined;
    const ret = s.kind === "list" ? listOf(s.items[1], "ret") : undefined;
    if (s.kind !== "list" || s.items.length !== 2 || args === undefined || ret?.length !== 1) {
      this.#fail("ISLE0018", s, "a signature is ((args TYPE...) (ret TYPE))");
      return;
    }
    for (const arg of args) this.#type(arg);
    this.#type(ret[0]!);
  }

  #instantiate(rest: readonly Ast.Sexp[], def: Loc): void {
    const [first, ...more] = rest;
    if (first === undefined) this.#fail("ISLE0018", def, "a form's name or signatures are needed");
    else if (first.kind === "atom") {
      this.#name(first, def);
      for (const s of more) {
        const tag = listOf(s, "tag");
        if (tag?.length !== 1) this.#fail("ISLE0013", s, "an attribute of 'instantiate' is (tag NAME)");
        else this.#name(tag[0], s);
      }
    } else for (const signature of rest) this.#signature(signature);
  }

  #type(s: Ast.Sexp): void {
    if (s.kind === "atom") {
      if (!["!", "_", "Bool", "Int", "Unit"].includes(s.text))
        this.#fail("ISLE0017", s, `'${s.text}' is no model type`);
      return;
    }
    const [head, ...rest] = s.items;
    if (isAtom(head, "bv")) {
      const width = rest[0];
      const value = isAtom(width) && integer.test(width.text) ? parseInteger(width.text) : undefined;
      if (typeof value === "string") this.#fail("ISLE0003", width!, value);
      const usable = width === undefined || (typeof value === "bigint" && value >= 0n && value < 1n << 64n);
      if (rest.length > 1 || !usable) this.#fail("ISLE0017", s, "a bit vector's width is a number");
    } else if (isAtom(head, "named")) {
      if (rest.length === 1) this.#name(rest[0], s);
      else this.#fail("ISLE0017", s, "(named NAME) has one name");
    } else if (isAtom(head, "struct")) {
      for (const field of rest) {
        if (field.kind !== "list" || field.items.length !== 2)
          this.#fail("ISLE0017", field, "a field is (NAME TYPE)");
        else {
          this.#name(field.items[0], field);
          this.#type(field.items[1]!);
        }
      }
    } else this.#fail("ISLE0017", s, "a model type is bv, struct, named, Bool, Int, Unit, ! or _");
  }

  #expr(s: Ast.Sexp): void {
    if (s.kind === "atom") this.#atom(s);
    else if (s.items.length === 0) this.#fail("ISLE0015", s, "an expression of a specification is not empty");
    else if (s.items[0]!.kind === "list")
      this.#fail("ISLE0015", s.items[0]!, "an expression begins with an operator");
    else this.#application(s, s.items[0]!.text, s.items.slice(1));
  }

  #atom(s: Ast.Sexp & { kind: "atom" }): void {
    if (s.text.startsWith("#")) {
      const digits = s.text.slice(2);
      const bits = s.text.startsWith("#b") ? digits.length : digits.length * 4;
      const valid = s.text.startsWith("#b") ? /^[01]+$/ : /^[0-9a-fA-F]+$/;
      if (!/^#[bx]/.test(s.text) || !valid.test(digits) || bits > 128) {
        this.#fail(
          "ISLE0016",
          s,
          `'${s.text}' is no bit vector: #b and binary digits or #x and hexadecimal ones, at most 128 bits`,
        );
      }
    } else if (integer.test(s.text)) {
      const value = parseInteger(s.text);
      if (typeof value === "string") this.#fail("ISLE0003", s, value);
    } else if (!identifier.test(s.text)) {
      this.#fail("ISLE0015", s, `'${s.text}' is no expression of a specification`);
    }
  }

  #application(s: Ast.Sexp, head: string, rest: readonly Ast.Sexp[]): void {
    switch (head) {
      case "switch":
        if (rest.length === 0) this.#fail("ISLE0015", s, "'switch' needs a value");
        else this.#expr(rest[0]!);
        for (const arm of rest.slice(1)) {
          if (arm.kind !== "list" || arm.items.length !== 2)
            this.#fail("ISLE0015", arm, "an arm of 'switch' is (EXPRESSION EXPRESSION)");
          else for (const e of arm.items) this.#expr(e);
        }
        return;
      case "let":
        this.#pairs(rest[0], s, "(NAME EXPRESSION)");
        this.#one(rest.slice(1), s);
        return;
      case "with":
      case "macro": {
        const names = rest[0];
        if (names?.kind !== "list") this.#fail("ISLE0015", names ?? s, `'${head}' needs a list of names`);
        else for (const name of names.items) this.#name(name, names);
        this.#one(rest.slice(1), s);
        return;
      }
      case "match":
        this.#one(rest.slice(0, 1), s);
        for (const arm of rest.slice(1)) {
          const named = arm.kind === "list" && arm.items.length === 2 && arm.items[0]!.kind === "list";
          if (!named) this.#fail("ISLE0015", arm, "an arm of 'match' is ((VARIANT NAME...) EXPRESSION)");
          else {
            this.#nameList(arm.items[0], arm);
            this.#expr(arm.items[1]!);
          }
        }
        return;
      case "struct":
        for (const field of rest) this.#pair(field, "(NAME EXPRESSION)");
        return;
      case "as":
        if (rest.length !== 2) this.#fail("ISLE0015", s, "(as EXPRESSION TYPE) has two parts");
        else {
          this.#expr(rest[0]!);
          this.#type(rest[1]!);
        }
        return;
      default:
    }
    const one = head.endsWith("?") || (!head.endsWith("!") && !operators.has(head) && head.startsWith(":"));
    if (
      !head.endsWith("?") &&
      !head.endsWith("!") &&
      !operators.has(head) &&
      !head.startsWith(":") &&
      !head.includes(".")
    ) {
      this.#fail(
        "ISLE0015",
        s.kind === "list" ? s.items[0]! : s,
        `'${head}' is no operator of a specification`,
      );
      return;
    }
    if (one) this.#one(rest, s);
    else for (const e of rest) this.#expr(e);
  }

  #one(rest: readonly Ast.Sexp[], owner: Loc): void {
    if (rest.length !== 1) this.#fail("ISLE0015", owner, "one expression is needed here");
    else this.#expr(rest[0]!);
  }

  #pairs(s: Ast.Sexp | undefined, owner: Loc, what: string): void {
    if (s?.kind !== "list") this.#fail("ISLE0015", s ?? owner, `a list of ${what} is needed here`);
    else for (const pair of s.items) this.#pair(pair, what);
  }

  #pair(s: Ast.Sexp, what: string): void {
    if (s.kind !== "list" || s.items.length !== 2) this.#fail("ISLE0015", s, `${what} is needed here`);
    else {
      this.#name(s.items[0], s);
      this.#expr(s.items[1]!);
    }
  }
}
