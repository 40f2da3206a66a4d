/** What `host.isle` does not fit. */
export class Host {
  misspell(value: number): number {
    return value;
  }
  two_arguments(a: number, b: number): number {
    return a + b;
  }
  takes_number(value: number): number {
    return value;
  }
  answers_boolean(value: number): boolean {
    return value > 0;
  }
  takes_object(value: { readonly text: string }): number {
    return value.text.length;
  }
}
