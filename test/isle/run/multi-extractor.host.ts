import { deepEqual } from "node:assert/strict";

export class Host {
  o0 = 0;
  o1 = 0;
  level = 0;
  /** Every way to write n as a product of two numbers above 1. */
  parts(n: number): { next(): boolean } {
    let k = 1;
    this.level++;
    return {
      next: () => {
        while (++k < n) {
          if (n % k !== 0) continue;
          this.o0 = k;
          this.o1 = n / k;
          return true;
        }
        return false;
      },
    };
  }
  add(a: number, b: number): number {
    return a + b;
  }
}

export function run(s: any, host: Host): void {
  const all = (term: any, x: number): number[] => {
    const items: number[] = [];
    term(host, x, { push: (n: number) => items.push(n) > 100 });
    return items.sort((a, b) => a - b);
  };
  deepEqual(all(s.sums, 12), [7, 7, 8, 8]);
  deepEqual(all(s.squares, 36), [6]);
  deepEqual(all(s.squares, 12), []);
  deepEqual(all(s.deep, 8), [6]);
}
