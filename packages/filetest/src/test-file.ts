import { type ClifFile, type Comment, type HeaderLine, readFile } from "@gantry/clif-ir";
import { GantryError, type SourceFile, type Span } from "@gantry/diag";
import { TestCode } from "./codes.ts";

/** A `test` line. */
export interface CommandLine {
  readonly name: string;
  /** The words behind the name: flags, or `key=value`. */
  readonly options: readonly string[];
  readonly span: Span;
}

/** A `target` line with the shared settings that the lines above it have set. */
export interface TargetLine {
  readonly triple: string;
  readonly words: readonly string[];
  readonly settings: readonly string[];
  /** Where it stands; none for a line that the command line has added. */
  readonly span: Span | undefined;
}

/** A filetest: what its header asks for, and its functions. */
export interface TestFile {
  readonly source: SourceFile;
  readonly clif: ClifFile;
  readonly commands: readonly CommandLine[];
  readonly targets: readonly TargetLine[];
  /** All shared settings, for commands that need no target. */
  readonly settings: readonly string[];
}

/** Reads a filetest. */
export function parseTestFile(source: SourceFile): TestFile {
  const clif = readFile(source);
  const commands = clif.commands.map(({ words, span }) => ({
    name: words[0]!,
    options: words.slice(1),
    span,
  }));
  const targets: TargetLine[] = [];
  const settings: string[] = [];
  let dangling: HeaderLine | undefined;
  for (const line of clif.settings) {
    if (line.kind === "set") {
      settings.push(...line.words);
      dangling = line;
    } else {
      targets.push({
        triple: line.words[0]!,
        words: line.words.slice(1),
        settings: [...settings],
        span: line.span,
      });
      dangling = undefined;
    }
  }
  if (dangling !== undefined && targets.length > 0) {
    throw headerError(dangling.span, "dangling 'set' command after ISA specification has no effect.");
  }
  const top = { file: source, start: 0, end: 0 };
  if (commands.length === 0) {
    throw headerError(top, "no test commands found; a filetest begins with 'test COMMAND'");
  }
  if (clif.functions.length === 0) throw headerError(top, "no functions found");
  return { source, clif, commands, targets, settings };
}

function headerError(span: Span, message: string): GantryError {
  return new GantryError([{ code: TestCode.header, severity: "error", message, span }]);
}

/** The text of an annotation such as `; error: something`, or undefined. */
export function annotation(comment: Comment, directive: string): string | undefined {
  const text = comment.text.replace(/^;+ */, "");
  return text.startsWith(directive) ? text.slice(directive.length).trim() : undefined;
}
