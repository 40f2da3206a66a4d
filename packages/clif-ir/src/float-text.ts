/** Layout of an IEEE 754 interchange format. */
export interface FloatFormat {
  readonly expBits: number;
  readonly fracBits: number;
}

export const IEEE16: FloatFormat = { expBits: 5, fracBits: 10 };
export const IEEE32: FloatFormat = { expBits: 8, fracBits: 23 };
export const IEEE64: FloatFormat = { expBits: 11, fracBits: 52 };
export const IEEE128: FloatFormat = { expBits: 15, fracBits: 112 };

const MAX_DIGITS = 32;

/**
 * Reads a float as CLIF writes it: `0.0`, `Inf`, `NaN`, `NaN:0x…`, `sNaN:0x…` or a hexadecimal float without rounding.
 *
 * @returns The bits, or the message of what is wrong.
 */
export function parseFloatText(text: string, format: FloatFormat): bigint | string {
  const { expBits, fracBits } = format;
  const frac = BigInt(fracBits);
  const quiet = 1n << (frac - 1n);
  const infinity = ((1n << BigInt(expBits)) - 1n) << frac;
  const sign = text[0] === "-" ? 1n << BigInt(expBits + fracBits) : 0n;
  const body = text[0] === "-" || text[0] === "+" ? text.slice(1) : text;
  if (body === "0.0") return sign;
  if (body === "Inf") return sign | infinity;
  if (body === "NaN") return sign | infinity | quiet;
  if (body.startsWith("NaN:0x")) {
    const payload = hexPayload(body.slice(6));
    return payload === undefined || payload >= quiet
      ? "Invalid NaN payload"
      : sign | infinity | quiet | payload;
  }
  if (body.startsWith("sNaN:0x") && body !== text) {
    const payload = hexPayload(body.slice(7));
    return payload === undefined || payload === 0n || payload >= quiet
      ? "Invalid sNaN payload"
      : sign | infinity | payload;
  }
  if (!body.startsWith("0x")) return "Float must be hexadecimal";
  return parseHex(body.slice(2), sign, format);
}

function hexPayload(digits: string): bigint | undefined {
  return /^[0-9a-fA-F]{1,32}$/.test(digits) ? BigInt(`0x${digits}`) : undefined;
}

function parseHex(body: string, sign: bigint, { expBits, fracBits }: FloatFormat): bigint | string {
  let digits = 0;
  let point = -1;
  let significand = 0n;
  let exponent = 0;
  let at = 0;
  for (; at < body.length; at++) {
    const c = body[at];
    if (c === ".") {
      if (point >= 0) return "Multiple radix points";
      point = digits;
    } else if (c === "p") {
      const text = body.slice(at + 1);
      if (!/^[+-]?[0-9]{1,6}$/.test(text)) return "Bad exponent";
      exponent = Number(text);
      if (exponent < -32768 || exponent > 32767) return "Bad exponent";
      break;
    } else {
      if (!/^[0-9a-fA-F]$/.test(c)) return "Invalid character";
      if (++digits > MAX_DIGITS) return "Too many digits";
      significand = (significand << 4n) | BigInt(Number.parseInt(c, 16));
    }
  }
  if (digits === 0) return "No digits";
  if (significand === 0n) return sign;
  if (point >= 0) exponent -= 4 * (digits - point);
  // The value is significand * 2^exponent; make the significand odd so that width means precision.
  while ((significand & 1n) === 0n) {
    significand >>= 1n;
    exponent++;
  }
  const width = significand.toString(2).length;
  if (width > fracBits + 1) return "Too many significant bits";
  const bias = 2 ** (expBits - 1) - 1;
  const top = exponent + width - 1;
  if (top > bias) return "Magnitude too large";
  if (top >= 1 - bias) {
    const fraction = (significand << BigInt(fracBits + 1 - width)) & ((1n << BigInt(fracBits)) - 1n);
    return sign | (BigInt(top + bias) << BigInt(fracBits)) | fraction;
  }
  const shift = exponent - (1 - bias - fracBits);
  if (top < 1 - bias - fracBits) return "Magnitude too small";
  if (shift < 0) return "Subnormal underflow";
  return sign | (significand << BigInt(shift));
}

/** Prints float bits as {@link parseFloatText} reads them. */
export function floatText(bits: bigint, { expBits, fracBits }: FloatFormat): string {
  const frac = BigInt(fracBits);
  const fraction = bits & ((1n << frac) - 1n);
  const maxExp = 2 ** expBits - 1;
  const exp = Number((bits >> frac) & BigInt(maxExp));
  const negative = (bits >> BigInt(expBits + fracBits)) & 1n;
  const minus = negative === 1n ? "-" : "";
  const signed = negative === 1n ? "-" : "+";
  const quiet = 1n << (frac - 1n);
  if (exp === maxExp) {
    if (fraction === 0n) return `${signed}Inf`;
    if (fraction === quiet) return `${signed}NaN`;
    return (fraction & quiet) !== 0n
      ? `${signed}NaN:0x${(fraction & ~quiet).toString(16)}`
      : `${signed}sNaN:0x${fraction.toString(16)}`;
  }
  if (exp === 0 && fraction === 0n) return `${minus}0.0`;
  const digits = (fracBits + 3) >> 2;
  const aligned = (fraction << BigInt(digits * 4 - fracBits)).toString(16).padStart(digits, "0");
  const bias = 2 ** (expBits - 1) - 1;
  return exp === 0 ? `${minus}0x0.${aligned}p${1 - bias}` : `${minus}0x1.${aligned}p${exp - bias}`;
}
