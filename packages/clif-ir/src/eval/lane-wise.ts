import { laneBits } from "../types.ts";
import { fromLanes, lanesOf, mask } from "./bits.ts";
import type { Meaning } from "./operation.ts";

/** Applies `compute` to every lane; the result's lanes may have another width. */
export const unary =
  (compute: (x: bigint, width: number, resultWidth: number) => bigint): Meaning =>
  ({ args, argTypes, type }) => {
    const w = laneBits(argTypes[0]);
    const to = laneBits(type);
    const lanes = lanesOf(args[0], argTypes[0]);
    for (let k = 0; k < lanes.length; k++) lanes[k] = compute(lanes[k], w, to);
    return [fromLanes(lanes, to)];
  };

/** Applies `compute` to every pair of lanes. */
export const binary =
  (compute: (x: bigint, y: bigint, width: number) => bigint): Meaning =>
  ({ args, type }) => {
    const w = laneBits(type);
    const lanes = lanesOf(args[0], type);
    const ys = lanesOf(args[1], type);
    for (let k = 0; k < lanes.length; k++) lanes[k] = compute(lanes[k], ys[k], w);
    return [fromLanes(lanes, w)];
  };

/** Applies `compute` to every three lanes. */
export const ternary =
  (compute: (x: bigint, y: bigint, z: bigint, width: number) => bigint): Meaning =>
  ({ args, type }) => {
    const w = laneBits(type);
    const lanes = lanesOf(args[0], type);
    const ys = lanesOf(args[1], type);
    const zs = lanesOf(args[2], type);
    for (let k = 0; k < lanes.length; k++) lanes[k] = compute(lanes[k], ys[k], zs[k], w);
    return [fromLanes(lanes, w)];
  };

/** Shifts every lane by the same amount: it is any scalar integer and counts modulo the lane width, a power of two. */
export const shift =
  (compute: (x: bigint, amount: bigint, width: number) => bigint): Meaning =>
  ({ args, type }) => {
    const w = laneBits(type);
    const amount = args[1] & BigInt(w - 1);
    const lanes = lanesOf(args[0], type);
    for (let k = 0; k < lanes.length; k++) lanes[k] = compute(lanes[k], amount, w);
    return [fromLanes(lanes, w)];
  };

/** Compares under the instruction's condition code: 1 or 0 for scalars, all ones or zero for lanes. */
export const comparison =
  (holds: (x: bigint, y: bigint, width: number, cc: number) => boolean): Meaning =>
  ({ args, argTypes, code }) => {
    const w = laneBits(argTypes[0]);
    const lanes = lanesOf(args[0], argTypes[0]);
    const ys = lanesOf(args[1], argTypes[0]);
    const truth = lanes.length === 1 ? 1n : mask(w);
    for (let k = 0; k < lanes.length; k++) lanes[k] = holds(lanes[k], ys[k], w, code) ? truth : 0n;
    return [fromLanes(lanes, w)];
  };
