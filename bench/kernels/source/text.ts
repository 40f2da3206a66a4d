/** Kernels of bytes: encodings and searches. */
import type { Body, Expr, Unit, Var } from "./language.ts";
import { random } from "./numbers.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Writes 12288 bytes as Base64 and reads them back, `n` times. */
export function base64(unit: Unit): void {
  const BYTES = 12288;
  unit.function("kernel", 2, (f, data, n) => {
    const digits = f.var(data.add(BYTES));
    const values = f.var(digits.add(64));
    const text = f.var(values.add(256));
    const state = f.var(5);
    f.for(0, BYTES, (i) => data.at(i).storeByte(random(state)));
    f.text(digits, ALPHABET);
    f.for(0, 64, (i) => values.at(digits.at(i).byte()).storeByte(i));
    const sum = f.var(0);
    f.for(0, n, () => {
      const to = f.var(text);
      f.for(
        data,
        data.add(BYTES),
        (p) => {
          const word = p.byte().shl(16).or(p.byte(1).shl(8)).or(p.byte(2));
          to.storeByte(digits.at(word.shr(18)).byte());
          to.storeByte(digits.at(word.shr(12).and(63)).byte(), 1);
          to.storeByte(digits.at(word.shr(6).and(63)).byte(), 2);
          to.storeByte(digits.at(word.and(63)).byte(), 3);
          to.set(to.add(4));
        },
        3,
      );
      const from = f.var(text);
      f.for(
        data,
        data.add(BYTES),
        (p) => {
          const value = (k: number) =>
            values
              .at(from.byte(k))
              .byte()
              .shl(18 - 6 * k);
          const word = value(0).or(value(1)).or(value(2)).or(value(3));
          sum.set(sum.mul(31).add(word));
          // Each round encodes other bytes.
          p.storeByte(word.shr(16).add(1));
          p.storeByte(word.shr(8), 1);
          p.storeByte(word, 2);
          from.set(from.add(4));
        },
        3,
      );
    });
    f.return(sum);
  });
}

/** Checks 16384 bytes of UTF-8 and counts their code points, `n` times. */
export function utf8(unit: Unit): void {
  const BYTES = 16384;
  unit.function("kernel", 2, (f, data, n) => {
    const state = f.var(3);
    const end = f.var(data.add(BYTES));
    const to = f.var(data);
    f.while(
      () => to.ult(end),
      () => {
        const kind = f.var(random(state).and(7));
        const next = () => random(state).and(63).or(128);
        const room = f.var(end.sub(to));
        f.if(
          kind.ult(5).or(room.ult(4)),
          () => {
            to.storeByte(random(state).and(127));
            to.set(to.add(1));
          },
          () => {
            f.if(
              kind.eq(5),
              () => {
                to.storeByte(random(state).and(15).add(0xc2));
                to.storeByte(next(), 1);
                to.set(to.add(2));
              },
              () => {
                f.if(
                  kind.eq(6),
                  () => {
                    to.storeByte(random(state).and(7).add(0xe1));
                    to.storeByte(next(), 1);
                    to.storeByte(next(), 2);
                    to.set(to.add(3));
                  },
                  () => {
                    to.storeByte(random(state).and(1).add(0xf1));
                    to.storeByte(next(), 1);
                    to.storeByte(next(), 2);
                    to.storeByte(next(), 3);
                    to.set(to.add(4));
                  },
                );
              },
            );
          },
        );
      },
    );
    const sum = f.var(0);
    const validate = () => sum.set(sum.mul(31).add(f.call("validate", data, end)));
    f.for(0, n, validate);
    // Bytes of all kinds where they may be wrong, each before the last.
    f.for(0, 16, (k) => {
      data.at(f.i64(15).sub(k).mul(1000).add(500)).storeByte(k.mul(17));
      validate();
    });
    f.return(sum);
  });
  // Code points, or minus the place of the first wrong byte.
  unit.function("validate", 2, (f, data, end) => {
    const p = f.var(data);
    const count = f.var(0);
    const wrong = () => f.return(f.i64(-1).sub(p.sub(data)));
    const follows = (k: number): Expr => p.byte(k).and(0xc0).eq(0x80);
    f.while(
      () => p.ult(end),
      () => {
        const b = f.var(p.byte());
        const room = f.var(end.sub(p));
        f.if(
          b.ult(0x80),
          () => p.set(p.add(1)),
          () => {
            f.if(b.ult(0xc2), wrong);
            f.if(
              b.ult(0xe0),
              () => {
                f.if(room.ult(2), wrong);
                f.if(follows(1).eq(0), wrong);
                p.set(p.add(2));
              },
              () => {
                f.if(
                  b.ult(0xf0),
                  () => {
                    f.if(room.ult(3), wrong);
                    f.if(follows(1).and(follows(2)).eq(0), wrong);
                    const second = f.var(p.byte(1));
                    f.if(b.eq(0xe0), () => f.if(second.ult(0xa0), wrong));
                    f.if(b.eq(0xed), () => f.if(f.i64(0x9f).ult(second), wrong));
                    p.set(p.add(3));
                  },
                  () => {
                    f.if(f.i64(0xf4).ult(b), wrong);
                    f.if(room.ult(4), wrong);
                    f.if(follows(1).and(follows(2)).and(follows(3)).eq(0), wrong);
                    const second = f.var(p.byte(1));
                    f.if(b.eq(0xf0), () => f.if(second.ult(0x90), wrong));
                    f.if(b.eq(0xf4), () => f.if(f.i64(0x8f).ult(second), wrong));
                    p.set(p.add(4));
                  },
                );
              },
            );
          },
        );
        count.set(count.add(1));
      },
    );
    f.return(count);
  });
}

/** Searches 32768 letters of four kinds for `n` strings by the rule of Horspool. */
export function stringSearch(unit: Unit): void {
  const BYTES = 32768;
  const LENGTH = 12;
  unit.function("kernel", 2, (f, text, n) => {
    const skip = f.var(text.add(BYTES));
    const state = f.var(11);
    f.for(0, BYTES, (i) => text.at(i).storeByte(random(state).and(3).add(97)));
    const sum = f.var(0);
    f.for(0, n, (round) => {
      const pattern = f.var(
        text.at(
          round
            .mul(7919)
            .and(BYTES - 1)
            .sub(LENGTH)
            .and(BYTES / 2 - 1)
            .add(BYTES / 4),
        ),
      );
      f.for(0, 256, (i) => skip.at(i).storeByte(LENGTH));
      f.for(0, LENGTH - 1, (i) => skip.at(pattern.at(i).byte()).storeByte(f.i64(LENGTH - 1).sub(i)));
      const last = f.var(pattern.byte(LENGTH - 1));
      const p = f.var(text);
      f.while(
        () => p.ule(text.add(BYTES - LENGTH)),
        () => {
          const c = f.var(p.byte(LENGTH - 1));
          f.if(c.eq(last), () => {
            const k = f.var(0);
            f.while(
              () => k.slt(LENGTH - 1),
              () => {
                f.if(p.at(k).byte().ne(pattern.at(k).byte()), () => f.break());
                k.set(k.add(1));
              },
            );
            f.if(k.eq(LENGTH - 1), () => sum.set(sum.mul(31).add(p.sub(text))));
          });
          p.set(p.add(skip.at(c).byte()));
        },
      );
    });
    f.return(sum);
  });
}

const JSON_TEXT =
  '{"id": 4711, "name": "a \\"quoted\\" name", "tags": ["x", "yy", "zzz"], "size": {"w": 640, "h": -480}, ' +
  '"on": true, "none": null, "list": [1, 22, 333, 4444, 55555, [6, [7, [8]]]]},\n';

/** Goes through 64 objects of JSON and adds up numbers, lengths of strings and depths, `n` times. */
export function jsonScan(unit: Unit): void {
  const COPIES = 64;
  unit.function("kernel", 2, (f, data, n) => {
    const size = JSON_TEXT.length;
    f.text(data, JSON_TEXT);
    f.for(size, size * COPIES, (i) => data.at(i).storeByte(data.at(i.sub(size)).byte()));
    data.at(size * COPIES).storeByte(0);
    const sum = f.var(0);
    f.for(0, n, () => sum.set(sum.mul(31).add(f.call("scan", data))));
    f.return(sum);
  });
  unit.function("scan", 1, (f, data) => {
    const p = f.var(data);
    const depth = f.var(0);
    const sum = f.var(0);
    f.forever(() => {
      const c = f.var(p.byte());
      p.set(p.add(1));
      f.if(c.eq(0), () => f.break());
      f.if(
        c.eq(34),
        () => string(f, p, sum),
        () => {
          f.if(
            c.sub(48).ult(10),
            () => number(f, p, sum, c),
            () => {
              // { and [ differ in one bit, and so do } and ].
              const bracket = f.var(c.or(32));
              f.if(
                bracket.eq(123),
                () => depth.set(depth.add(1)),
                () => {
                  f.if(bracket.eq(125), () => {
                    sum.set(sum.add(depth));
                    depth.set(depth.sub(1));
                  });
                },
              );
            },
          );
        },
      );
    });
    f.return(sum.shl(8).add(depth));
  });
}

function string(f: Body, p: Var, sum: Var): void {
  const start = f.var(p);
  f.forever(() => {
    const c = f.var(p.byte());
    p.set(p.add(1));
    f.if(c.eq(34), () => f.break());
    f.if(c.eq(92), () => p.set(p.add(1)));
  });
  sum.set(sum.add(p.sub(start)));
}

function number(f: Body, p: Var, sum: Var, first: Var): void {
  const value = f.var(first.sub(48));
  f.forever(() => {
    const digit = f.var(p.byte().sub(48));
    f.if(digit.ult(10).eq(0), () => f.break());
    value.set(value.mul(10).add(digit));
    p.set(p.add(1));
  });
  sum.set(sum.add(value));
}
