import { floatText, IEEE16, IEEE32, IEEE64, IEEE128 } from "../float-text.ts";

/** Hexadecimal digits in groups of four, as CLIF writes integers from 10000 on. */
function grouped(hex: string): string {
  const padded = hex.padStart((hex.length + 3) & ~3, "0");
  let out = "0x";
  for (let k = 0; k < padded.length; k += 4) out += (k === 0 ? "" : "_") + padded.slice(k, k + 4);
  return out;
}

/** A signed 64-bit integer given as two words. */
export function imm64Text(lo: number, hi: number): string {
  if (hi === lo >> 31 && lo < 10000) return String(lo);
  if (hi < 0) return String((BigInt(hi) << 32n) | BigInt(lo >>> 0));
  return hi === 0 ? grouped((lo >>> 0).toString(16)) : wide(lo, hi);
}

const wide = (lo: number, hi: number): string =>
  grouped((hi >>> 0).toString(16) + (lo >>> 0).toString(16).padStart(8, "0"));

/** An offset: nothing for zero, otherwise with its sign. */
export function offsetText(n: number): string {
  if (n === 0) return "";
  const magnitude = Math.abs(n);
  return (n < 0 ? "-" : "+") + (magnitude < 10000 ? String(magnitude) : grouped(magnitude.toString(16)));
}

/** Bytes that are stored least significant first. */
export function bytesText(bytes: Uint8Array, start: number, length: number): string {
  if (length === 0) return "";
  let out = "0x";
  for (let k = start + length - 1; k >= start; k--) out += bytes[k].toString(16).padStart(2, "0");
  return out;
}

export const float16Text = (lo: number): string => floatText(BigInt(lo & 0xffff), IEEE16);
export const float32Text = (lo: number): string => floatText(BigInt(lo >>> 0), IEEE32);
export const float64Text = (lo: number, hi: number): string =>
  floatText((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0), IEEE64);

/** A 128-bit float stored in sixteen bytes. */
export function float128Text(bytes: Uint8Array, start: number): string {
  let bits = 0n;
  for (let k = 15; k >= 0; k--) bits = (bits << 8n) | BigInt(bytes[start + k]);
  return floatText(bits, IEEE128);
}
