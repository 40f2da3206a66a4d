import { equal, notEqual } from "node:assert/strict";

export class Host {
  o0 = 0;
  words = new Int32Array(256);
  #top = 0;
  arena(n: number): number {
    const at = this.#top;
    this.#top += n;
    return at;
  }
}

export function run(s: any, host: Host): void {
  const dot = s.dot(host, 7, -3);
  const point = host.words[dot + 1]!;
  equal(host.words[point], 7);
  equal(host.words[point + 1], -3);
  const swapped = s.swap(host, point);
  notEqual(swapped, point);
  equal(host.words[swapped], -3);
  equal(s.measure(host, dot), 7n);
  equal(s.measure(host, s.dot(host, 8, 0)), 1n);
  equal(s.measure(host, s.none(host)), 0n);
  const long = s.long(host, 0xfedc_ba98_7654_3210n, true);
  equal(s.measure(host, long), 0xfedc_ba98_7654_3210n);
  equal(s.measure(host, s.long(host, 1n, false)), 2n);
  equal(s.same(host, dot, s.dot(host, 7, -3)), true);
  equal(s.same(host, dot, s.dot(host, 7, -4)), false);
  equal(s.same(host, long, s.long(host, 0xfedc_ba98_7654_3210n, true)), true);
  equal(s.same(host, long, dot), false);
  equal(s.same(host, s.none(host), s.none(host)), true);
}
