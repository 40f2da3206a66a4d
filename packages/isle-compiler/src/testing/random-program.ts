import * as fc from "fast-check";

/*
 * Random units over a fixed set of types and externs of every kind. Every rule has a line and a priority of its own, so
 * that rules never overlap; a caller drops those that turn out unreachable or hidden.
 */

const prelude = `(type P (primitive P))
(type E (enum A (B (x P)) (C (x P) (y u8))))
(type S (struct (x P) (b bool)))
(type K (enum X Y Z))
(extern const $ONE P)
(decl some (P) P) (extern extractor some some)
(decl two (P P) P) (extern extractor two two)
(decl is () P) (extern extractor is is)
(decl sure (P u8) P) (extern extractor infallible sure sure)
(decl kind (K) P) (extern extractor infallible kind kind)
(decl byte (u8) P) (extern extractor byte byte)
(decl word (i32) P) (extern extractor word word)
(decl long (u64) P) (extern extractor long long)
(decl flag (bool) P) (extern extractor flag flag)
(decl shape (E) P) (extern extractor shape shape)
(decl both (P P) P) (extractor (both a b) (and (some a) (two b _)))
(decl multi each (P P) P) (extern extractor each each)
(decl pure step (P) P) (extern constructor step step)
(decl pure join (P P) P) (extern constructor join join)
(decl pure partial may (P) P) (extern constructor may may)
(decl pure partial may_word (P) i32) (extern constructor may_word may_word)
(decl pure partial may_long (P) u64) (extern constructor may_long may_long)
(decl pure from_word (i32) P) (extern constructor from_word from_word)
(decl pure from_long (u64) P) (extern constructor from_long from_long)
(decl pure test (P) bool) (extern constructor test test)
(decl emit (P P) P) (extern constructor emit emit)
(decl partial try_emit (P) P) (extern constructor try_emit try_emit)
(decl pure multi many (P) P) (extern constructor many many)
(decl partial f (P E) P)
(decl g (P S) P)
(decl pure partial h (P P) i32)
(decl pure k (K bool) K)
(decl pure partial l (E) E)
(decl multi m (P) P)
`;

interface Signature {
  readonly args: readonly string[];
  readonly ret: string;
  readonly pure?: boolean;
  readonly partial?: boolean;
  readonly multi?: boolean;
}

const roots: Readonly<Record<string, Signature>> = {
  f: { args: ["P", "E"], ret: "P", partial: true },
  g: { args: ["P", "S"], ret: "P" },
  h: { args: ["P", "P"], ret: "i32", pure: true, partial: true },
  k: { args: ["K", "bool"], ret: "K", pure: true },
  l: { args: ["E"], ret: "E", pure: true, partial: true },
  m: { args: ["P"], ret: "P", multi: true },
};

const extractors: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  P: {
    some: ["P"],
    two: ["P", "P"],
    is: [],
    sure: ["P", "u8"],
    kind: ["K"],
    byte: ["u8"],
    word: ["i32"],
    long: ["u64"],
    flag: ["bool"],
    shape: ["E"],
    both: ["P", "P"],
  },
  E: { "E.A": [], "E.B": ["P"], "E.C": ["P", "u8"] },
  S: { S: ["P", "bool"] },
  K: { "K.X": [], "K.Y": [], "K.Z": [] },
};

const constructors: Readonly<Record<string, Signature>> = {
  step: { args: ["P"], ret: "P", pure: true },
  join: { args: ["P", "P"], ret: "P", pure: true },
  may: { args: ["P"], ret: "P", pure: true, partial: true },
  may_word: { args: ["P"], ret: "i32", pure: true, partial: true },
  may_long: { args: ["P"], ret: "u64", pure: true, partial: true },
  from_word: { args: ["i32"], ret: "P", pure: true },
  from_long: { args: ["u64"], ret: "P", pure: true },
  test: { args: ["P"], ret: "bool", pure: true },
  emit: { args: ["P", "P"], ret: "P" },
  try_emit: { args: ["P"], ret: "P", partial: true },
  many: { args: ["P"], ret: "P", pure: true, multi: true },
  "E.A": { args: [], ret: "E", pure: true },
  "E.B": { args: ["P"], ret: "E", pure: true },
  "E.C": { args: ["P", "u8"], ret: "E", pure: true },
  "K.X": { args: [], ret: "K", pure: true },
  "K.Z": { args: [], ret: "K", pure: true },
  h: { args: ["P", "P"], ret: "i32", pure: true, partial: true },
  l: { args: ["E"], ret: "E", pure: true, partial: true },
  k: { args: ["K", "bool"], ret: "K", pure: true },
};

/** Draws numbers below n from a list that fast-check shrinks. */
class Draw {
  readonly #numbers: readonly number[];
  #at = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  below(n: number): number {
    return (this.#numbers[this.#at++] ?? 0) % n;
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

class RuleWriter {
  readonly #draw: Draw;
  readonly #root: Signature;
  #scope: { name: string; type: string }[] = [];
  #names = 0;

  constructor(draw: Draw, root: Signature) {
    this.#draw = draw;
    this.#root = root;
  }

  rule(name: string, priority: number): string {
    const patterns = this.#root.args.map((type) => this.#pattern(type, 2));
    const clauses: string[] = [];
    for (let n = this.#draw.below(3); n > 0; n--) {
      const type = this.#draw.of(["P", "P", "i32", "u64", "bool", "E"]);
      const expr = this.#expr(type, 2, { pure: true, partial: true });
      if (/^\(/.test(expr)) clauses.push(`(if-let ${this.#pattern(type, 1)} ${expr})`);
    }
    const { pure = false, partial = false } = this.#root;
    const result = this.#expr(this.#root.ret, 3, { pure, partial });
    const head = this.#root.multi ? "" : ` ${priority}`;
    return `(rule${head} (${name} ${patterns.join(" ")}) ${clauses.join(" ")} ${result})`;
  }

  #literal(type: string): string {
    switch (type) {
      case "P":
        return this.#draw.of(["0", "1", "2", "$ONE"]);
      case "bool":
        return this.#draw.of(["true", "false"]);
      default:
        return this.#draw.of(["0", "1", "2"]);
    }
  }

  #bind(type: string): string {
    const name = `v${this.#names++}`;
    this.#scope.push({ name, type });
    return name;
  }

  #pattern(type: string, depth: number): string {
    const known = this.#scope.filter((v) => v.type === type);
    const terms = Object.entries({
      ...extractors[type],
      ...(this.#root.multi && type === "P" ? { each: ["P", "P"] } : {}),
    });
    switch (this.#draw.below(depth > 0 ? 8 : 4)) {
      case 0:
        return "_";
      case 1:
        return this.#bind(type);
      case 2:
        return known.length > 0 ? this.#draw.of(known).name : this.#bind(type);
      case 3:
        return extractors[type] === undefined || type === "P" ? this.#literal(type) : this.#bind(type);
      case 4: {
        const sub = this.#pattern(type, depth - 1);
        return `${this.#bind(type)} @ ${sub}`;
      }
      case 5:
        return `(and ${this.#pattern(type, depth - 1)} ${this.#pattern(type, depth - 1)})`;
      default: {
        if (terms.length === 0) return this.#bind(type);
        const [name, args] = this.#draw.of(terms);
        return `(${[name, ...args.map((arg) => this.#pattern(arg, depth - 1))].join(" ")})`;
      }
    }
  }

  #expr(type: string, depth: number, allowed: { pure: boolean; partial: boolean }): string {
    const known = this.#scope.filter((v) => v.type === type);
    if (depth > 0 && type === "P" && this.#draw.below(5) === 0) {
      const bound = this.#draw.of(["P", "i32", "u64"]);
      const value = this.#expr(bound, depth - 1, allowed);
      const outer = [...this.#scope];
      const name = this.#bind(bound);
      const body = this.#expr(type, depth - 1, allowed);
      this.#scope = outer;
      return `(let ((${name} ${bound} ${value})) ${body})`;
    }
    const possible = Object.entries(constructors).filter(
      ([, c]) =>
        c.ret === type &&
        (c.pure === true || !allowed.pure) &&
        (c.partial !== true || allowed.partial) &&
        (c.multi !== true || this.#root.multi === true) &&
        (depth > 0 || c.args.length === 0),
    );
    const structural = type === "E" || type === "K";
    if (known.length > 0 && (possible.length === 0 || this.#draw.below(2) === 0))
      return this.#draw.of(known).name;
    if (possible.length === 0 || (!structural && this.#draw.below(4) === 0)) return this.#literal(type);
    const [name, { args }] = this.#draw.of(possible);
    return `(${[name, ...args.map((arg) => this.#expr(arg, depth - 1, allowed))].join(" ")})`;
  }
}

/** A unit as its fixed part and its rules, one a line. */
export interface RandomProgram {
  readonly prelude: string;
  readonly rules: readonly string[];
}

/** Random units of up to 40 rules. */
export const randomProgram: fc.Arbitrary<RandomProgram> = fc
  .array(
    fc.tuple(
      fc.constantFrom(...Object.keys(roots)),
      fc.array(fc.nat(1 << 16), { minLength: 60, maxLength: 60 }),
    ),
    {
      minLength: 12,
      maxLength: 40,
    },
  )
  .map((parts) => {
    const rules = parts.map(([name, numbers], k) =>
      new RuleWriter(new Draw(numbers), roots[name]!).rule(name, k + 1),
    );
    // Terms that nothing else defines must have a rule; those that are not partial need one that always matches.
    rules.push(
      "(rule (g _ _) 0)",
      "(rule (k x _) x)",
      "(rule (f (is) _) 0)",
      "(rule (h (is) _) 0)",
      "(rule (l (E.A)) (E.A))",
      "(rule (m x) x)",
    );
    return { prelude, rules };
  });
