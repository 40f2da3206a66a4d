import { growUint8 } from "@gantry/entity";
import { CompiledCode } from "./compiled-code.ts";
import type { Symbols } from "./symbols.ts";

/** Changes whenever the layout of an image changes: an image of another version is not read. */
const IMAGE_VERSION = 2;

/**
 * Words before the columns: version, code length, code bytes in use, alignment, frame bytes, frame pointer, number of
 * symbols.
 */
const HEAD_WORDS = 7;

/**
 * Compiled code and the symbols that it refers to as one array: what a cache keeps. Words are little endian whatever
 * the machine, so that caches can be shared.
 *
 * Layout: the words of the head; for each column of {@link CompiledCode.columns} its length and its words; a kind and a
 * number for each symbol; the bytes of the code.
 */
export function codeToImage(code: CompiledCode, symbols: Symbols): Uint8Array<ArrayBuffer> {
  let words = HEAD_WORDS + symbols.count * 2;
  for (const name of CompiledCode.columns) words += 1 + code[name].length;
  const image = new Uint8Array(words * 4 + code.length);
  const view = new DataView(image.buffer);
  let at = 0;
  const put = (x: number): void => {
    view.setInt32(at, x, true);
    at += 4;
  };
  put(IMAGE_VERSION);
  put(code.codeLength);
  put(code.length);
  put(code.alignment);
  put(code.frameBytes);
  put(code.framePointerAt);
  put(symbols.count);
  for (const name of CompiledCode.columns) {
    const column = code[name];
    put(column.length);
    for (let k = 0; k < column.length; k++) put(column.at(k));
  }
  for (let s = 0; s < symbols.count; s++) {
    put(symbols.kinds[s]);
    put(symbols.refs[s]);
  }
  image.set(code.bytes.subarray(0, code.length), at);
  return image;
}

/**
 * Reads an image back into `code` and `symbols`.
 *
 * @returns Whether `image` is an image of this version; if not, `code` and `symbols` are empty.
 */
export function codeFromImage(image: Uint8Array, code: CompiledCode, symbols: Symbols): boolean {
  code.reset();
  symbols.reset();
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  let at = 0;
  const room = (n: number): boolean => at + n * 4 <= image.length;
  const take = (): number => {
    const x = view.getInt32(at, true);
    at += 4;
    return x;
  };
  if (!room(HEAD_WORDS) || take() !== IMAGE_VERSION) return false;
  const codeLength = take();
  const length = take();
  const alignment = take();
  const frameBytes = take();
  const framePointerAt = take();
  const symbolCount = take();
  for (const name of CompiledCode.columns) {
    if (!room(1)) return false;
    const n = take();
    if (n < 0 || !room(n)) return false;
    const column = code[name];
    column.extend(n);
    for (let k = 0; k < n; k++) column.set(k, take());
  }
  if (symbolCount < 0 || !room(symbolCount * 2)) return false;
  for (let s = 0; s < symbolCount; s++) symbols.add(take(), take());
  if (at + length !== image.length) {
    code.reset();
    symbols.reset();
    return false;
  }
  code.bytes = growUint8(code.bytes, length);
  code.bytes.set(image.subarray(at));
  code.length = length;
  code.codeLength = codeLength;
  code.alignment = alignment;
  code.frameBytes = frameBytes;
  code.framePointerAt = framePointerAt;
  return true;
}
