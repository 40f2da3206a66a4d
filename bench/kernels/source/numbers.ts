/** Kernels of integers and floats in arrays. */
import { type Body, type Expr, F64, I64, type Unit, type Var } from "./language.ts";

const MULTIPLIER = 6364136223846793005n;
const INCREMENT = 1442695040888963407n;

/** Steps a linear congruential generator and gives 31 bits of it. */
export function random(state: Var): Expr {
  state.set(state.mul(MULTIPLIER).add(INCREMENT));
  return state.shr(33);
}

/** Primes below 32768, `n` times. */
export function sieve(unit: Unit): void {
  const LIMIT = 32768;
  unit.function("kernel", 2, (f, buffer, n) => {
    const sum = f.var(0);
    f.for(0, n, (round) => {
      f.for(0, LIMIT, (i) => buffer.at(i).storeByte(1));
      f.for(2, LIMIT, (i) => {
        f.if(buffer.at(i).byte().ne(0), () => {
          sum.set(sum.add(i.xor(round)));
          f.for(i.add(i), LIMIT, (k) => buffer.at(k).storeByte(0), i);
        });
      });
    });
    f.return(sum);
  });
}

/** `n` steps of five bodies that attract each other. */
export function nbody(unit: Unit): void {
  const DAYS = 365.24;
  const SOLAR = 4 * Math.PI * Math.PI;
  const bodies = [
    [0, 0, 0, 0, 0, 0, 1],
    [
      4.84143144246472, -1.16032004402743, -0.103622044471123, 0.00166007664274404, 0.0076990111841974,
      -0.0000690460016972063, 0.000954791938424327,
    ],
    [
      8.34336671824458, 4.1247985641243, -0.403523417114321, -0.00276742510726411, 0.00499852801234917,
      0.0000230417297573764, 0.000285885980666131,
    ],
    [
      12.8943695621391, -15.1111514016986, -0.223307578892656, 0.00296460137564762, 0.00237847173959481,
      -0.0000296589568540238, 0.0000436624404335156,
    ],
    [
      15.3796971148509, -25.9193146099879, 0.179258772950371, 0.00268067772490389, 0.00162824170038242,
      -0.0000951592254519716, 0.0000515138902046611,
    ],
  ];
  const BYTES = 56;
  unit.function("kernel", 2, (f, buffer, n) => {
    for (const [b, body] of bodies.entries())
      for (const [k, x] of body.entries())
        buffer.store(f.f64(k < 3 ? x : k < 6 ? x * DAYS : x * SOLAR), b * BYTES + k * 8);
    const end = f.var(buffer.add(5 * BYTES));
    f.for(0, n, () => {
      f.for(
        buffer,
        end,
        (p) => {
          f.for(
            p.add(BYTES),
            end,
            (q) => {
              const dx = p.load(F64).fsub(q.load(F64));
              const dy = p.load(F64, 8).fsub(q.load(F64, 8));
              const dz = p.load(F64, 16).fsub(q.load(F64, 16));
              const square = dx.fmul(dx).fadd(dy.fmul(dy)).fadd(dz.fmul(dz));
              const force = f.f64(0.01).fdiv(square.fmul(square.sqrt()));
              const mine = p.load(F64, 48).fmul(force);
              const other = q.load(F64, 48).fmul(force);
              for (const [k, d] of [dx, dy, dz].entries()) {
                const at = 24 + 8 * k;
                p.store(p.load(F64, at).fsub(d.fmul(other)), at);
                q.store(q.load(F64, at).fadd(d.fmul(mine)), at);
              }
            },
            BYTES,
          );
        },
        BYTES,
      );
      f.for(
        buffer,
        end,
        (p) => {
          for (const at of [0, 8, 16]) p.store(p.load(F64, at).fadd(p.load(F64, at + 24).fmul(0.01)), at);
        },
        BYTES,
      );
    });
    const sum = f.var(f.f64(0));
    f.for(
      buffer,
      end,
      (p) => {
        for (const at of [0, 8, 16, 24, 32, 40]) sum.set(sum.fadd(p.load(F64, at)));
      },
      BYTES,
    );
    f.return(sum.bits());
  });
}

/** Iterations, at most 50 for a point, over a picture of `n` by `n` points. */
export function mandelbrot(unit: Unit): void {
  unit.function("kernel", 2, (f, _buffer, n) => {
    const sum = f.var(0);
    const step = f.var(f.f64(2).fdiv(n.toFloat()));
    f.for(0, n, (row) => {
      const ci = f.var(row.toFloat().fmul(step).fsub(1));
      f.for(0, n, (column) => {
        const cr = f.var(column.toFloat().fmul(step).fsub(1.5));
        const zr = f.var(f.f64(0));
        const zi = f.var(f.f64(0));
        const i = f.var(0);
        f.while(
          () => i.slt(50),
          () => {
            const rr = zr.fmul(zr);
            const ii = zi.fmul(zi);
            f.if(rr.fadd(ii).fgt(4), () => f.break());
            zi.set(zr.fmul(zi).fmul(2).fadd(ci));
            zr.set(rr.fsub(ii).fadd(cr));
            i.set(i.add(1));
          },
        );
        sum.set(sum.mul(31).add(i));
      });
    });
    f.return(sum);
  });
}

/** The product of two matrices of `n` by `n` floats. */
export function matmul(unit: Unit): void {
  unit.function("kernel", 2, (f, a, n) => {
    const bytes = n.mul(n).shl(3);
    const b = f.var(a.add(bytes));
    const c = f.var(b.add(bytes));
    f.for(0, n.mul(n), (i) => {
      a.at(i, 3).store(i.and(63).toFloat());
      b.at(i, 3).store(i.mul(7).and(31).sub(15).toFloat());
      c.at(i, 3).store(f.f64(0));
    });
    f.for(0, n, (i) => {
      f.for(0, n, (k) => {
        const factor = f.var(a.at(i.mul(n).add(k), 3).load(F64));
        const from = f.var(b.at(k.mul(n), 3));
        const to = f.var(c.at(i.mul(n), 3));
        f.for(0, n, (j) => {
          const place = to.at(j, 3);
          place.store(place.load(F64).fadd(factor.fmul(from.at(j, 3).load(F64))));
        });
      });
    });
    const sum = f.var(0);
    f.for(0, n.mul(n), (i) => sum.set(sum.mul(31).add(c.at(i, 3).load(I64))));
    f.return(sum);
  });
}

/** Sorts `n` random numbers by recursive partition. */
export function quicksort(unit: Unit): void {
  unit.function("sort", 2, (f, low, high) => {
    f.while(
      () => low.ult(high),
      () => {
        const pivot = f.var(low.add(high.sub(low).shr(4).shl(3)).load(I64));
        const i = f.var(low);
        const j = f.var(high);
        f.while(
          () => i.ule(j),
          () => {
            f.while(
              () => i.load(I64).slt(pivot),
              () => i.set(i.add(8)),
            );
            f.while(
              () => j.load(I64).sgt(pivot),
              () => j.set(j.sub(8)),
            );
            f.if(i.ule(j), () => {
              const x = i.load(I64);
              i.store(j.load(I64));
              j.store(x);
              i.set(i.add(8));
              j.set(j.sub(8));
            });
          },
        );
        f.call("sort", low, j);
        low.set(i);
      },
    );
    f.return(0);
  });
  unit.function("kernel", 2, (f, buffer, n) => {
    const state = f.var(42);
    f.for(0, n, (i) => buffer.at(i, 3).store(random(state)));
    f.call("sort", buffer, buffer.at(n.sub(1), 3));
    const sum = f.var(0);
    f.for(0, n, (i) => sum.set(sum.mul(31).add(buffer.at(i, 3).load(I64))));
    f.return(sum);
  });
}

const FFT_LOG2 = 10;

/** `n` times the Fourier transform of 1024 complex numbers, scaled by 1/32. */
export function fft(unit: Unit): void {
  const SIZE = 1 << FFT_LOG2;
  unit.function("kernel", 2, (f, re, n) => {
    const im = f.var(re.add(SIZE * 8));
    const state = f.var(7);
    f.for(0, SIZE, (i) => {
      re.at(i, 3).store(random(state).and(1023).toFloat());
      im.at(i, 3).store(f.f64(0));
    });
    f.for(0, n, () => {
      const j = f.var(0);
      f.for(1, SIZE, (i) => {
        const bit = f.var(SIZE >> 1);
        f.while(
          () => j.and(bit).ne(0),
          () => {
            j.set(j.xor(bit));
            bit.set(bit.shr(1));
          },
        );
        j.set(j.xor(bit));
        f.if(i.slt(j), () => {
          for (const part of [re, im]) {
            const x = part.at(i, 3).load(F64);
            part.at(i, 3).store(part.at(j, 3).load(F64));
            part.at(j, 3).store(x);
          }
        });
      });
      // The root of each stage, found from the last one's by halving its angle.
      const cosine = f.var(f.f64(-1));
      const sine = f.var(f.f64(0));
      const half = f.var(1);
      f.while(
        () => half.slt(SIZE),
        () => {
          fftStage(f, re, im, half, cosine, sine, SIZE);
          const c = cosine;
          const next = f.f64(0.5).fadd(c.fmul(0.5)).sqrt();
          sine.set(f.f64(0.5).fsub(c.fmul(0.5)).sqrt());
          cosine.set(next);
          half.set(half.shl(1));
        },
      );
      f.for(0, SIZE, (i) => {
        for (const part of [re, im])
          part.at(i, 3).store(
            part
              .at(i, 3)
              .load(F64)
              .fmul(1 / 32),
          );
      });
    });
    const sum = f.var(0);
    f.for(0, SIZE, (i) => {
      sum.set(sum.mul(31).add(re.at(i, 3).load(I64)).add(im.at(i, 3).load(I64)));
    });
    f.return(sum);
  });
}

function fftStage(f: Body, re: Var, im: Var, half: Var, cosine: Var, sine: Var, size: number): void {
  f.for(
    0,
    size,
    (start) => {
      const wr = f.var(f.f64(1));
      const wi = f.var(f.f64(0));
      f.for(start, start.add(half), (a) => {
        const b = a.add(half);
        const br = re.at(b, 3).load(F64);
        const bi = im.at(b, 3).load(F64);
        const tr = br.fmul(wr).fsub(bi.fmul(wi));
        const ti = br.fmul(wi).fadd(bi.fmul(wr));
        const ar = re.at(a, 3).load(F64);
        const ai = im.at(a, 3).load(F64);
        re.at(b, 3).store(ar.fsub(tr));
        im.at(b, 3).store(ai.fsub(ti));
        re.at(a, 3).store(ar.fadd(tr));
        im.at(a, 3).store(ai.fadd(ti));
        const next = wr.fmul(cosine).fsub(wi.fmul(sine));
        wi.set(wr.fmul(sine).fadd(wi.fmul(cosine)));
        wr.set(next);
      });
    },
    half.shl(1),
  );
}

/** Squares a number of 64 words of 64 bits, keeping the low half, `n` times. */
export function bigmul(unit: Unit): void {
  const WORDS = 64;
  unit.function("kernel", 2, (f, a, n) => {
    const product = f.var(a.add(WORDS * 8));
    const state = f.var(1);
    f.for(0, WORDS, (i) => a.at(i, 3).store(random(state).mul(MULTIPLIER).or(1)));
    f.for(0, n, () => {
      f.for(0, 2 * WORDS, (i) => product.at(i, 3).store(0));
      f.for(0, WORDS, (i) => {
        const x = f.var(a.at(i, 3).load(I64));
        const carry = f.var(0);
        const to = f.var(product.at(i, 3));
        f.for(0, WORDS, (j) => {
          const y = a.at(j, 3).load(I64);
          const place = to.at(j, 3);
          const old = place.load(I64);
          const low = x.mul(y);
          const sum = low.add(old);
          const total = sum.add(carry);
          carry.set(x.mulHigh(y).add(sum.ult(low).wide()).add(total.ult(sum).wide()));
          place.store(total);
        });
        to.store(carry, WORDS * 8);
      });
      f.for(0, WORDS, (i) =>
        a.at(i, 3).store(
          product
            .at(i, 3)
            .load(I64)
            .xor(product.at(i, 3).load(I64, WORDS * 8)),
        ),
      );
    });
    const sum = f.var(0);
    f.for(0, WORDS, (i) => sum.set(sum.mul(31).add(a.at(i, 3).load(I64))));
    f.return(sum);
  });
}

/** An estimate of the greatest singular value of an infinite matrix, from its first `n` rows and columns. */
export function spectralNorm(unit: Unit): void {
  const multiply = (name: string, transposed: boolean) => {
    unit.function(name, 3, (f, n, from, to) => {
      f.for(0, n, (i) => {
        const sum = f.var(f.f64(0));
        f.for(0, n, (j) => {
          const diagonal = i.add(j);
          const place = diagonal
            .mul(diagonal.add(1))
            .shr(1)
            .add(transposed ? j : i)
            .add(1);
          sum.set(sum.fadd(from.at(j, 3).load(F64).fdiv(place.toFloat())));
        });
        to.at(i, 3).store(sum);
      });
      f.return(0);
    });
  };
  multiply("rows", false);
  multiply("columns", true);
  unit.function("kernel", 2, (f, u, n) => {
    const v = f.var(u.at(n, 3));
    const t = f.var(v.at(n, 3));
    f.for(0, n, (i) => u.at(i, 3).store(f.f64(1)));
    f.for(0, 10, () => {
      f.call("rows", n, u, t);
      f.call("columns", n, t, v);
      f.call("rows", n, v, t);
      f.call("columns", n, t, u);
    });
    const uv = f.var(f.f64(0));
    const vv = f.var(f.f64(0));
    f.for(0, n, (i) => {
      const x = v.at(i, 3).load(F64);
      uv.set(uv.fadd(u.at(i, 3).load(F64).fmul(x)));
      vv.set(vv.fadd(x.fmul(x)));
    });
    f.return(uv.fdiv(vv).sqrt().bits());
  });
}
