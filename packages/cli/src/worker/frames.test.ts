import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BadFrame, type Frame, FrameReader, writeFrame } from "./frames.ts";

function readAll(
  chunks: Uint8Array[],
  limit = 1 << 20,
): { frames: (Frame | BadFrame)[]; reader: FrameReader } {
  const frames: (Frame | BadFrame)[] = [];
  const reader = new FrameReader(limit, (f) => frames.push(f));
  for (const c of chunks) reader.push(c);
  return { frames, reader };
}

const codes = (frames: (Frame | BadFrame)[]): string[] => frames.map((f) => ("bad" in f ? f.code : "ok"));

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
            expect("bad" in f ? f.bad : JSON.stringify(f.header)).toBe(JSON.stringify(header));
            if (!("bad" in f)) expect([...f.payload]).toEqual([...payload]);
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

  it("reports a header longer than its frame, and one that is not JSON or not UTF-8", () => {
    const lie = writeFrame({ id: 1 });
    new DataView(lie.buffer).setUint32(4, 1000, true);
    const raw = (bytes: number[]): Uint8Array => {
      const f = new Uint8Array(8 + bytes.length);
      const view = new DataView(f.buffer);
      view.setUint32(0, 4 + bytes.length, true);
      view.setUint32(4, bytes.length, true);
      f.set(bytes, 8);
      return f;
    };
    const { frames } = readAll([
      lie,
      raw([0x7b]),
      raw([0x22, 0xff, 0x22]),
      raw([0x5b, 0x5d]),
      writeFrame({ id: 2 }),
    ]);
    expect(codes(frames)).toEqual(["WORK0001", "WORK0001", "WORK0001", "WORK0001", "ok"]);
  });

  it("says when the stream ends within a frame", () => {
    const { reader } = readAll([writeFrame({ id: 1 }).subarray(0, 6)]);
    expect(reader.incomplete).toBe(true);
  });
});
