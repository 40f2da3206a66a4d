import { deepEqual, equal } from "node:assert/strict";

type RawInt32 = number;

interface Thing {
  readonly kind: string;
  readonly n?: number;
  readonly big?: bigint;
}

export class Host {
  readonly HIGH = 99;
  o0: any = 0;
  o1: any = 0;
  o2: any = 0;
  readonly notes: number[] = [];

  word(t: Thing): number {
    return t.kind === "word" ? t.n! : -1;
  }
  full(t: Thing): boolean {
    this.o0 = t.n ?? 0;
    return t.kind === "full";
  }
  big(t: Thing): bigint | undefined {
    return t.kind === "big" ? t.big : undefined;
  }
  flag(t: Thing): boolean {
    this.o0 = t.n;
    return t.kind === "flag";
  }
  triple(t: Thing): boolean {
    this.o0 = 1;
    this.o1 = -1;
    this.o2 = 5n;
    return t.kind === "triple";
  }
  sure(t: Thing): void {
    this.o0 = 42;
    this.o1 = t.kind === "sure" ? 1 : 0;
  }
  empty(t: Thing): boolean {
    return t.kind === "empty";
  }
  use_full(n: RawInt32): number {
    return n + 1000;
  }
  use_big(n: bigint): number {
    return Number(n);
  }
  note(n: number): void {
    this.notes.push(n);
  }
  both(_: void, n: number): number {
    return n;
  }
}

export function run(s: any, host: Host): void {
  const f = (t: Thing): number => s.f(host, t);
  equal(f({ kind: "empty" }), 60);
  equal(f({ kind: "triple" }), 5);
  deepEqual(host.notes, [1, 999]);
  equal(f({ kind: "flag", n: 1 }), 99);
  equal(f({ kind: "flag", n: 0 }), 0);
  equal(f({ kind: "full", n: -1 }), 999);
  equal(f({ kind: "big", big: 7n }), 7);
  equal(f({ kind: "word", n: 0 }), 0);
  equal(f({ kind: "sure" }), 42);
  equal(f({ kind: "other" }), 0);
  equal(s.act(host, 1), true);
  equal(s.act(host, 2), false);
  s.must(host, 8);
  deepEqual(host.notes, [1, 999, 1, 8]);
}
