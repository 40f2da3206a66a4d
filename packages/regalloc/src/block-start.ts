/**
 * The state that a block starts in.
 *
 * Behind one predecessor it is the state that this ends in. Behind several it is the state of the latest of those already
 * allocated, reduced to what is worth keeping: what the block or, for a loop's header, the loop uses, what all
 * predecessors have in a register, and what only lives through the loop. Parameters get the registers where most of
 * their arguments arrive or where they are passed on to, weighted by loop depth.
 */
import { I32List } from "@gantry/entity";
import { AllocationError } from "./allocation-error.ts";
import type { BlockStates } from "./block-states.ts";
import { CLASSES } from "./operand.ts";
import type { Problem } from "./problem.ts";
import type { RegisterState } from "./register-state.ts";
import { operandBase, type UseChains } from "./use-chains.ts";

/** A function has fewer edges than are left above this. */
const MAX_COUNTED = 1 << 29;
/** Predecessors that are asked where a parameter's arguments are. */
const MAX_VOTERS = 8;

export class BlockStart {
  readonly #state: RegisterState;
  readonly #states: BlockStates;
  readonly #chains: UseChains;
  /** The block whose end the register state is that of. */
  #stateBlock = 0;
  /** Per vreg: see {@link #countHolders}; and the greatest of these numbers. */
  #holders = new Int32Array(1024);
  #counted = 0;
  /** For each voter the weight of its edge, then where each argument ends. */
  readonly #votes = new I32List(64);
  /** While predecessors are joined: values that lose their registers. */
  readonly #lost = new I32List(32);
  /** While a loop is entered: values that need another register. */
  readonly #moved = new I32List(32);
  /** Registers of the parameters placed so far. */
  readonly #taken = new Int32Array(CLASSES);

  constructor(state: RegisterState, states: BlockStates, chains: UseChains) {
    this.#state = state;
    this.#states = states;
    this.#chains = chains;
  }

  reset(p: Problem): void {
    if (p.numVRegs > this.#holders.length) this.#holders = new Int32Array(2 * p.numVRegs);
    this.#stateBlock = 0;
    if (this.#counted < MAX_COUNTED) return;
    this.#holders.fill(0);
    this.#counted = 0;
  }

  /** Makes the state that in which block `b` starts. */
  enter(p: Problem, b: number): void {
    const s = this.#state;
    const { blockStart } = this.#chains;
    const start = blockStart[b];
    const hasParams = p.blockParamStart.data[b] !== p.blockParamStart.data[b + 1];
    s.block = b;
    s.lastInst = p.blockInstStart.data[b + 1] - 1;
    s.blockEnd = blockStart[b + 1];
    s.operandBase = operandBase(p, b);
    if (start >= s.loops.limit) s.loops.close(start);
    this.#states.beginStart();
    const before = this.#stateBlock;
    this.#stateBlock = b;
    if (b === 0) return;
    const preds = p.preds.data;
    const first = p.blockPredStart.data[b];
    const last = p.blockPredStart.data[b + 1];
    let primary = -1;
    for (let k = first; k < last; k++) if (preds[k] < b && preds[k] > primary) primary = preds[k];
    if (primary < 0) throw new AllocationError("RA0002", -1, `block ${b} stands before all its predecessors`);
    const only = last - first === 1 && !hasParams;
    if (only && primary === before) {
      this.#continue();
      return;
    }
    s.clear();
    if (only) this.#inherit(primary);
    else this.#merge(p, b, primary, first, last, hasParams);
  }

  /** The state as it is, being that of the only predecessor's end, without what is dead here. */
  #continue(): void {
    const s = this.#state;
    const { vregIn, regOf, free, globalOf, live, liveIn, classes } = s;
    for (let c = 0; c < classes; c++) {
      for (let q = s.all[c] & ~free[c]; q !== 0; q &= q - 1) {
        const n = 31 - Math.clz32(q & -q);
        const v = vregIn[(c << 5) | n];
        const g = globalOf[v];
        const keep = (live[liveIn + (g >> 5)] >>> (g & 31)) & 1;
        vregIn[(c << 5) | n] = v & -keep;
        regOf[v] = (((c << 5) + n + 1) & -keep) - 1;
        free[c] |= (keep ^ 1) << n;
      }
    }
  }

  /** The state at the end of an earlier block, which is the only predecessor, without what is dead here. */
  #inherit(primary: number): void {
    const s = this.#state;
    const { vregIn, regOf, free, globalOf, live, liveIn } = s;
    const ends = this.#states.ends.data;
    const { hasAbsences } = s.loops;
    const owner = this.#states.owner.data[primary];
    for (let k = this.#states.endFrom.data[primary], z = this.#states.endTo.data[primary]; k < z; k += 2) {
      const r = ends[k];
      const v = ends[k + 1];
      if (hasAbsences && s.isAbsent(v, owner)) continue;
      const g = globalOf[v];
      const keep = (live[liveIn + (g >> 5)] >>> (g & 31)) & 1;
      vregIn[r] = v & -keep;
      regOf[v] = ((r + 1) & -keep) - 1;
      free[r >> 5] &= ~(keep << (r & 31));
    }
  }

  /** The state of `primary` as far as it is worth keeping, and registers for the parameters. */
  #merge(p: Problem, b: number, primary: number, first: number, last: number, hasParams: boolean): void {
    const loopLast = this.#chains.loopEnd[b];
    if (loopLast >= 0) {
      this.#state.loops.open(b, this.#chains.blockStart[loopLast + 1]);
      this.#keepInLoop(primary);
    } else this.#keepWhatIsShared(p, b, primary, first, last);
    this.#states.noteInherited(primary);
    if (hasParams) this.#placeParams(p, b, first, last);
    if (loopLast >= 0 && this.#moved.length !== 0) this.#enterLoop(p);
    for (let q = first; q < last; q++) {
      const d = p.preds.data[q];
      if (d < b && d !== primary) this.#storeWhatIsLost(d);
    }
  }

  /** Keeps what this block uses or all predecessors hold in some register. */
  #keepWhatIsShared(p: Problem, b: number, primary: number, first: number, last: number): void {
    const s = this.#state;
    const { vregIn, regOf, free, nextUse, blockEnd, globalOf, live, liveIn } = s;
    const holders = this.#holders;
    const shared = this.#countHolders(p.preds.data, b, primary, first, last);
    const isOnly = shared === 0 ? 1 : 0;
    const { starts, endFrom, endTo } = this.#states;
    const { hasAbsences } = s.loops;
    const owner = this.#states.owner.data[primary];
    const from = endFrom.data[primary];
    const to = endTo.data[primary];
    this.#lost.clear();
    this.#lost.extend(to - from);
    let losses = 0;
    let at = starts.extend(to - from);
    const ends = this.#states.ends.data;
    const lost = this.#lost.data;
    const into = starts.data;
    // Which of these live and are kept follows no pattern, so nothing here branches on it.
    for (let k = from; k < to; k += 2) {
      const r = ends[k];
      const v = ends[k + 1];
      if (hasAbsences && s.isAbsent(v, owner)) continue;
      const g = globalOf[v];
      const isLive = (live[liveIn + (g >> 5)] >>> (g & 31)) & 1;
      const isUsed = (nextUse[v] - blockEnd) >>> 31;
      const isShared = holders[v] === shared ? 1 : 0;
      const keep = isLive & (isUsed | isShared | isOnly);
      into[at] = r;
      into[at + 1] = v;
      at += keep << 1;
      vregIn[r] = v & -keep;
      regOf[v] = ((r + 1) & -keep) - 1;
      free[r >> 5] &= ~(keep << (r & 31));
      lost[losses] = v;
      losses += isLive ^ keep;
    }
    starts.length = at;
    for (let k = 0; k < losses; k++) s.keepInMemory(this.#lost.data[k]);
  }

  /**
   * Counts for each vreg who has it in a register, of the allocated predecessors but `primary`, as long as these are all.
   * Returns what `holders` then is for those that all have, or 0 if there are no others. Greater numbers than those of
   * earlier calls are used, so that nothing needs to be cleared.
   */
  #countHolders(preds: Int32Array, b: number, primary: number, first: number, last: number): number {
    const s = this.#state;
    const { endFrom, endTo, owner } = this.#states;
    const ends = this.#states.ends.data;
    const { hasAbsences } = s.loops;
    const holders = this.#holders;
    const before = this.#counted;
    let all = before;
    for (let q = first; q < last; q++) {
      const d = preds[q];
      if (d >= b || d === primary) continue;
      for (let k = endFrom.data[d], z = endTo.data[d]; k < z; k += 2) {
        const v = ends[k + 1];
        if (hasAbsences && s.isAbsent(v, owner.data[d])) continue;
        if (all === before || holders[v] === all) holders[v] = all + 1;
      }
      all++;
    }
    this.#counted = all;
    return all === before ? 0 : all;
  }

  /** Sees to it that what predecessor `d` has in a register and this block does not is found in memory. */
  #storeWhatIsLost(d: number): void {
    const s = this.#state;
    const { regOf } = s;
    const ends = this.#states.ends.data;
    for (let k = this.#states.endFrom.data[d], z = this.#states.endTo.data[d]; k < z; k += 2)
      if (regOf[ends[k + 1]] < 0 && s.isLiveIn(ends[k + 1])) s.keepInMemory(ends[k + 1]);
  }

  /** Keeps what the loop that begins here uses, or has room for; notes what had better be in another register. */
  #keepInLoop(primary: number): void {
    const s = this.#state;
    const limit = s.loops.limit;
    const hasCalls = s.nextClobber <= limit;
    const { endFrom, endTo } = this.#states;
    const owner = this.#states.owner.data[primary];
    const ends = this.#states.ends.data;
    this.#moved.clear();
    for (let k = endFrom.data[primary], z = endTo.data[primary]; k < z; k += 2) {
      const r = ends[k];
      const v = ends[k + 1];
      if (!s.isLiveIn(v) || s.isAbsent(v, owner)) continue;
      const use = s.nextUse[v];
      const isUsed = use < limit;
      if (!isUsed && !s.loops.keep(v, use)) s.keepInMemory(v);
      else if (!hasCalls || ((s.calleeSaved[r >> 5] >>> (r & 31)) & 1) !== 0) this.#startIn(r, v);
      else if (isUsed) this.#moved.push(v);
      else s.keepInMemory(v);
    }
  }

  /** Adds a vreg to the state that the block starts in. */
  #startIn(r: number, v: number): void {
    this.#state.take(r, v);
    this.#states.addStart(r, v);
  }

  /** Moves values that a loop uses, and whose registers its calls would destroy, to preserved ones on the way in. */
  #enterLoop(p: Problem): void {
    const s = this.#state;
    const moved = this.#moved;
    const vregClass = p.vregClass.data;
    for (let k = 0; k < moved.length; k++) {
      const v = moved.at(k);
      const c = vregClass[v];
      const free = s.free[c] & s.calleeSaved[c];
      if (free !== 0) this.#startIn((c << 5) | (31 - Math.clz32(free & -free)), v);
      else s.keepInMemory(v);
    }
  }

  #placeParams(p: Problem, b: number, first: number, last: number): void {
    const a = p.blockParamStart.data[b];
    const count = p.blockParamStart.data[b + 1] - a;
    const s = this.#state;
    const chains = this.#chains;
    const voters = this.#locateArguments(p, b, first, last, count);
    const own = edgeWeight(p, b);
    const position = chains.blockStart[b];
    const taken = this.#taken;
    taken[0] = 0;
    taken[1] = 0;
    taken[2] = 0;
    for (let k = 0; k < count; k++) {
      const v = p.params.data[a + k];
      const c = p.vregClass.data[v];
      s.defInst[v] = -1 - b;
      const use = chains.next[position + k];
      s.nextUse[v] = use;
      if (s.free[c] === 0) this.#makeRoom(c, taken[c], use);
      const free = s.free[c];
      if (free === 0) {
        s.needSlot(v);
        s.defReg[v] = -1;
        continue;
      }
      let r = this.#electRegister(k, count, voters, c, free, s.passedTo(v), own);
      if (s.crosses(v) && (r < 0 || ((s.calleeSaved[c] >>> (r & 31)) & 1) === 0))
        if ((free & s.calleeSaved[c]) !== 0) r = -1;
      if (r < 0) r = s.choose(v, c, free);
      this.#startIn(r, v);
      taken[c] |= 1 << (r & 31);
      s.defReg[v] = r;
      chains.hint[v] = 1 + r;
    }
  }

  /**
   * Notes for the latest predecessors that are allocated where each argument ends, and how much the edge weighs; returns
   * how many there are.
   */
  #locateArguments(p: Problem, b: number, first: number, last: number, count: number): number {
    const votes = this.#votes;
    const preds = p.preds.data;
    let voters = 0;
    votes.clear();
    for (let q = last - 1; q >= first && voters < MAX_VOTERS; q--) {
      const d = preds[q];
      if (d >= b) continue;
      votes.push(edgeWeight(p, d));
      const args = p.edgeArgStart.data[p.blockSuccStart.data[d]];
      for (let k = 0; k < count; k++)
        votes.push(this.#states.registerAtEnd(this.#state, d, p.edgeArgs.data[args + k]));
      voters++;
    }
    return voters;
  }

  /**
   * The free register that argument `k` arrives in most often, or -1; `passedTo`, where it is passed on to, has `own` votes.
   */
  #electRegister(
    k: number,
    count: number,
    voters: number,
    c: number,
    free: number,
    passedTo: number,
    own: number,
  ): number {
    const votes = this.#votes.data;
    let best = -1;
    let weight = 0;
    if (passedTo >= 0 && passedTo >> 5 === c && ((free >>> (passedTo & 31)) & 1) !== 0) {
      best = passedTo;
      weight = own;
      for (let j = 0; j < voters; j++)
        if (votes[j * (count + 1) + 1 + k] === passedTo) weight += votes[j * (count + 1)];
    }
    for (let i = 0; i < voters; i++) {
      const r = votes[i * (count + 1) + 1 + k];
      if (r < 0 || r >> 5 !== c || ((free >>> (r & 31)) & 1) === 0) continue;
      let w = 0;
      for (let j = i; j < voters; j++) if (votes[j * (count + 1) + 1 + k] === r) w += votes[j * (count + 1)];
      if (w <= weight) continue;
      weight = w;
      best = r;
    }
    return best;
  }

  /** Takes a register from a value of the starting state that is used later than `use`; parameters keep theirs. */
  #makeRoom(c: number, params: number, use: number): void {
    const s = this.#state;
    const r = s.farthest(c, params);
    if (r < 0 || s.nextUse[s.vregIn[r]] <= use) return;
    s.evict(r);
    this.#states.removeStart(r);
  }
}

/** How much a move on an edge out of block `b` weighs. */
function edgeWeight(p: Problem, b: number): number {
  return 1 << (2 * Math.min(p.blockLoopDepth.data[b], 10));
}
