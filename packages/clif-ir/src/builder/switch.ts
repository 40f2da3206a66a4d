import { IntCC } from "../condition-codes.ts";
import type { Block, Value } from "../entities.ts";
import { I32, type Type, typeBits } from "../types.ts";
import type { FunctionBuilder } from "./function-builder.ts";

/** Cases with consecutive numbers. */
interface Range {
  readonly first: bigint;
  readonly blocks: Block[];
}

/** Up to this many ranges are compared one after the other; more are halved first. */
const LINEAR = 3;

/**
 * A multi-way branch on an unsigned integer: comparisons and jump tables, whatever suits the numbers.
 *
 *     const s = new Switch();
 *     s.setEntry(3n, three);
 *     s.emit(b, value, otherwise);
 */
export class Switch {
  readonly #cases = new Map<bigint, Block>();

  /** Says where a number goes; each number once. */
  setEntry(index: bigint, block: Block): void {
    this.#cases.set(index, block);
  }

  /** Ends the builder's current block with the branch. The blocks in between are made and sealed here. */
  emit(b: FunctionBuilder, value: Value, otherwise: Block): void {
    const work: { readonly block: Block; readonly ranges: readonly Range[] }[] = [];
    let ranges: readonly Range[] = this.#ranges();
    for (;;) {
      if (ranges.length > LINEAR) {
        const middle = ranges.length >> 1;
        const [left, right] = [b.createBlock(), b.createBlock()];
        b.ins().brif(b.ins().icmp_imm_u(IntCC.uge, value, ranges[middle].first), right, [], left);
        b.sealBlock(left);
        b.sealBlock(right);
        work.push(
          { block: right, ranges: ranges.slice(middle) },
          { block: left, ranges: ranges.slice(0, middle) },
        );
      } else this.#linear(b, value, otherwise, ranges);
      const next = work.pop();
      if (next === undefined) return;
      b.switchToBlock(next.block);
      ranges = next.ranges;
    }
  }

  #ranges(): Range[] {
    const out: Range[] = [];
    const sorted = [...this.#cases].sort(([x], [y]) => (x < y ? -1 : 1));
    for (const [index, block] of sorted) {
      const last = out.at(-1);
      if (last !== undefined && index === last.first + BigInt(last.blocks.length)) last.blocks.push(block);
      else out.push({ first: index, blocks: [block] });
    }
    return out;
  }

  /** Tests ranges from the last one down, so that one comparison decides whether a value is in or above a range. */
  #linear(b: FunctionBuilder, value: Value, otherwise: Block, ranges: readonly Range[]): void {
    for (let k = ranges.length - 1; k >= 0; k--) {
      const { first, blocks } = ranges[k];
      if (blocks.length > 1 && first === 0n) {
        this.#table(b, value, otherwise, ranges[k]);
        return;
      }
      const next = b.createBlock();
      if (blocks.length === 1) b.ins().brif(b.ins().icmp_imm_u(IntCC.eq, value, first), blocks[0], [], next);
      else {
        const inside = b.createBlock();
        b.ins().brif(b.ins().icmp_imm_u(IntCC.uge, value, first), inside, [], next);
        b.sealBlock(inside);
        b.switchToBlock(inside);
        this.#table(b, value, otherwise, ranges[k]);
      }
      b.sealBlock(next);
      b.switchToBlock(next);
    }
    b.ins().jump(otherwise);
  }

  /** A jump table for a value that is not below the range. */
  #table(b: FunctionBuilder, value: Value, otherwise: Block, { first, blocks }: Range): void {
    const type: Type = b.func.valueType(value);
    const offset = first === 0n ? value : b.ins().isub(value, b.ins().number(type, first, false));
    let index = offset;
    if (typeBits(type) > 32) {
      const fits = b.createBlock();
      b.ins().brif(b.ins().icmp_imm_u(IntCC.ult, offset, BigInt(blocks.length)), fits, [], otherwise);
      b.sealBlock(fits);
      b.switchToBlock(fits);
      index = b.ins().ireduce(I32, offset);
    } else if (typeBits(type) < 32) index = b.ins().uextend(I32, offset);
    const call = (block: Block) => ({ block, args: [] });
    b.ins().br_table(index, { default: call(otherwise), entries: blocks.map(call) });
  }
}
