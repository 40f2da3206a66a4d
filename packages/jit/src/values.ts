import { F32, F64, I32, isInt, isVector, type Type, typeBits, typeBytes, typeName } from "@gantry/clif-ir";
import { errorOf } from "@gantry/diag";
import type { Endian } from "@gantry/entity";

/**
 * A value as JavaScript has it: a number for integers up to 32 bits and for f32 and f64, a bigint for wider integers
 * (and accepted for all), bytes with lane 0 first for vectors; f16 and f128 are bigints of their bits.
 */
export type JitValue = number | bigint | Uint8Array;

const scratch = new DataView(new ArrayBuffer(16));

/** Writes the low bits of `bits` as a value of `type`: vectors with lane 0 first, scalars in the machine's byte order. */
export function storeBits(view: DataView, at: number, type: Type, bits: bigint, endian: Endian): void {
  const little = endian === "little" || isVector(type);
  switch (typeBytes(type)) {
    case 1:
      view.setUint8(at, Number(BigInt.asUintN(8, bits)));
      return;
    case 2:
      view.setUint16(at, Number(BigInt.asUintN(16, bits)), little);
      return;
    case 4:
      view.setUint32(at, Number(BigInt.asUintN(32, bits)), little);
      return;
    case 8:
      view.setBigUint64(at, BigInt.asUintN(64, bits), little);
      return;
    case 32:
    case 64:
      for (let k = 0; k < typeBytes(type); k += 8)
        view.setBigUint64(at + k, BigInt.asUintN(64, bits >> BigInt(8 * k)), true);
      return;
    default:
      view.setBigUint64(at + (little ? 0 : 8), BigInt.asUintN(64, bits), little);
      view.setBigUint64(at + (little ? 8 : 0), BigInt.asUintN(64, bits >> 64n), little);
  }
}

/** The bits of a value of `type`, as an unsigned number. */
export function loadBits(view: DataView, at: number, type: Type, endian: Endian): bigint {
  const little = endian === "little" || isVector(type);
  switch (typeBytes(type)) {
    case 1:
      return BigInt(view.getUint8(at));
    case 2:
      return BigInt(view.getUint16(at, little));
    case 4:
      return BigInt(view.getUint32(at, little));
    case 8:
      return view.getBigUint64(at, little);
    case 32:
    case 64: {
      let bits = 0n;
      for (let k = typeBytes(type) - 8; k >= 0; k -= 8)
        bits = (bits << 64n) | view.getBigUint64(at + k, true);
      return bits;
    }
    default: {
      const low = view.getBigUint64(at + (little ? 0 : 8), little);
      return low | (view.getBigUint64(at + (little ? 8 : 0), little) << 64n);
    }
  }
}

/** The bits of a JavaScript value as a value of `type`. */
export function bitsOf(value: JitValue, type: Type): bigint {
  if (typeof value === "bigint") return BigInt.asUintN(typeBits(type), value);
  if (typeof value === "number") {
    if (type === F64) {
      scratch.setFloat64(0, value);
      return scratch.getBigUint64(0);
    }
    if (type === F32) {
      scratch.setFloat32(0, value);
      return BigInt(scratch.getUint32(0));
    }
    if (isInt(type) && Number.isInteger(value)) return BigInt.asUintN(typeBits(type), BigInt(value));
  } else if (value instanceof Uint8Array && isVector(type) && value.length === typeBytes(type)) {
    let bits = 0n;
    for (let k = value.length - 1; k >= 0; k--) bits = (bits << 8n) | BigInt(value[k]);
    return bits;
  }
  throw errorOf("JIT0004", `${describe(value)} cannot be passed as ${typeName(type)}`, {
    help: "integers are numbers or bigints, floats are numbers, vectors are Uint8Arrays or bigints of their bits",
  });
}

/** The JavaScript value of the bits of a value of `type`; integers are signed. */
export function valueOf(bits: bigint, type: Type): JitValue {
  if (type === F64) {
    scratch.setBigUint64(0, bits);
    return scratch.getFloat64(0);
  }
  if (type === F32) {
    scratch.setUint32(0, Number(bits));
    return scratch.getFloat32(0);
  }
  if (isVector(type)) {
    const bytes = new Uint8Array(typeBytes(type));
    for (let k = 0; k < bytes.length; k++) bytes[k] = Number(BigInt.asUintN(8, bits >> BigInt(8 * k)));
    return bytes;
  }
  if (isInt(type) && type <= I32) return Number(BigInt.asIntN(typeBits(type), bits));
  return isInt(type) ? BigInt.asIntN(typeBits(type), bits) : bits;
}

function describe(value: unknown): string {
  if (value instanceof Uint8Array) return `an array of ${value.length} bytes`;
  return typeof value === "number" ? String(value) : `a value of type ${typeof value}`;
}
