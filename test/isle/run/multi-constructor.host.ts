import { deepEqual, equal } from "node:assert/strict";

class Results {
  readonly items: number[] = [];
  readonly #most: number;
  constructor(most = 100) {
    this.#most = most;
  }
  get length(): number {
    return this.items.length;
  }
  push(value: number): boolean {
    this.items.push(value);
    return this.items.length >= this.#most;
  }
}

export class Host {
  o0 = 0;
  level = 0;
  results(): Results {
    this.level++;
    return new Results();
  }
  below(n: number): { next(): boolean } {
    let k = 0;
    this.level++;
    return {
      next: () => {
        this.o0 = k;
        return k++ < n;
      },
    };
  }
  add(a: number, b: number): number {
    return a + b;
  }
}

export function run(s: any, host: Host): void {
  const all = (term: any, x: number, most?: number): number[] => {
    const out = new Results(most);
    equal(term(host, x, out), most !== undefined && out.length >= most);
    return out.items.sort((a, b) => a - b);
  };
  deepEqual(all(s.all, 3), [0, 1, 2, 103, 1000]);
  deepEqual(all(s.twice, 2), [1, 2, 103]);
  equal(host.level, 0);
  deepEqual(all(s.pairs, 3), [2, 4, 5]);
  equal(all(s.all, 50, 8).length, 8);
}
