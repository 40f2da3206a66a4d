import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasTool } from "../gantry.ts";
import { addText, WorkerProcess } from "./worker-client.ts";

/** nginx with WebDAV on loopback, one of the servers that Bazel's documentation names for remote caches. */
describe.skipIf(!hasTool("nginx"))("a cache shared through nginx (needs nginx)", () => {
  const root = mkdtempSync(join(tmpdir(), "gantry-nginx-"));
  let server: ChildProcess;
  let port = 0;

  beforeAll(async () => {
    port = await freePort();
    for (const name of ["cache", "temp"]) mkdirSync(join(root, name), { mode: 0o777 });
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${join(root, "temp", name)};`)
      .join(" ");
    writeFileSync(
      join(root, "nginx.conf"),
      `${process.getuid?.() === 0 ? "user root;" : ""}
daemon off; pid ${join(root, "pid")}; error_log ${join(root, "error.log")};
events { worker_connections 64; }
http {
  access_log off; ${temporary}
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 0;
    location / { root ${join(root, "cache")}; dav_methods PUT; create_full_put_path on; }
  }
}`,
    );
    server = spawn("nginx", ["-c", join(root, "nginx.conf"), "-p", root], { stdio: "inherit" });
    for (let k = 0; k < 100; k++) {
      if (
        await fetch(`http://127.0.0.1:${port}/`).then(
          () => true,
          () => false,
        )
      )
        return;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error("nginx does not answer");
  });

  afterAll(async () => {
    const ended = new Promise((done) => server.on("exit", done));
    server.kill("SIGQUIT");
    await ended;
    rmSync(root, { recursive: true, force: true });
  });

  it("gives one worker what another has compiled", async () => {
    const cached: number[] = [];
    const objects: string[] = [];
    for (let round = 0; round < 2; round++) {
      const w = new WorkerProcess(["--cache-url", `http://127.0.0.1:${port}`, "--cache-check", "1"]);
      await w.next();
      for (let k = 0; k < 20; k++) w.send({ id: k, type: "compile" }, addText(k));
      let hits = 0;
      for (let k = 0; k < 20; k++) {
        const a = await w.answer(k);
        hits += a.header.cached as number;
        objects.push(Buffer.from(a.payload).toString("hex"));
      }
      cached.push(hits);
      w.send({ id: "stats", type: "stats" });
      expect((await w.answer("stats")).header.stats.cacheMismatches).toBe(0);
      await w.finish();
    }
    expect(cached).toEqual([0, 20]);
    expect(objects.slice(20)).toEqual(objects.slice(0, 20));
    expect(readdirSync(join(root, "cache")).sort()).toEqual(["ac", "cas"]);
  }, 60_000);
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
