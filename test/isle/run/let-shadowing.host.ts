import { equal } from "node:assert/strict";

export class Host {
  o0 = 0;
  add(a: number, b: number): number {
    return a + b;
  }
}

export function run(s: any, host: Host): void {
  equal(s.parameter(host, 1), 12);
  equal(s.repeated(host, 1), 8);
  equal(s.nested(host, 1), 102);
  equal(s.named_like_a_term(host, 1), 6);
}
