/**
 * Growth of typed-array columns. There is one function for each element kind on purpose: V8 keeps a separate
 * element kind per typed-array class, and a shared generic helper would make every caller megamorphic.
 */

/**
 * Returns an array of at least `capacity` elements that starts with the elements of `a`.
 *
 * @param a The column to grow; it is returned itself when it is long enough.
 * @param capacity The wanted number of elements; the new length is at least doubled so that appends are amortised.
 */
export function growInt32(a: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  if (capacity <= a.length) return a as Int32Array<ArrayBuffer>;
  const b = new Int32Array(Math.max(capacity, a.length * 2, 16));
  b.set(a);
  return b;
}

/** As {@link growInt32}, for bytes. */
export function growUint8(a: Uint8Array, capacity: number): Uint8Array<ArrayBuffer> {
  if (capacity <= a.length) return a as Uint8Array<ArrayBuffer>;
  const b = new Uint8Array(Math.max(capacity, a.length * 2, 16));
  b.set(a);
  return b;
}

/** As {@link growInt32}, for signed bytes. */
export function growInt8(a: Int8Array, capacity: number): Int8Array<ArrayBuffer> {
  if (capacity <= a.length) return a as Int8Array<ArrayBuffer>;
  const b = new Int8Array(Math.max(capacity, a.length * 2, 16));
  b.set(a);
  return b;
}
