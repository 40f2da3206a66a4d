import { appendFileSync, copyFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { keptHost } from "./cache.ts";
import type { HostClass } from "./model.ts";
import { readHost } from "./read.ts";

const example = fileURLToPath(new URL("../../../../test/isle/run/kinds-of-host.host.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "gantry-host-"));
const file = join(folder, "host.ts");
const cache = join(folder, "host.json");
copyFileSync(example, file);

/** The class with its places as text. */
const plain = (host: HostClass | undefined): unknown =>
  JSON.parse(
    JSON.stringify(
      { ...host, methods: [...host!.methods], literals: [...host!.literals].map(String) },
      (key, x) => (key === "file" ? [x.name, x.text.length] : x),
    ),
  );

test("a host that did not change is taken from the cache as it was read", () => {
  const read = readHost(file, "Host", cache)!;
  expect(plain(keptHost(cache, "Host"))).toEqual(plain(read));
  expect([...keptHost(cache, "Host")!.literals]).toEqual([...read.literals]);
  expect(read.literals.size).toBeGreaterThan(0);
});

test("a host that changed is read again", () => {
  appendFileSync(file, "\n// another line\n");
  expect(keptHost(cache, "Host")).toBeUndefined();
  readHost(file, "Host", cache);
  expect(keptHost(cache, "Host")).toBeDefined();
  expect(keptHost(cache, "Other")).toBeUndefined();
  writeFileSync(cache, "{");
  expect(keptHost(cache, "Host")).toBeUndefined();
});
