/** Kernels of bits: hashes and checksums. */
import { type Body, type Expr, I32, type Unit, type Var } from "./language.ts";
import { random } from "./numbers.ts";

/** The first 32 bits of the fractional part of the square or cube roots of the first primes. */
function rootBits(count: number, power: bigint): number[] {
  const out: number[] = [];
  for (let p = 2n; out.length < count; p++) {
    let prime = true;
    for (let d = 2n; d * d <= p; d++) if (p % d === 0n) prime = false;
    if (!prime) continue;
    // The integer root of p shifted left: bisection over 40 bits.
    let root = 0n;
    const target = p << (32n * power);
    for (let bit = 1n << 40n; bit > 0n; bit >>= 1n) if ((root + bit) ** power <= target) root += bit;
    out.push(Number(root & 0xffffffffn));
  }
  return out;
}

const INITIAL = rootBits(8, 2n);

/** Fills `bytes` at `p` with random bytes. */
function fill(f: Body, p: Var, bytes: number): void {
  const state = f.var(5);
  f.for(0, bytes, (i) => p.at(i).storeByte(random(state)));
}

/** SHA-256 of `n` blocks of 64 bytes, 16 different ones in turn. */
export function sha256(unit: Unit): void {
  const ROUND = rootBits(64, 3n);
  unit.function("kernel", 2, (f, data, n) => {
    const constants = f.var(data.add(1024));
    const schedule = f.var(constants.add(256));
    const hash = f.var(schedule.add(256));
    fill(f, data, 1024);
    for (const [k, x] of ROUND.entries()) constants.store(f.i32(x), 4 * k);
    for (const [k, x] of INITIAL.entries()) hash.store(f.i32(x), 4 * k);
    f.for(0, n, (block) => {
      const from = f.var(data.at(block.and(15), 6));
      f.for(0, 16, (i) => {
        const p = from.at(i, 2);
        const byte = (k: number) =>
          p
            .byte(k)
            .low()
            .shl(24 - 8 * k);
        schedule.at(i, 2).store(byte(0).or(byte(1)).or(byte(2)).or(byte(3)));
      });
      f.for(16, 64, (i) => {
        const w = f.var(schedule.at(i, 2));
        const x = f.var(w.load(I32, -60));
        const y = f.var(w.load(I32, -8));
        const s0 = x.rotr(7).xor(x.rotr(18)).xor(x.shr(3));
        const s1 = y.rotr(17).xor(y.rotr(19)).xor(y.shr(10));
        w.store(w.load(I32, -64).add(s0).add(w.load(I32, -28)).add(s1));
      });
      const [a, b, c, d, e, g, h, k] = INITIAL.map((_, i) => f.var(hash.load(I32, 4 * i))) as [
        Var,
        Var,
        Var,
        Var,
        Var,
        Var,
        Var,
        Var,
      ];
      f.for(0, 64, (i) => {
        const big = e.rotr(6).xor(e.rotr(11)).xor(e.rotr(25));
        const choice = e.and(g).xor(e.not().and(h));
        const t1 = k.add(big).add(choice).add(constants.at(i, 2).load(I32)).add(schedule.at(i, 2).load(I32));
        const small = a.rotr(2).xor(a.rotr(13)).xor(a.rotr(22));
        const majority = a.and(b).xor(a.and(c)).xor(b.and(c));
        const t2 = small.add(majority);
        k.set(h);
        h.set(g);
        g.set(e);
        e.set(d.add(t1));
        d.set(c);
        c.set(b);
        b.set(a);
        a.set(t1.add(t2));
      });
      for (const [i, v] of [a, b, c, d, e, g, h, k].entries())
        hash.store(hash.load(I32, 4 * i).add(v), 4 * i);
    });
    f.return(words(f, hash));
  });
}

/** A checksum of eight words of 32 bits. */
function words(f: Body, p: Var): Expr {
  const sum = f.var(0);
  f.for(0, 8, (i) => sum.set(sum.mul(0x100000001b3n).add(p.at(i, 2).load(I32).wide())));
  return sum;
}

/** How each round of BLAKE2 orders the words of a block. */
const SIGMA = [
  "0123456789abcdef",
  "ea489fd61c02b753",
  "b8c052fdae367194",
  "7931dcbe265a40f8",
  "905724afe1bc683d",
  "2c6a0b834d75fe19",
  "c51fed4a0763928b",
  "db7ec13950f4862a",
  "6fe9b308c2d714a5",
  "a2847615fb9e3cd0",
];

/** BLAKE2s compression of `n` blocks of 64 bytes, all ten rounds unrolled. */
export function blake2s(unit: Unit): void {
  unit.function("kernel", 2, (f, data, n) => {
    const hash = f.var(data.add(1024));
    fill(f, data, 1024);
    for (const [k, x] of INITIAL.entries()) hash.store(f.i32(k === 0 ? x ^ 0x01010020 : x), 4 * k);
    f.for(0, n, (block) => {
      const from = f.var(data.at(block.and(15), 6));
      const v = [
        ...INITIAL.map((_, k) => f.var(hash.load(I32, 4 * k))),
        ...INITIAL.map((x) => f.var(f.i32(x))),
      ];
      const count = block.add(1).shl(6);
      v[12]!.set(v[12]!.xor(count.low()));
      v[13]!.set(v[13]!.xor(count.shr(32).low()));
      const mix = (a: Var, b: Var, c: Var, d: Var, x: number, y: number) => {
        a.set(a.add(b).add(from.load(I32, 4 * x)));
        d.set(d.xor(a).rotr(16));
        c.set(c.add(d));
        b.set(b.xor(c).rotr(12));
        a.set(a.add(b).add(from.load(I32, 4 * y)));
        d.set(d.xor(a).rotr(8));
        c.set(c.add(d));
        b.set(b.xor(c).rotr(7));
      };
      for (const order of SIGMA) {
        const word = (k: number) => Number.parseInt(order[k]!, 16);
        for (let k = 0; k < 4; k++)
          mix(v[k]!, v[4 + k]!, v[8 + k]!, v[12 + k]!, word(2 * k), word(2 * k + 1));
        for (let k = 0; k < 4; k++)
          mix(
            v[k]!,
            v[4 + ((k + 1) & 3)]!,
            v[8 + ((k + 2) & 3)]!,
            v[12 + ((k + 3) & 3)]!,
            word(8 + 2 * k),
            word(9 + 2 * k),
          );
      }
      for (let k = 0; k < 8; k++)
        hash.store(
          hash
            .load(I32, 4 * k)
            .xor(v[k]!)
            .xor(v[8 + k]!),
          4 * k,
        );
    });
    f.return(words(f, hash));
  });
}

/** CRC-32 of 16384 bytes by a table of 256 words, `n` times. */
export function crc32(unit: Unit): void {
  const BYTES = 16384;
  unit.function("kernel", 2, (f, data, n) => {
    const table = f.var(data.add(BYTES));
    fill(f, data, BYTES);
    f.for(0, 256, (i) => {
      const c = f.var(i);
      f.for(0, 8, () => {
        c.set(f.select(c.and(1).ne(0), c.shr(1).xor(0xedb88320), c.shr(1)));
      });
      table.at(i, 2).store(c.low());
    });
    const crc = f.var(f.i32(-1));
    f.for(0, n, () => {
      f.for(0, BYTES, (i) => {
        const index = crc.wide().xor(data.at(i).byte()).and(255);
        crc.set(table.at(index, 2).load(I32).xor(crc.shr(8)));
      });
    });
    f.return(crc.not().wide());
  });
}
