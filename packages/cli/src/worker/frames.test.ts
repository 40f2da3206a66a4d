import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameReader } from "./frames.ts";
import { HeaderReader } from "./headers.ts";

/** What a frame was: its parts, or the code of what is wrong with it. */
type Seen = { readonly header: unknown; readonly payload: readonly number[] } | { readonly code: string };

function writeFrame(header: object | Uint8Array, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const json = header instanceof Uint8Array ? header : Buffer.from(JSON.stringify(header));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(4 + json.length + payload.length, 0);
  lengths.writeUInt32LE(json.length, 4);
  return new Uint8Array(Buffer.concat([lengths, json, payload]));
}

function readAll(
  chunks: readonly Uint8Array[],
  limit = 1 << 20,
): { frames: Seen[]; reader: FrameReader; rooms: number } {
  const frames: Seen[] = [];
  const reader = new FrameReader(limit, {
    frame(bytes, start, middle, end) {
      const header = Buffer.from(bytes.subarray(start, middle)).toString();
      frames.push({ header, payload: [...bytes.subarray(middle, end)] });
    },
    badFrame: (code) => frames.push({ code }),
  });
  let rooms = 0;
  for (const c of chunks) {
    for (let at = 0; at < c.length; ) {
      const room = reader.room();
      rooms = Math.max(rooms, room.length);
      const n = Math.min(room.length, c.length - at);
      room.set(c.subarray(at, at + n));
      reader.filled(n);
      at += n;
    }
  }
  return { frames, reader, rooms };
}

const codes = (frames: readonly Seen[]): string[] => frames.map((f) => ("code" in f ? f.code : "ok"));

describe("FrameReader", () => {
  it("gives back what was written, however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.dictionary(fc.string(), fc.jsonValue()), fc.uint8Array({ maxLength: 300 })), {
          maxLength: 5,
        }),
        fc.integer({ min: 1, max: 50 }),
        (messages, step) => {
          const stream = Buffer.concat(messages.map(([h, p]) => writeFrame(h, p)));
          const chunks: Uint8Array[] = [];
          for (let at = 0; at < stream.length; at += step) chunks.push(stream.subarray(at, at + step));
          const { frames, reader } = readAll(chunks);
          expect(reader.incomplete).toBe(false);
          expect(frames).toHaveLength(messages.length);
          frames.forEach((f, k) => {
            const [header, payload] = messages[k]!;
            expect("code" in f ? f.code : f.header).toBe(JSON.stringify(header));
            if (!("code" in f)) expect(f.payload).toEqual([...payload]);
          });
        },
      ),
      { seed: 8, numRuns: 100 },
    );
  });

  it("never throws on arbitrary bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), (chunks) => {
        readAll(chunks, 100);
      }),
      { seed: 9, numRuns: 500 },
    );
  });

  it("passes over a frame above the limit and reads the next", () => {
    const long = writeFrame({}, new Uint8Array(5000));
    const next = writeFrame({ id: 1 });
    const { frames } = readAll([long.subarray(0, 100), long.subarray(100), next], 1000);
    expect(codes(frames)).toEqual(["WORK0002", "ok"]);
  });

  it("reports a header longer than its frame, and a frame too short to have one", () => {
    const lie = writeFrame({ id: 1 });
    new DataView(lie.buffer).setUint32(4, 1000, true);
    const { frames } = readAll([lie, Uint8Array.of(2, 0, 0, 0, 1, 1), writeFrame({ id: 2 })]);
    expect(codes(frames)).toEqual(["WORK0001", "WORK0001", "ok"]);
  });

  it("takes no memory for a length that lies", () => {
    const { rooms } = readAll(
      Array.from({ length: 100 }, () => Uint8Array.of(255, 255, 255, 15)),
      1 << 28,
    );
    expect(rooms).toBeLessThan(1 << 20);
  });

  it("says when the stream ends within a frame", () => {
    const { reader } = readAll([writeFrame({ id: 1 }).subarray(0, 6)]);
    expect(reader.incomplete).toBe(true);
  });
});

describe("HeaderReader", () => {
  const read = (reader: HeaderReader, header: string | Uint8Array): Record<string, unknown> => {
    const bytes = Buffer.from(header as string);
    return { ...reader.read(bytes, 0, bytes.length, bytes.length) };
  };
  const compile = (id: string, rest = '"type":"compile","output":"code","set":["opt_level=none"]') =>
    `{"id":${id},${rest}}`;

  it("gives a header that it knows the fields of the first", () => {
    const reader = new HeaderReader();
    const first = read(reader, compile("1"));
    expect(first).toMatchObject({ type: "compile", id: 1, output: "code", set: ["opt_level=none"] });
    const second = read(reader, compile(" 27"));
    expect(second).toMatchObject({ type: "compile", id: 27, output: "code", target: "" });
    expect(second.set).toBe(first.set);
    expect(read(reader, compile("3", '"type":"compile","output":"asm"')).output).toBe("asm");
  });

  it("says of every header what the parser says, however ids are written", () => {
    const ids = [
      "0",
      "7",
      "01",
      "1.5",
      "-3",
      "1e3",
      "123456789012345",
      "1234567890123456789",
      '"a"',
      "null",
      "",
    ];
    const rests = [
      '"type":"compile","output":"code"',
      '"type":"compile","output":"code","id":9',
      '"type":"compile","output":"code","\\u0069d":9',
      '"type":"check"',
    ];
    const all = fc.tuple(fc.constantFrom(...ids), fc.constantFrom(...rests));
    fc.assert(
      fc.property(fc.array(all, { maxLength: 8 }), (headers) => {
        const known = new HeaderReader();
        for (const [id, rest] of headers) {
          expect(read(known, compile(id, rest))).toEqual(read(new HeaderReader(), compile(id, rest)));
        }
      }),
      { seed: 12, numRuns: 300 },
    );
  });

  it("knows what is no JSON, no UTF-8, no object, and no request", () => {
    const reader = new HeaderReader();
    for (const bad of ["{", Uint8Array.of(0x22, 0xff, 0x22), "[]", "3"])
      expect(read(reader, bad).type).toBe("malformed");
    expect(read(reader, '{"id":4,"type":"nothing"}')).toMatchObject({ type: "refused", id: 4 });
    expect(read(reader, '{"id":[],"type":"compile"}')).toMatchObject({ type: "refused", id: null });
  });
});
