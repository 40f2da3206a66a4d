/** Text that grows line by line with indentation; each line may know the place of the unit that it comes from. */
export class Writer {
  readonly #lines: string[] = [];
  readonly #positions: number[] = [];
  #indent = "";
  /** Position of the unit's text that lines written from now on come from, -1 for none. */
  position = -1;

  line(text: string): void {
    this.#lines.push(text === "" ? "" : this.#indent + text);
    this.#positions.push(this.position);
  }

  open(text: string): void {
    this.line(text);
    this.#indent += "  ";
  }

  /** Ends a block with `text`, which may open the next one: `} else {`. */
  close(text = "}"): void {
    this.dedent();
    this.line(text);
    if (text.endsWith("{")) this.#indent += "  ";
  }

  dedent(): void {
    this.#indent = this.#indent.slice(2);
  }

  append(other: Writer): void {
    const saved = this.position;
    for (const [k, line] of other.#lines.entries()) {
      this.position = other.#positions[k]!;
      this.line(line);
    }
    this.position = saved;
  }

  /** Does any line hold the word `name`? */
  mentions(name: string): boolean {
    const pattern = new RegExp(`\\b${name}\\b`);
    return this.#lines.some((line) => pattern.test(line));
  }

  /** By line: where it comes from. */
  get positions(): readonly number[] {
    return this.#positions;
  }

  toString(): string {
    return `${this.#lines.join("\n")}\n`;
  }
}
