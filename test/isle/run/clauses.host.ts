import { equal } from "node:assert/strict";

export class Host {
  o0 = 0;
  o1 = 0;
  half(n: number): number {
    return n % 2 === 0 ? n / 2 : -1;
  }
  /** -1 is a value of an i32, so success is the answer and the value goes to the slot. */
  signed_half(n: number): boolean {
    this.o0 = n / 2;
    return n % 2 === 0;
  }
  split(n: number): boolean {
    this.o0 = n >> 4;
    this.o1 = n & 15;
    return n >= 16;
  }
}

export function run(s: any, host: Host): void {
  equal(s.f(host, 0x36 * 2), 6); // 0x36 is 3 and 6, and 3 is half of 6.
  equal(s.f(host, 0x37 * 2), 1);
  equal(s.f(host, 3), 0);
  equal(s.f(host, 5), -1);
  equal(s.g(host, -2), true);
  equal(host.o0, -1);
  equal(s.g(host, 3), false);
}
