import {
  type FloatFormat,
  floatText,
  IEEE16,
  IEEE32,
  IEEE64,
  IEEE128,
  parseFloatText,
} from "./float-text.ts";
import { isFloat, laneBits, laneCount, laneType, type Type, typeBits, typeName } from "./types.ts";

/** A value of a type outside any function: its bits, never negative, lane 0 of a vector lowest. */
export interface DataValue {
  readonly type: Type;
  readonly bits: bigint;
}

const formatOf = (lane: Type): FloatFormat =>
  [IEEE16, IEEE32, IEEE64, IEEE128][Math.log2(laneBits(lane)) - 4];

/**
 * Reads a value as run commands write it: an integer, a float, `[lanes]` or the hexadecimal bits of a vector.
 *
 * @returns The value, or the message of what is wrong.
 */
export function parseDataValue(text: string, type: Type): DataValue | string {
  const trimmed = text.trim();
  const bits = laneCount(type) > 1 ? parseVector(trimmed, type) : parseLane(trimmed, type);
  return typeof bits === "string" ? bits : { type, bits };
}

/**
 * Reads values separated by commas, as many as there are types.
 *
 * @returns The values, or the message of what is wrong.
 */
export function parseDataValues(text: string, types: readonly Type[]): DataValue[] | string {
  const parts = text.trim() === "" ? [] : text.split(",");
  if (parts.length !== types.length) return `expected ${types.length} values, found ${parts.length}`;
  const values: DataValue[] = [];
  for (let k = 0; k < types.length; k++) {
    const value = parseDataValue(parts[k], types[k]);
    if (typeof value === "string") return value;
    values.push(value);
  }
  return values;
}

/**
 * Reads what stands behind `==` of a run command: one value as it is, none or several in brackets.
 *
 * @returns The values, or the message of what is wrong.
 */
export function parseDataResults(text: string, types: readonly Type[]): DataValue[] | string {
  if (types.length === 1) return parseDataValues(text, types);
  const list = /^\s*\[(.*)\]\s*$/s.exec(text);
  return list === null ? `expected ${types.length} values in brackets` : parseDataValues(list[1], types);
}

function parseLane(text: string, type: Type): bigint | string {
  return isFloat(type) ? parseFloatText(text, formatOf(type)) : parseInteger(text, type);
}

function parseInteger(text: string, type: Type): bigint | string {
  const match = /^([+-]?)(0x[0-9a-fA-F_]+|[0-9][0-9_]*)$/.exec(text);
  const digits = match?.[2].replaceAll("_", "") ?? "0x";
  if (match === null || digits === "0x")
    return `expected an integer of type ${typeName(type)}, found '${text}'`;
  const width = laneBits(type);
  const magnitude = BigInt(digits);
  if (magnitude >> BigInt(width) !== 0n) return `${text} does not fit ${typeName(type)}`;
  if (match[1] !== "-") return magnitude;
  if (magnitude > 1n << BigInt(width - 1)) return `${text} does not fit ${typeName(type)}`;
  return BigInt.asUintN(width, -magnitude);
}

function parseVector(text: string, type: Type): bigint | string {
  if (text.startsWith("0x")) {
    const digits = text.slice(2).replaceAll("_", "");
    if (!/^[0-9a-fA-F]+$/.test(digits)) return `expected hexadecimal digits, found '${text}'`;
    const bits = BigInt(`0x${digits}`);
    return bits >> BigInt(typeBits(type)) === 0n ? bits : `${text} does not fit ${typeName(type)}`;
  }
  if (!text.startsWith("[") || !text.endsWith("]"))
    return `expected a vector of type ${typeName(type)}, found '${text}'`;
  const lanes = text.slice(1, -1).trim().split(/\s+/);
  if (lanes.length !== laneCount(type)) return `expected ${laneCount(type)} lanes, found ${lanes.length}`;
  let bits = 0n;
  for (let k = lanes.length - 1; k >= 0; k--) {
    const lane = parseLane(lanes[k], laneType(type));
    if (typeof lane === "string") return lane;
    bits = (bits << BigInt(laneBits(type))) | lane;
  }
  return bits;
}

/** The value as {@link parseDataValue} reads it: integers signed and decimal, vectors as `[lanes]`. */
export function dataValueText({ type, bits }: DataValue): string {
  const lane = laneType(type);
  const width = laneBits(type);
  const one = (x: bigint) => (isFloat(lane) ? floatText(x, formatOf(lane)) : String(BigInt.asIntN(width, x)));
  if (laneCount(type) === 1) return one(bits);
  const lanes: string[] = [];
  for (let k = 0; k < laneCount(type); k++) lanes.push(one(BigInt.asUintN(width, bits >> BigInt(width * k))));
  return `[${lanes.join(" ")}]`;
}

/** Results as {@link parseDataResults} reads them. */
export const dataResultsText = (values: readonly DataValue[]): string =>
  values.length === 1 ? dataValueText(values[0]) : `[${values.map(dataValueText).join(", ")}]`;
