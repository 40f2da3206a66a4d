import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "rolldown";

const file = fileURLToPath(new URL("../dist/version.js", import.meta.url));
const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");

/** Makes the version a literal: a bundle does not lie where `version.ts` looks for the manifest. */
export const literalVersion: Plugin = {
  name: "literal-version",
  load(id) {
    if (id !== file) return null;
    const { version } = JSON.parse(manifest) as { version: string };
    return `export const version = ${JSON.stringify(version)};`;
  },
};
