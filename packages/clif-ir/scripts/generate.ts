/** Writes everything that follows from the opcode table. */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { builderModule } from "./builder.ts";
import { factsModule, opcodesModule } from "./facts.ts";
import { lowerIsle } from "./isle.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
mkdirSync(`${root}src/generated`, { recursive: true });
mkdirSync(`${root}generated`, { recursive: true });
writeFileSync(`${root}src/generated/opcodes.ts`, opcodesModule());
writeFileSync(`${root}src/generated/facts.ts`, factsModule());
writeFileSync(`${root}generated/clif-lower.isle`, lowerIsle());
writeFileSync(`${root}src/generated/builder.ts`, builderModule());
