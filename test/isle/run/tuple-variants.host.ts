import { equal } from "node:assert/strict";

export class Host {
  o0 = 0;
  words = new Int32Array(256);
  #top = 0;
  arena(n: number): number {
    const at = this.#top;
    this.#top += n;
    return at;
  }
  widen(n: number): number {
    return n;
  }
  add(a: number, b: number): number {
    return a + b;
  }
}

export function run(s: any, host: Host): void {
  equal(s.total(host, s.sample(host, 0)), 0);
  equal(s.total(host, s.sample(host, 1)), 7);
  equal(s.total(host, s.sample(host, 9)), 9);
}
