/** Kernels of trees, tables, permutations and an interpreter. */
import { type Body, I64, type Unit, type Var } from "./language.ts";
import { random } from "./numbers.ts";

/** Builds a binary tree of 4095 nodes and walks it, `n` times. */
export function binaryTrees(unit: Unit): void {
  const DEPTH = 11;
  // The word at `heap` is the address of the next free node; a node is two addresses.
  unit.function("build", 2, (f, heap, depth) => {
    const node = f.var(heap.load(I64));
    heap.store(node.add(16));
    f.if(
      depth.eq(0),
      () => {
        node.store(0);
        node.store(0, 8);
      },
      () => {
        node.store(f.call("build", heap, depth.sub(1)));
        node.store(f.call("build", heap, depth.sub(1)), 8);
      },
    );
    f.return(node);
  });
  unit.function("count", 1, (f, node) => {
    const left = node.load(I64);
    f.if(left.eq(0), () => f.return(1));
    const counted = f.call("count", left);
    f.return(counted.add(f.call("count", node.load(I64, 8))).add(1));
  });
  unit.function("kernel", 2, (f, buffer, n) => {
    const sum = f.var(0);
    f.for(0, n, (i) => {
      buffer.store(buffer.add(16));
      const tree = f.call("build", buffer, DEPTH);
      sum.set(sum.mul(3).add(f.call("count", tree)).add(i));
    });
    f.return(sum);
  });
}

/** Counts `n` random keys in a table of 16384 places with linear probing. */
export function hashTable(unit: Unit): void {
  const PLACES = 16384;
  unit.function("kernel", 2, (f, table, n) => {
    f.for(0, 2 * PLACES, (i) => table.at(i, 3).store(0));
    const state = f.var(99);
    const probes = f.var(0);
    f.for(0, n, () => {
      const key = f.var(random(state).and(8191).add(1));
      const hash = f.var(key.mul(0x9e3779b97f4a7c15n - (1n << 64n)).shr(50));
      f.forever(() => {
        const place = f.var(table.at(hash, 4));
        const found = f.var(place.load(I64));
        f.if(found.eq(key), () => {
          place.store(place.load(I64, 8).add(1), 8);
          f.break();
        });
        f.if(found.eq(0), () => {
          place.store(key);
          place.store(1, 8);
          f.break();
        });
        probes.set(probes.add(1));
        hash.set(hash.add(1).and(PLACES - 1));
      });
    });
    const sum = f.var(probes);
    f.for(0, PLACES, (i) =>
      sum.set(sum.mul(31).add(table.at(i, 4).load(I64)).add(table.at(i, 4).load(I64, 8))),
    );
    f.return(sum);
  });
}

/** Ways to place `n` queens on a board of `n` by `n`. */
export function nqueens(unit: Unit): void {
  unit.function("place", 4, (f, all, columns, left, right) => {
    f.if(columns.eq(all), () => f.return(1));
    const count = f.var(0);
    const free = f.var(columns.or(left).or(right).not().and(all));
    f.while(
      () => free.ne(0),
      () => {
        const bit = f.var(free.and(f.i64(0).sub(free)));
        free.set(free.xor(bit));
        count.set(
          count.add(f.call("place", all, columns.or(bit), left.or(bit).shl(1), right.or(bit).shr(1))),
        );
      },
    );
    f.return(count);
  });
  unit.function("kernel", 2, (f, _buffer, n) => {
    f.return(f.call("place", f.i64(1).shl(n).sub(1), 0, 0, 0));
  });
}

/** The most flips that any permutation of `n` numbers takes, and a checksum of all flips. */
export function fannkuch(unit: Unit): void {
  unit.function("kernel", 2, (f, permutation, n) => {
    const copy = f.var(permutation.add(128));
    const count = f.var(permutation.add(256));
    const checksum = f.var(0);
    const most = f.var(0);
    const left = f.var(n);
    const parity = f.var(0);
    f.for(0, n, (i) => permutation.at(i, 3).store(i));
    f.forever(() => {
      f.while(
        () => left.ne(1),
        () => {
          count.at(left.sub(1), 3).store(left);
          left.set(left.sub(1));
        },
      );
      f.for(0, n, (i) => copy.at(i, 3).store(permutation.at(i, 3).load(I64)));
      const flips = f.var(0);
      const first = f.var(copy.load(I64));
      f.while(
        () => first.ne(0),
        () => {
          flip(f, copy, first);
          flips.set(flips.add(1));
          first.set(copy.load(I64));
        },
      );
      most.set(f.select(flips.sgt(most), flips, most));
      checksum.set(f.select(parity.eq(0), checksum.add(flips), checksum.sub(flips)));
      parity.set(parity.xor(1));
      f.forever(() => {
        f.if(left.eq(n), () => f.return(checksum.mul(1000).add(most)));
        const head = f.var(permutation.load(I64));
        f.for(0, left, (i) => permutation.at(i, 3).store(permutation.at(i, 3).load(I64, 8)));
        permutation.at(left, 3).store(head);
        const place = count.at(left, 3);
        const rest = place.load(I64).sub(1);
        place.store(rest);
        f.if(rest.sgt(0), () => f.break());
        left.set(left.add(1));
      });
    });
  });
}

/** Reverses elements 0 to `last`. */
function flip(f: Body, array: Var, last: Var): void {
  const low = f.var(array);
  const high = f.var(array.at(last, 3));
  f.while(
    () => low.ult(high),
    () => {
      const x = low.load(I64);
      low.store(high.load(I64));
      high.store(x);
      low.set(low.add(8));
      high.set(high.sub(8));
    },
  );
}

/** A machine of eight registers interprets a program of a loop of `n` rounds. */
export function bytecode(unit: Unit): void {
  const op = {
    halt: 0,
    constant: 1,
    move: 2,
    add: 3,
    sub: 4,
    mul: 5,
    xor: 6,
    shr: 7,
    jumpIfNot: 8,
    jump: 9,
    less: 10,
    and: 11,
  };
  // r0 checksum, r1 index, r2 limit (given), r3 one, r4 to r6 temporary, r7 three.
  const program = [
    [op.constant, 0, 17, 0],
    [op.constant, 1, 0, 0],
    [op.constant, 3, 1, 0],
    [op.constant, 7, 3, 0],
    [op.less, 4, 1, 2],
    [op.jumpIfNot, 4, 17, 0],
    [op.mul, 0, 0, 7],
    [op.add, 0, 0, 1],
    [op.and, 5, 1, 3],
    [op.jumpIfNot, 5, 13, 0],
    [op.shr, 6, 0, 7],
    [op.xor, 0, 0, 6],
    [op.jump, 0, 15, 0],
    [op.sub, 0, 0, 7],
    [op.move, 6, 0, 0],
    [op.add, 1, 1, 3],
    [op.jump, 0, 4, 0],
    [op.halt, 0, 0, 0],
  ];
  unit.function("kernel", 2, (f, buffer, n) => {
    const registers = f.var(buffer.add(1024));
    for (const [k, [code, a, b, c]] of program.entries())
      buffer.store(code! | (a! << 8) | (b! << 16) | (c! << 24), 8 * k);
    registers.store(n, 16);
    const pc = f.var(buffer);
    f.forever(() => {
      const word = f.var(pc.load(I64));
      pc.set(pc.add(8));
      const a = f.var(registers.at(word.shr(8).and(255), 3));
      const immediate = f.var(word.shr(16).and(255));
      const left = () => registers.at(immediate, 3).load(I64);
      const right = () => registers.at(word.shr(24).and(255), 3).load(I64);
      f.switch(word.and(255), [
        () => f.return(registers.load(I64)),
        () => a.store(immediate),
        () => a.store(left()),
        () => a.store(left().add(right())),
        () => a.store(left().sub(right())),
        () => a.store(left().mul(right())),
        () => a.store(left().xor(right())),
        () => a.store(left().shr(right())),
        () => f.if(a.load(I64).eq(0), () => pc.set(buffer.at(immediate, 3))),
        () => pc.set(buffer.at(immediate, 3)),
        () => a.store(left().slt(right()).wide()),
        () => a.store(left().and(right())),
      ]);
    });
  });
}
