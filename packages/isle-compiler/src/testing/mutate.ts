/** A text spoilt in one of many ways; `seed` says which. Never the same as what a person would type, often close. */
export function mutate(text: string, other: string, seed: number): string {
  let state = seed * 2654435761 + 12345;
  const below = (n: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return n === 0 ? 0 : (state >>> 8) % n;
  };
  let out = text;
  for (let n = 1 + below(3); n > 0; n--) {
    const at = below(out.length + 1);
    const length = 1 + below(12);
    switch (below(10)) {
      case 0:
        out = out.slice(0, at) + out.slice(at + length);
        break;
      case 1:
        out = out.slice(0, at) + "()@;$_-0x#"[below(10)] + out.slice(at);
        break;
      case 2:
        out = out.slice(0, at) + out.slice(at, at + length) + out.slice(at);
        break;
      case 3: {
        const from = below(other.length);
        out = out.slice(0, at) + other.slice(from, from + 4 * length) + out.slice(at);
        break;
      }
      case 4:
        out = out.slice(0, at);
        break;
      case 5:
        out = out.slice(0, at) + String.fromCharCode(below(512)) + out.slice(at + 1);
        break;
      case 6: {
        // Two words change places.
        const words = [...out.matchAll(/[A-Za-z_$.]+/g)];
        if (words.length < 2) break;
        const [a, b] = [words[below(words.length)]!, words[below(words.length)]!].sort(
          (x, y) => x.index - y.index,
        ) as [RegExpMatchArray, RegExpMatchArray];
        if (a.index === b.index) break;
        out =
          out.slice(0, a.index) +
          b[0] +
          out.slice(a.index! + a[0].length, b.index) +
          a[0] +
          out.slice(b.index! + b[0].length);
        break;
      }
      case 7: {
        const lines = out.split("\n");
        lines.splice(below(lines.length), 1 + below(2));
        out = lines.join("\n");
        break;
      }
      case 8: {
        const lines = out.split("\n");
        lines.splice(below(lines.length), 0, lines[below(lines.length)]!);
        out = lines.join("\n");
        break;
      }
      case 9:
        out = out.replace(/\d+/, (d) => (below(2) === 0 ? `-${d}` : `${d}${"9".repeat(below(45))}`));
    }
  }
  return out;
}
