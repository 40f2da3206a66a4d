import type { ObjectTarget, RelocationKind } from "@gantry/codegen-core";
import { errorOf } from "@gantry/diag";

/** Writes `value` into the field of relocation `kind` at `at`. */
export function applyRelocation(
  target: ObjectTarget,
  kind: RelocationKind,
  bytes: Uint8Array,
  at: number,
  value: number,
  symbol: string,
): void {
  const { field } = kind;
  let fits: boolean;
  if (typeof field === "function") fits = field(bytes, at, value);
  else {
    fits =
      field === "word8" || (value >= -0x8000_0000 && value <= (kind.relative ? 0x7fff_ffff : 0xffff_ffff));
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const little = target.endian === "little";
    if (field === "word4") view.setInt32(at, value | 0, little);
    else view.setBigInt64(at, BigInt(value), little);
  }
  if (!fits)
    throw errorOf("OBJ0012", `${symbol} is out of reach of a ${kind.name} field (distance ${value})`);
}
