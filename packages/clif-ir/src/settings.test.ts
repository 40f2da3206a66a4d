import { diagnosticsOf } from "@gantry/diag/testing";
import { expect, it } from "vitest";
import type { SettingTable } from "./settings.table.ts";
import { SHARED_SETTINGS } from "./settings.table.ts";
import { Settings } from "./settings.ts";

const TARGET: SettingTable = {
  settings: [
    { name: "has_a", kind: "bool", default: false },
    { name: "has_b", kind: "bool", default: false },
  ],
  presets: [{ name: "both", enables: ["has_a", "has_b"] }],
};

const message = (run: () => void): string => {
  const [first] = diagnosticsOf(run);
  return first === undefined ? "no error" : `${first.code} ${first.message} | ${first.help}`;
};

it("start from the defaults", () => {
  const s = new Settings();
  for (const row of SHARED_SETTINGS.settings) expect(s.get(row.name)).toBe(row.default);
  expect(s.toText()).toBe("");
});

it("are set from text", () => {
  const s = new Settings(TARGET);
  for (const text of ["is_pic", "opt_level=speed", "probestack_size_log2=14", "unwind_info=off", "both"])
    s.set(text);
  expect(s.bool("is_pic")).toBe(true);
  expect(s.enum("opt_level")).toBe("speed");
  expect(s.num("probestack_size_log2")).toBe(14);
  expect(s.bool("unwind_info")).toBe(false);
  expect(s.bool("has_a") && s.bool("has_b")).toBe(true);
  expect(s.toText()).toBe(
    "has_a=true\nhas_b=true\nopt_level=speed\nprobestack_size_log2=14\nis_pic=true\nunwind_info=false",
  );
});

it("say what is wrong and what to write", () => {
  const s = new Settings(TARGET);
  expect(message(() => s.set("optlevel=speed"))).toBe(
    "CLIF0500 no setting is called 'optlevel' | did you mean 'opt_level'?",
  );
  expect(message(() => s.set("opt_level=sped"))).toBe(
    "CLIF0501 'sped' is no value of 'opt_level' | did you mean 'speed'?",
  );
  expect(message(() => s.set("opt_level"))).toContain(
    "CLIF0501 'opt_level' needs a value | one of none, speed",
  );
  expect(message(() => s.set("is_pic=maybe"))).toContain(
    "CLIF0501 'maybe' is no value of 'is_pic' | write true or false",
  );
  expect(message(() => s.set("probestack_size_log2=256"))).toContain("CLIF0501");
  expect(message(() => s.set("both=1"))).toContain("CLIF0501 'both' is a preset");
});
