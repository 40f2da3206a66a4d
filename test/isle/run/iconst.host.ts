import { equal } from "node:assert/strict";

export class Host {
  o0 = 0;
  words = new Int32Array(16);
}

export function run(s: any, host: Host): void {
  equal(s.hex(host), 0x1234_5678_9abc_def0n);
  equal(s.octal(host), 0o777);
  equal(s.binary(host), 0xa5);
  equal(s.negative(host), -(1n << 63n));
  equal(s.wide(host), (1n << 128n) - 2n);
  equal(s.wide_signed(host), -2n);
  equal(s.classify(host, -2n), 1);
  equal(s.classify(host, (1n << 127n) - 1n), 2);
  equal(s.classify(host, 0n), -1);
  equal(s.small(host, -1), 1);
  equal(s.small(host, 127), 2);
  equal(s.small(host, 1), -1);
}
