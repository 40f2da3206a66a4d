import type { IToken } from "chevrotain";
import { deepToken, LParen, lex, RParen } from "./lexer.ts";

/*
 * The formatter works on tokens and comments, so it formats every form alike and loses nothing. The author's line breaks
 * stay, unless a list that has none is too long; indentation, spaces and blank lines are normalised. A line is indented
 * by two columns more than the one before for every list that was opened there and goes on; items of a list that begins
 * with a list, as the bindings of a let, stand below one another.
 */

const width = 120;

interface Node {
  readonly kind: "atom" | "list" | "line-comment" | "block-comment";
  readonly text: string;
  readonly items: readonly Node[];
  /** Line ends between the thing before and this one. */
  readonly breaks: number;
  /** Has no line break inside. */
  readonly flat: boolean;
}

/** The text in the house style, or undefined if its parentheses or tokens are wrong. */
export function formatIsle(text: string): string | undefined {
  const { tokens, comments, problems } = lex(text);
  if (problems.length > 0 || deepToken(tokens) !== undefined) return undefined;
  const all = [...tokens, ...comments].sort((a, b) => a.startOffset - b.startOffset);
  const reader = new Reader(text, all);
  const top = reader.nodes(false);
  if (top === undefined || !reader.atEnd) return undefined;
  const out: string[] = [];
  for (const [k, node] of top.entries()) {
    // A comment at the end of a form's line stays there.
    if (k > 0 && node.breaks === 0 && node.kind !== "list")
      out[out.length - 1] += ` ${new Printer().print(node, 0)}`;
    else {
      if (k > 0 && node.breaks > 1) out.push("");
      out.push(new Printer().print(node, 0));
    }
  }
  return out.length === 0 ? "" : `${out.join("\n")}\n`;
}

class Reader {
  readonly #text: string;
  readonly #tokens: readonly IToken[];
  #at = 0;
  #end = 0;

  constructor(text: string, tokens: readonly IToken[]) {
    this.#text = text;
    this.#tokens = tokens;
  }

  get atEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  nodes(inside: boolean): Node[] | undefined {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.#tokens[this.#at];
      if (token === undefined) return inside ? undefined : nodes;
      if (token.tokenType === RParen) return inside ? nodes : undefined;
      const breaks = this.#breaks(token);
      this.#at++;
      this.#end = token.startOffset + token.image.length;
      if (token.tokenType !== LParen) nodes.push(leaf(token, breaks));
      else {
        const items = this.nodes(true);
        if (items === undefined) return undefined;
        const close = this.#tokens[this.#at++]!;
        this.#end = close.startOffset + 1;
        const flat = items.every((i) => i.breaks === 0 && i.flat);
        nodes.push({ kind: "list", text: "", items, breaks, flat });
      }
    }
  }

  #breaks(token: IToken): number {
    let count = 0;
    for (let k = this.#end; k < token.startOffset; k++) if (this.#text.charCodeAt(k) === 10) count++;
    return count;
  }
}

function leaf(token: IToken, breaks: number): Node {
  const text = token.image.trimEnd();
  if (token.tokenType.name === "LineComment")
    return { kind: "line-comment", text, items: [], breaks, flat: false };
  if (token.tokenType.name === "BlockComment")
    return { kind: "block-comment", text, items: [], breaks, flat: !text.includes("\n") };
  return { kind: "atom", text, items: [], breaks, flat: true };
}

class Printer {
  #out = "";
  #column = 0;
  #line = 0;

  print(node: Node, column: number): string {
    this.#column = column;
    this.#node(node, column, -1);
    return this.#out;
  }

  #put(text: string): void {
    this.#out += text;
    const end = text.lastIndexOf("\n");
    this.#column = end < 0 ? this.#column + text.length : text.length - end - 1;
  }

  #newLine(column: number, blank: boolean): void {
    this.#out = this.#out.trimEnd();
    this.#put(`${blank ? "\n" : ""}\n${" ".repeat(column)}`);
    this.#line++;
  }

  /**
   * @param indent Indentation of the line that the node begins in, or of what goes on from a list around it there.
   * @param opened The line in which the list around it was opened.
   */
  #node(node: Node, indent: number, opened: number): void {
    if (node.kind !== "list") {
      this.#put(node.text);
      return;
    }
    const { items } = node;
    const line = this.#line;
    // Items of a list that begins with a list stand below one another.
    const inner =
      items[0]?.kind === "list" ? this.#column + 1 : (line === opened ? indent : this.#column) + 2;
    const broken = node.flat && this.#column + flatWidth(node) > width;
    // Of a list that is too long the leading words and one list stay in the first line.
    let stay = items.findIndex((item) => item.kind === "list") + 1;
    if (stay === 0) stay = items.length;
    this.#put("(");
    for (const [k, item] of items.entries()) {
      const before = items[k - 1];
      // An opening parenthesis and a semicolon together would begin a block comment.
      const opensComment = k === 0 && item.kind === "line-comment";
      const mustBreak = before?.kind === "line-comment" || opensComment || (broken && k >= stay);
      // An annotation sign belongs to the pattern on both of its sides.
      const glued = item.text === "@" || before?.text === "@";
      if (mustBreak || (k > 0 && item.breaks > 0 && !glued)) this.#newLine(inner, k > 0 && item.breaks > 1);
      else if (k > 0) this.#put(" ");
      this.#node(item, inner, line);
    }
    if (items.at(-1)?.kind === "line-comment") this.#newLine(Math.max(0, inner - 2), false);
    this.#put(")");
  }
}

function flatWidth(node: Node): number {
  if (node.kind !== "list") return node.text.length;
  let total = 2;
  for (const item of node.items) total += flatWidth(item);
  return total + Math.max(0, node.items.length - 1);
}
