import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readFunctions, Settings } from "@gantry/clif-ir";
import { CompileContext, disassemble } from "@gantry/codegen-core";
import { SourceFile } from "@gantry/diag";
import { hostArchitecture, loadTarget } from "@gantry/filetest/targets";
import { Jit } from "@gantry/jit";

// A tour for newcomers: a program in CLIF, compiled and called in this process. At most 80 columns.

const file = fileURLToPath(new URL("../examples/mandelbrot.clif", import.meta.url));
const text = readFileSync(file, "utf8");
const source = new SourceFile("examples/mandelbrot.clif", text);
const milliseconds = (ns: bigint) => (Number(ns) / 1e6).toFixed(1);
const bold = process.stdout.isTTY ? ["\x1b[1m", "\x1b[0m"] : ["", ""];
const heading = (line: string) => console.log(`\n${bold[0]}${line}${bold[1]}`);

/** Result and shortest time of three runs: the machine has other things to do as well. */
function timed<T>(work: () => T): { result: T; ms: string } {
  let best = 0n;
  let result = work();
  for (let k = 0; k < 3; k++) {
    const start = process.hrtime.bigint();
    result = work();
    const spent = process.hrtime.bigint() - start;
    if (k === 0 || spent < best) best = spent;
  }
  return { result, ms: milliseconds(best) };
}

const isa = await loadTarget(hostArchitecture());
if (isa === undefined || process.platform !== "linux") {
  console.log(
    `This demo calls the code that it compiles. Gantry cannot do that on ${process.platform} ${process.arch} yet.`,
  );
  process.exit(0);
}

heading("1. A program in CLIF (from examples/mandelbrot.clif)");
const body = text.slice(text.indexOf("block2:"), text.indexOf("block3:")).trimEnd();
console.log(`\n${body.replace(/^/gm, "   ")}\n`);
console.log("   One step of z = z * z + c. CLIF is text like this, or is built by an API.");

heading("2. Compiled to machine code, in this process");
const settings = new Settings(isa.settings);
settings.set("is_pic");
const at = process.hrtime.bigint();
const jit = new Jit(isa, { settings });
for (const func of readFunctions(source)) jit.add(func);
jit.link();
const compiling = process.hrtime.bigint() - at;
const context = new CompileContext(isa, settings);
const sizes: string[] = [];
let listing = "";
for (const func of readFunctions(source)) {
  const code = context.compile(func);
  sizes.push(`${code.length}`);
  listing ||= disassemble(isa, code);
}
console.log(
  `\n   Two functions, ${sizes.join(" and ")} bytes, ready ${milliseconds(compiling)} ms after the text. The first:\n`,
);
const lines = listing.split("\n");
for (const line of lines.slice(0, 18)) console.log(`   ${line.slice(0, 76)}`);
if (lines.length > 18) console.log(`   ... ${lines.length - 18} lines more`);

heading("3. Called from JavaScript, once for each character");
const escapeTime = jit.get("escape_time");
console.log("");
for (let row = 0; row < 15; row++) {
  let line = "   ";
  for (let column = 0; column < 70; column++) {
    const steps = escapeTime(-2.2 + column * 0.045, -1.2 + row * 0.17, 200) as number;
    line += " .:-=+*%@#"[Math.min(9, Math.floor(Math.log2(steps + 1) * 1.25))];
  }
  console.log(line.trimEnd());
}

heading("4. Its speed");
const size = 500;
const limit = 1000;
const compiled = timed(() => jit.call("mandelbrot", size, limit));
const javascript = timed(() => inJavaScript(size, limit));
const same = compiled.result === javascript.result;
console.log(`
   ${Number(javascript.result).toLocaleString("en-US")} steps over ${size} x ${size} points:
   compiled CLIF ${compiled.ms.padStart(8)} ms
   JavaScript    ${javascript.ms.padStart(8)} ms   (the same sum: ${same ? "yes" : "NO"})`);
if (!same) process.exitCode = 1;

heading("Next");
console.log(`
   npx -y pnpm@12 test                             every test
   node packages/cli/bin/gantry.js --help          the command line
   node packages/cli/bin/gantry.js run examples/fib.clif fib 30
   node packages/cli/bin/gantry.js compile examples/hello.clif -o hello.o
   cc examples/hello.c hello.o -o hello && ./hello
   README.md                                       what is what`);

/** The same program as people write it. */
function inJavaScript(points: number, most: number): bigint {
  let sum = 0;
  const step = 4 / points;
  for (let i = 0; i < points; i++) {
    for (let j = 0; j < points; j++) {
      const x = j * step - 2;
      const y = i * step - 2;
      let zx = 0;
      let zy = 0;
      let n = 0;
      for (; n < most; n++) {
        const xx = zx * zx;
        const yy = zy * zy;
        if (xx + yy > 4) break;
        const xy = zx * zy;
        zx = xx - yy + x;
        zy = xy + xy + y;
      }
      sum += n;
    }
  }
  return BigInt(sum);
}
