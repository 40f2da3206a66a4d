import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { renderDiagnostic, SourceFile } from "@gantry/diag";
import { describe, expect, test } from "vitest";
import { compileUnit } from "./compile.ts";
import { readHost } from "./host/read.ts";
import { Reports, Sources } from "./sources.ts";
import { formatIsle } from "./syntax/format.ts";
import { parseUnit } from "./syntax/parser.ts";
import { printDefs } from "./syntax/print.ts";

const suite = new URL("../../../test/isle/", import.meta.url);
const out = new URL("../generated/suite/", import.meta.url);

function programs(kind: string): { name: string; file: SourceFile; host: string }[] {
  return readdirSync(new URL(`${kind}/`, suite))
    .filter((name) => name.endsWith(".isle"))
    .sort()
    .map((name) => ({
      name: name.replace(".isle", ""),
      file: new SourceFile(name, readFileSync(new URL(`${kind}/${name}`, suite), "utf8")),
      host: new URL(`${kind}/${name.replace(".isle", ".host.ts")}`, suite).pathname,
    }));
}

function print(file: SourceFile): string {
  const reports = new Reports(new Sources([file]));
  const text = printDefs(parseUnit(reports));
  expect(reports.sorted().map((d) => renderDiagnostic(d))).toEqual([]);
  return text;
}

describe("programs that are right", () => {
  for (const { name, file } of [...programs("pass"), ...programs("run")]) {
    test(`${name} compiles`, () => {
      const unit = compileUnit({ files: [file], output: {} });
      expect(unit.diagnostics.map((d) => renderDiagnostic(d))).toEqual([]);
      expect(unit.text).toBeDefined();
    });

    test(`${name} is the same after printing and after formatting`, () => {
      const printed = print(file);
      expect(print(new SourceFile("printed", printed))).toBe(printed);
      const formatted = formatIsle(file.text)!;
      expect(formatIsle(formatted)).toBe(formatted);
      expect(print(new SourceFile("formatted", formatted))).toBe(printed);
      expect(formatted).toBe(file.text);
    });
  }
});

describe("programs with errors", () => {
  for (const { name, file, host } of programs("fail")) {
    test(name, () => {
      const wanted = [...file.text.matchAll(/^;; (error|warning) (ISLE\d+) (\d+:\d+)$/gm)].map((m) =>
        m.slice(1).join(" "),
      );
      const isHosted = file.text.startsWith(";; host");
      const hostClass = isHosted ? readHost(host, "Host")! : undefined;
      const unit = compileUnit({
        files: [file],
        output: {},
        ...(hostClass === undefined ? {} : { host: hostClass }),
      });
      const found = unit.diagnostics.map((d) => {
        const { line, column } = d.span!.file.lineColumn(d.span!.start);
        return `${d.severity} ${d.code} ${line}:${column}`;
      });
      expect(found.sort()).toEqual(wanted.sort());
      if (isHosted) for (const d of unit.diagnostics) expect(d.labels?.[0]?.span.file.name).toBe(host);
    });
  }
});

describe("programs that run", () => {
  for (const { name, file, host } of programs("run")) {
    for (const mode of ["normal", "debug", "trace"] as const) {
      test(`${name}, ${mode}`, async () => {
        hosts.set(host, hosts.get(host) ?? readHost(host, "Host")!);
        const unit = compileUnit({ files: [file], host: hosts.get(host)!, output: { mode } });
        expect(unit.diagnostics.map((d) => renderDiagnostic(d))).toEqual([]);
        mkdirSync(out, { recursive: true });
        const path = new URL(`${name}.${mode}.ts`, out);
        writeFileSync(path, unit.text!);
        const selector = await import(path.href);
        const driver = await import(pathToFileURL(host).href);
        driver.run(selector, new driver.Host());
      });
    }
  }
});

const hosts = new Map<string, NonNullable<ReturnType<typeof readHost>>>();
