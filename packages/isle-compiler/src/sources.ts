import type { Diagnostic, Severity, SourceFile, Span } from "@gantry/diag";
import { type Code, severityOf } from "./codes.ts";

/**
 * A range in the text of the whole unit. All files of a unit share one space of positions: file k begins where
 * file k - 1 ended plus one, so two numbers name a place in any file and order is file order.
 */
export interface Loc {
  readonly start: number;
  readonly end: number;
}

/** The files of one compilation unit, in order. */
export class Sources {
  readonly files: readonly SourceFile[];
  readonly #bases: number[] = [];

  constructor(files: readonly SourceFile[]) {
    this.files = files;
    let base = 0;
    for (const file of files) {
      this.#bases.push(base);
      base += file.text.length + 1;
    }
  }

  /** Position of the first character of file `index`. */
  base(index: number): number {
    return this.#bases[index]!;
  }

  /** Number of the file that holds `position`. */
  fileIndex(position: number): number {
    let low = 0;
    let high = this.#bases.length - 1;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if (this.#bases[mid]! <= position) low = mid;
      else high = mid - 1;
    }
    return low;
  }

  span(loc: Loc): Span {
    const index = this.fileIndex(loc.start);
    const file = this.files[index]!;
    const base = this.#bases[index]!;
    const start = Math.min(loc.start - base, file.text.length);
    return { file, start, end: Math.min(Math.max(loc.end - base, start), file.text.length) };
  }

  /** `file:line` of `loc`. */
  line(loc: Loc): string {
    const span = this.span(loc);
    return `${span.file.name}:${span.file.lineColumn(span.start).line}`;
  }

  text(loc: Loc): string {
    const span = this.span(loc);
    return span.file.text.slice(span.start, span.end);
  }
}

interface Found {
  at: number;
  readonly order: number;
  diagnostic: Diagnostic;
}

/** Collects what is wrong with a unit. */
export class Reports {
  readonly sources: Sources;
  readonly #found: Found[] = [];
  /** What was reported of each unknown name, and in how many more places the name stands. */
  readonly #unknown = new Map<string, { readonly found: Found; more: number }>();
  #errors = 0;

  constructor(sources: Sources) {
    this.sources = sources;
  }

  get errorCount(): number {
    return this.#errors;
  }

  /** Reports `code` at `loc`. Labels point to further places of the unit, `places` to other files. */
  report(
    code: Code,
    loc: Loc,
    message: string,
    more: {
      labels?: readonly { loc: Loc; message: string }[];
      places?: Diagnostic["labels"];
      help?: string;
    } = {},
  ): void {
    const severity: Severity = severityOf(code);
    if (severity === "error") this.#errors++;
    const labels = [
      ...(more.labels ?? []).map((l) => ({ span: this.sources.span(l.loc), message: l.message })),
      ...(more.places ?? []),
    ];
    this.#found.push({
      at: loc.start,
      order: this.#found.length,
      diagnostic: {
        code,
        severity,
        message,
        span: this.sources.span(loc),
        ...(labels.length > 0 ? { labels } : {}),
        ...(more.help !== undefined ? { help: more.help } : {}),
      },
    });
  }

  /**
   * Reports that nothing is called `name`, once: at the first place of the unit where it stands. The others are counted.
   * @param message What to say if that is at `loc`.
   */
  unknownName(code: Code, name: string, loc: Loc, message: string): void {
    const earlier = this.#unknown.get(name);
    if (earlier === undefined) {
      this.report(code, loc, message);
      this.#unknown.set(name, { found: this.#found.at(-1)!, more: 0 });
      return;
    }
    earlier.more++;
    const { found } = earlier;
    if (loc.start < found.at) {
      found.at = loc.start;
      found.diagnostic = { code, severity: severityOf(code), message, span: this.sources.span(loc) };
    }
    const places = earlier.more === 1 ? "1 more place" : `${earlier.more} more places`;
    found.diagnostic = {
      ...found.diagnostic,
      help: `it stands in ${places}; if another file defines it, name that file too`,
    };
  }

  /** Warns of something outside the unit; it comes behind what is in it. */
  warnOutside(code: Code, span: Span, message: string): void {
    this.#found.push({
      at: Number.POSITIVE_INFINITY,
      order: this.#found.length,
      diagnostic: { code, severity: severityOf(code), message, span },
    });
  }

  /** Takes back warnings of the given codes between two positions. */
  allow(codes: ReadonlySet<string>, from: number, to: number): void {
    for (let k = this.#found.length - 1; k >= 0; k--) {
      const { at, diagnostic } = this.#found[k]!;
      const isAllowed =
        diagnostic.severity === "warning" && codes.has(diagnostic.code) && at >= from && at < to;
      if (isAllowed) this.#found.splice(k, 1);
    }
  }

  /** All diagnostics by position; those at one position in the order in which they were found. */
  sorted(): Diagnostic[] {
    return this.#found
      .toSorted((a, b) => (a.at === b.at ? a.order - b.order : a.at - b.at))
      .map((f) => f.diagnostic);
  }
}
