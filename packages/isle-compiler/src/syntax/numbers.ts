const limit = 1n << 128n;
const signBit = 1n << 127n;

/** The value of an integer token as a signed 128-bit number, or a sentence that says what is wrong with it. */
export function parseInteger(image: string): bigint | string {
  const negative = image.startsWith("-");
  let digits = negative ? image.slice(1) : image;
  let prefix = "";
  if (/^0[xXoObB]/.test(digits)) {
    prefix = digits.slice(0, 2).toLowerCase();
    digits = digits.slice(2);
  }
  digits = digits.replaceAll("_", "");
  if (digits === "") return `'${image}' has no digits`;
  const valid =
    prefix === "0x"
      ? /^[0-9a-fA-F]+$/
      : prefix === "0o"
        ? /^[0-7]+$/
        : prefix === "0b"
          ? /^[01]+$/
          : /^[0-9]+$/;
  if (!valid.test(digits)) return `'${image}' has a digit that its radix does not have`;
  const magnitude = BigInt(prefix + digits);
  if (magnitude >= limit) return `'${image}' does not fit 128 bits`;
  if (!negative) return BigInt.asIntN(128, magnitude);
  if (magnitude === signBit) return `'${image}' does not fit 128 bits`;
  return BigInt.asIntN(128, -magnitude);
}
