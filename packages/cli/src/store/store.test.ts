import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DirectoryStore } from "./directory-store.ts";
import { HttpStore } from "./http-store.ts";
import { MemoryStore } from "./memory-store.ts";
import { LayeredStore } from "./store.ts";

const keyOf = (text: string): string => createHash("sha256").update(text).digest("hex");
const bytes = (n: number, fill = 7): Uint8Array => new Uint8Array(n).fill(fill);

function files(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name));
}

describe("DirectoryStore", () => {
  let root = "";
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "gantry-store-"));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it("returns what was put, and nothing for other keys", async () => {
    const store = new DirectoryStore(join(root, "a"));
    expect(await store.get(keyOf("x"))).toBeUndefined();
    expect(await store.put(keyOf("x"), bytes(100))).toBe(true);
    expect([...(await store.get(keyOf("x")))!]).toEqual([...bytes(100)]);
    expect(await store.get(keyOf("y"))).toBeUndefined();
  });

  it("treats a truncated or altered entry as absent", async () => {
    const dir = join(root, "b");
    const store = new DirectoryStore(dir);
    await store.put(keyOf("cut"), bytes(100));
    await store.put(keyOf("changed"), bytes(100));
    for (const f of files(dir)) {
      if (f.endsWith(keyOf("cut").slice(2))) truncateSync(f, 60);
      else writeFileSync(f, "gantry-2 \n\n\nsomething else entirely, but long enough to have a head");
    }
    expect(await store.get(keyOf("cut"))).toBeUndefined();
    expect(await store.get(keyOf("changed"))).toBeUndefined();
  });

  it("removes what was used longest ago when it grows over its limit", async () => {
    const dir = join(root, "c");
    const store = new DirectoryStore(dir, 20_000);
    for (let k = 0; k < 60; k++) {
      await store.put(keyOf(`k${k}`), bytes(1000));
      await store.settled();
    }
    const total = files(dir).reduce((sum, f) => sum + statSync(f).size, 0);
    expect(total).toBeLessThan(23_000);
    expect(await store.get(keyOf("k59"))).toBeDefined();
  });

  it("says no when its directory cannot be written", async () => {
    const file = join(root, "file");
    writeFileSync(file, "");
    expect(await new DirectoryStore(join(file, "below")).put(keyOf("x"), bytes(1))).toBe(false);
  });
});

describe("MemoryStore", () => {
  it("forgets what was used longest ago, and stays within its limit", () => {
    const store = new MemoryStore(10_000);
    for (let k = 0; k < 100; k++) {
      expect(store.put(keyOf(`k${k}`), bytes(1000))).toBe(true);
      expect(store.get(keyOf("k0"))).toBeDefined();
    }
    const kept = Array.from({ length: 100 }, (_, k) => store.get(keyOf(`k${k}`))).filter(
      (e) => e !== undefined,
    );
    expect(kept.length).toBeGreaterThan(5);
    expect(kept.length).toBeLessThanOrEqual(10);
    expect(store.get(keyOf("k99"))).toBeDefined();
    expect(store.get(keyOf("k50"))).toBeUndefined();
  });

  it("does not take what is larger than all of it", () => {
    const store = new MemoryStore(1000);
    store.put(keyOf("small"), bytes(10));
    expect(store.put(keyOf("large"), bytes(1000))).toBe(false);
    expect(store.get(keyOf("small"))).toBeDefined();
  });
});

describe("LayeredStore", () => {
  it("answers without a promise what is near, and brings near what was far", () => {
    const [near, far] = [new MemoryStore(1000), new MemoryStore(1000)];
    const store = new LayeredStore([near, far]);
    far.put(keyOf("x"), bytes(5));
    expect(store.get(keyOf("x"))).toEqual(bytes(5));
    expect(near.get(keyOf("x"))).toEqual(bytes(5));
    expect(store.get(keyOf("y"))).toBeUndefined();
    expect(store.put(keyOf("z"), bytes(6))).toBe(true);
    expect(far.get(keyOf("z"))).toEqual(bytes(6));
  });
});

describe("HttpStore", () => {
  const kept = new Map<string, Buffer>();
  let server: Server;
  let base = "";
  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (c: Buffer) => chunks.push(c));
      request.on("end", () => {
        if (request.method === "PUT") kept.set(request.url!, Buffer.concat(chunks));
        const body = kept.get(request.url!);
        response.statusCode = body === undefined ? 404 : 200;
        response.end(request.method === "GET" ? body : undefined);
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const address = server.address();
    base = typeof address === "object" ? `http://127.0.0.1:${address!.port}/` : "";
  });
  afterAll(() => new Promise((done) => server.close(done)));

  it("keeps content by digest and finds it by key", async () => {
    const store = new HttpStore(base);
    expect(await store.get(keyOf("x"))).toBeUndefined();
    expect(await store.put(keyOf("x"), bytes(300))).toBe(true);
    expect([...(await store.get(keyOf("x")))!]).toEqual([...bytes(300)]);
    expect([...kept.keys()].sort()).toEqual([
      `/ac/${keyOf("x")}`,
      `/cas/${createHash("sha256").update(bytes(300)).digest("hex")}`,
    ]);
  });

  it("does not believe content that does not have its digest", async () => {
    const store = new HttpStore(base);
    await store.put(keyOf("z"), bytes(10, 1));
    kept.set(`/cas/${createHash("sha256").update(bytes(10, 1)).digest("hex")}`, Buffer.from("poison"));
    expect(await store.get(keyOf("z"))).toBeUndefined();
  });

  it("is empty when nobody answers", async () => {
    const store = new HttpStore("http://127.0.0.1:1");
    expect(await store.get(keyOf("x"))).toBeUndefined();
    expect(await store.put(keyOf("x"), bytes(1))).toBe(false);
  });

  it("fills the nearer store of a layered one", async () => {
    const root = mkdtempSync(join(tmpdir(), "gantry-layers-"));
    const near = new DirectoryStore(root);
    const far = new HttpStore(base);
    await far.put(keyOf("shared"), bytes(5));
    expect(await new LayeredStore([near, far]).get(keyOf("shared"))).toBeDefined();
    expect(await near.get(keyOf("shared"))).toBeDefined();
    rmSync(root, { recursive: true });
  });
});
