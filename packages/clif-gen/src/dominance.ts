/** Which blocks dominate which, for the few blocks of a plan: bit sets in bigints. */
export class Dominance {
  /** Bit d of entry b: block d dominates block b. Of an unreachable block, only itself. */
  readonly dominators: bigint[];
  /** Reachable blocks, each after all that dominate it; then the others. */
  readonly order: number[];

  /** @param successors Of each block; block 0 is the entry. */
  constructor(successors: readonly (readonly number[])[]) {
    const n = successors.length;
    const all = (1n << BigInt(n)) - 1n;
    const order = reversePostorder(successors);
    const reachable = new Set(order);
    this.dominators = successors.map((_, b) => (b !== 0 && reachable.has(b) ? all : 1n << BigInt(b)));
    for (let changed = true; changed; ) {
      changed = false;
      for (const b of order) {
        if (b === 0) continue;
        let meet = all;
        for (const p of order) if (successors[p].includes(b)) meet &= this.dominators[p];
        const next = meet | (1n << BigInt(b));
        changed ||= next !== this.dominators[b];
        this.dominators[b] = next;
      }
    }
    this.order = [...order, ...successors.map((_, b) => b).filter((b) => !reachable.has(b))];
  }

  dominates(a: number, b: number): boolean {
    return ((this.dominators[b] >> BigInt(a)) & 1n) !== 0n;
  }
}

function reversePostorder(successors: readonly (readonly number[])[]): number[] {
  const seen = new Set([0]);
  const postorder: number[] = [];
  const visit = (b: number): void => {
    for (const s of successors[b]) {
      if (seen.has(s)) continue;
      seen.add(s);
      visit(s);
    }
    postorder.push(b);
  };
  visit(0);
  return postorder.reverse();
}
