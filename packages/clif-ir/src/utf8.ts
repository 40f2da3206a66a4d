/** Conversions between UTF-8 and strings that need nothing of the host. */

/** Appends `zeros` zero bytes to the UTF-8 form of `text`. */
export function encodeUtf8(text: string, zeros = 0): Uint8Array<ArrayBuffer> {
  let size = text.length + zeros;
  let ascii = true;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x80) continue;
    ascii = false;
    size += c < 0x800 ? 1 : 2;
  }
  const out = new Uint8Array(size);
  if (ascii) {
    for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
    return out;
  }
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    let c = text.charCodeAt(i);
    if (c < 0x80) {
      out[at++] = c;
      continue;
    }
    if (c < 0x800) out[at++] = 0xc0 | (c >> 6);
    else {
      const low = text.charCodeAt(i + 1);
      if (c >= 0xd800 && c < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        i++;
        out[at++] = 0xf0 | (c >> 18);
        out[at++] = 0x80 | ((c >> 12) & 0x3f);
      } else out[at++] = 0xe0 | (c >> 12);
      out[at++] = 0x80 | ((c >> 6) & 0x3f);
    }
    out[at++] = 0x80 | (c & 0x3f);
  }
  return zeros > 0 && at + zeros < size ? out.slice(0, at + zeros) : out.subarray(0, at + zeros);
}

/** The string of the bytes from `start` to `end`; what is not UTF-8 becomes U+FFFD. */
export function decodeUtf8(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const parts: string[] = [];
  let units: number[] = [];
  for (let at = start; at < end; ) {
    const c = bytes[at++];
    let more = 0;
    let code = c;
    if (c >= 0xf0 && c < 0xf5) {
      more = 3;
      code = c & 7;
    } else if (c >= 0xe0 && c < 0xf0) {
      more = 2;
      code = c & 15;
    } else if (c >= 0xc2 && c < 0xe0) {
      more = 1;
      code = c & 31;
    } else if (c >= 0x80) code = 0xfffd;
    for (let k = 0; k < more; k++) {
      if (at >= end || (bytes[at] & 0xc0) !== 0x80) {
        code = 0xfffd;
        break;
      }
      code = (code << 6) | (bytes[at++] & 0x3f);
    }
    if (code > 0xffff) units.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + (code & 0x3ff));
    else units.push(code);
    if (units.length > 4096) {
      parts.push(String.fromCharCode(...units));
      units = [];
    }
  }
  parts.push(String.fromCharCode(...units));
  return parts.join("");
}
