import { createToken, type IToken, Lexer } from "chevrotain";

/**
 * Five kinds of token and no keywords: every word of the language is also a legal name somewhere else.
 * Offsets are the only positions that are tracked.
 */
export const LParen = createToken({ name: "LParen", pattern: "(", label: "'('" });
export const RParen = createToken({ name: "RParen", pattern: ")", label: "')'" });
export const At = createToken({ name: "At", pattern: "@", label: "'@'" });

/** The run of digits is that of hexadecimal numbers whatever the radix; the parser checks them. */
export const Int = createToken({
  name: "Int",
  pattern: /-(?:0[xXoObB])?[0-9a-fA-F_]*|(?:0[xXoObB])[0-9a-fA-F_]*|[0-9][0-9a-fA-F_]*/,
  label: "an integer",
});

const delimiters = "()@; \t\n\r\f";

export const Word = createToken({
  name: "Symbol",
  pattern: /[^-0-9()@; \t\n\r\f][^()@; \t\n\r\f]*/,
  start_chars_hint: symbolStarts(),
  line_breaks: false,
  label: "a name",
});

/** A code of every class that the lexer sorts first characters into: each one below 256, then one of every 255. */
function symbolStarts(): number[] {
  const codes: number[] = [];
  for (let c = 0; c < 256; c++)
    if (!`-0123456789${delimiters}`.includes(String.fromCharCode(c))) codes.push(c);
  for (let c = 256; c < 65536; c += 255) codes.push(c);
  codes.push(65535);
  return codes;
}

const space = createToken({ name: "Space", pattern: /[ \t\n\r]+/, group: Lexer.SKIPPED, line_breaks: false });
const lineComment = createToken({
  name: "LineComment",
  pattern: /;[^\r\n]*/,
  group: "comments",
  line_breaks: false,
});

/** `(;` to `;)`, nested. */
function matchBlockComment(text: string, offset: number): [string] | null {
  if (text.charCodeAt(offset) !== 0x28 || text.charCodeAt(offset + 1) !== 0x3b) return null;
  let depth = 1;
  let at = offset + 2;
  while (depth > 0) {
    const semicolon = text.indexOf(";", at);
    if (semicolon < 0) return null;
    if (text.charCodeAt(semicolon - 1) === 0x28 && semicolon > at) {
      depth++;
      at = semicolon + 1;
    } else if (text.charCodeAt(semicolon + 1) === 0x29) {
      depth--;
      at = semicolon + 2;
    } else at = semicolon + 1;
  }
  return [text.slice(offset, at)];
}

const blockComment = createToken({
  name: "BlockComment",
  pattern: { exec: matchBlockComment },
  start_chars_hint: ["("],
  group: "comments",
  line_breaks: false,
});
/** `(;` without its end: the rest of the file. */
const openComment = createToken({
  name: "OpenComment",
  pattern: /\(;[\s\S]*/,
  group: "unclosed",
  line_breaks: false,
});

export const tokenTypes = [space, lineComment, blockComment, openComment, LParen, RParen, At, Int, Word];

const lexer = new Lexer(tokenTypes, {
  positionTracking: "onlyOffset",
  ensureOptimizations: true,
  skipValidations: true,
});

export interface Tokens {
  readonly tokens: IToken[];
  readonly comments: readonly IToken[];
  readonly problems: readonly {
    readonly code: "ISLE0001" | "ISLE0002";
    readonly start: number;
    readonly end: number;
    readonly message: string;
  }[];
}

/** Splits `text` into tokens. */
export function lex(text: string): Tokens {
  const result = lexer.tokenize(text);
  const problems: Tokens["problems"][number][] = [];
  for (const token of result.groups.unclosed ?? []) {
    problems.push({
      code: "ISLE0001",
      start: token.startOffset,
      end: token.startOffset + 2,
      message: "this block comment is never closed: add ';)' where it ends",
    });
  }
  for (const error of result.errors) {
    problems.push({
      code: "ISLE0002",
      start: error.offset,
      end: error.offset + error.length,
      message: `unexpected character (code ${text.charCodeAt(error.offset)})`,
    });
  }
  return { tokens: result.tokens, comments: result.groups.comments ?? [], problems };
}

/** Nesting that the parser's and the checker's recursion have room for; rules that people write need 30. */
export const maxDepth = 200;

/** The first token that is nested too deeply, in lists or in patterns after '@'. */
export function deepToken(tokens: readonly IToken[]): IToken | undefined {
  let depth = 0;
  let chain = 0;
  for (const [k, token] of tokens.entries()) {
    if (token.tokenType === LParen) depth++;
    else if (token.tokenType === RParen) depth--;
    else if (token.tokenType === At) chain++;
    else if (tokens[k - 1]?.tokenType !== At) chain = 0;
    if (depth > maxDepth || chain > maxDepth) return token;
  }
  return undefined;
}
