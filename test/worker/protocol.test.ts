import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { addText, WorkerProcess } from "./worker-client.ts";

interface Exchange {
  readonly request: Record<string, unknown>;
  readonly payload: string;
  /** Fields that the answer must have, as they are. */
  readonly answer: Record<string, unknown>;
  /** What the payload starts with, if that matters. */
  readonly payloadStart?: string;
}

it("answers the recorded conversation as docs/protocol.md says", async () => {
  const transcript = JSON.parse(
    readFileSync(new URL("./transcript.json", import.meta.url), "utf8"),
  ) as Exchange[];
  expect(transcript.length).toBeGreaterThan(8);
  const w = new WorkerProcess();
  const hello = (await w.next())!;
  expect(hello.header).toMatchObject({ type: "hello", protocol: 1, targets: ["x86_64"] });
  for (const { request, payload, answer, payloadStart } of transcript) {
    w.send(request, payload);
    const got = await w.answer(request.id as number);
    expect(got.header).toMatchObject(answer);
    if (payloadStart !== undefined) {
      expect(Buffer.from(got.payload).toString("latin1").slice(0, payloadStart.length)).toBe(payloadStart);
    }
  }
  expect(await w.finish()).toBe(0);
});

it("answers what it has read when its input ends, and half a frame is not a request", async () => {
  const w = new WorkerProcess();
  await w.next();
  for (let k = 0; k < 50; k++) w.send({ id: k, type: "compile", output: "asm" }, addText(k));
  w.raw(Uint8Array.of(100, 0, 0, 0, 2, 0));
  w.process.stdin.end();
  const answered = new Set<unknown>();
  for (let a = await w.next(); a !== undefined; a = await w.next()) answered.add(a.header.id);
  expect(answered.size).toBe(50);
  expect(await w.ended).toBe(0);
});

it("gives the same object with one job, with two, and from the cache", async () => {
  const objects: string[] = [];
  for (const args of [[], ["--jobs", "2"]]) {
    const w = new WorkerProcess(args);
    await w.next();
    for (let k = 0; k < 4; k++)
      w.send({ id: k, type: "compile" }, addText(1) + addText(2).replace("%add", "%two"));
    for (let k = 0; k < 4; k++) {
      const { header, payload } = await w.next().then((a) => a!);
      expect(header.ok).toBe(true);
      objects.push(Buffer.from(payload).toString("hex"));
    }
    await w.finish();
  }
  expect(new Set(objects).size).toBe(1);
});

it("refuses a request whose id is in use, and one that takes too long, and cancels", async () => {
  const w = new WorkerProcess();
  await w.next();
  const endless = "function %f() system_v {\nblock0:\n    jump block1\nblock1:\n    jump block1\n}\n";
  w.send({ id: 1, type: "run", function: "%f" }, endless);
  w.send({ id: 1, type: "check" }, endless);
  expect((await w.answer(1)).header.error.code).toBe("WORK0009");
  w.send({ id: 2, type: "cancel", request: 1 });
  const order = [await w.next(), await w.next()].map((a) => [a!.header.id, a!.header.error?.code]);
  expect(order).toContainEqual([1, "WORK0006"]);
  expect(order).toContainEqual([2, undefined]);
  w.send({ id: 3, type: "run", function: "%f", timeMs: 300 }, endless);
  expect((await w.answer(3)).header.error.code).toBe("WORK0005");
  w.send({ id: 4, type: "run", function: "%add", args: ["1"] }, addText(1));
  expect((await w.answer(4)).header.results).toEqual([{ type: "i64", value: "2" }]);
  await w.finish();
});
