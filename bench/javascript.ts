import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../", import.meta.url));

/**
 * Bundles a script to JavaScript in `build/` and returns its path. Measured processes run JavaScript, as users' do: Node
 * strips types by WebAssembly whose memory grows, which detaches a buffer, and from the first detached buffer on V8
 * checks at every access to a typed array whether it is detached. Compiling takes 1.08 of the time then.
 */
export async function asJavaScript(script: URL): Promise<string> {
  const input = fileURLToPath(script);
  const file = join(root, "build", relative(root, input).replace(/\.ts$/, ".js"));
  const bundle = await rolldown({ input, platform: "node", external: /^(@gantry|node:)/ });
  await bundle.write({ file, format: "esm" });
  await bundle.close();
  return file;
}
