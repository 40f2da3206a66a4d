/** The first module of a compiling thread. */
import module from "node:module";

// Keeps compiled bytecode between runs (Node 22.8 and later): it is asked for in every thread, before modules are loaded.
module.enableCompileCache?.();
const { serveThread } = await import("./thread.ts");
serveThread();
