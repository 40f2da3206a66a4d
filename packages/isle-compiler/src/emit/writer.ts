/** Text that grows line by line with indentation. */
export class Writer {
  readonly #lines: string[] = [];
  #indent = "";

  line(text: string): void {
    this.#lines.push(text === "" ? "" : this.#indent + text);
  }

  open(text: string): void {
    this.line(text);
    this.#indent += "  ";
  }

  /** Ends a block with `text`, which may open the next one: `} else {`. */
  close(text = "}"): void {
    this.#indent = this.#indent.slice(2);
    this.line(text);
    if (text.endsWith("{")) this.#indent += "  ";
  }

  dedent(): void {
    this.#indent = this.#indent.slice(2);
  }

  get length(): number {
    return this.#lines.length;
  }

  lines(): readonly string[] {
    return this.#lines;
  }

  append(other: Writer): void {
    for (const line of other.#lines) this.line(line);
  }

  toString(): string {
    return `${this.#lines.join("\n")}\n`;
  }
}
