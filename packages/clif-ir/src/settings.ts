import { errorOf } from "@gantry/diag";
import { nearestHelp } from "./nearest.ts";
import { type SettingRow, type SettingTable, SHARED_SETTINGS } from "./settings.table.ts";

const TRUE = ["true", "on", "yes", "1"];
const FALSE = ["false", "off", "no", "0"];

/**
 * The values of the shared settings and of one target's own.
 *
 * Names that a target's table shares with the shared table mean the target's.
 */
export class Settings {
  /** The target's rows first, then the shared ones. */
  readonly rows: readonly SettingRow[];
  readonly #target: SettingTable | undefined;
  readonly #values = new Map<string, boolean | number | string>();

  /** @param target The target's own settings, if there is a target. */
  constructor(target?: SettingTable) {
    this.#target = target;
    this.rows = [...(target?.settings ?? []), ...SHARED_SETTINGS.settings];
    for (const row of SHARED_SETTINGS.settings) this.#values.set(row.name, row.default);
    for (const row of target?.settings ?? []) this.#values.set(row.name, row.default);
  }

  /** The value of a bool. */
  bool(name: string): boolean {
    return this.#values.get(name) === true;
  }

  /** The value of a number. */
  num(name: string): number {
    return this.#values.get(name) as number;
  }

  /** The value of an enumeration. */
  enum(name: string): string {
    return this.#values.get(name) as string;
  }

  /** The value of any setting; undefined if there is no such setting. */
  get(name: string): boolean | number | string | undefined {
    return this.#values.get(name);
  }

  /**
   * Sets from text: `name` switches a bool on or applies a preset, `name=value` sets.
   *
   * @throws GantryError CLIF0500 for an unknown name, CLIF0501 for a value of the wrong kind.
   */
  set(text: string): void {
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    const value = equals < 0 ? undefined : text.slice(equals + 1);
    const row = this.rows.find((r) => r.name === name);
    if (row !== undefined) {
      this.#values.set(name, parse(row, value));
      return;
    }
    const preset = this.#target?.presets.find((p) => p.name === name);
    if (preset === undefined) {
      const names = [...this.rows, ...(this.#target?.presets ?? [])].map((r) => r.name);
      const help = nearestHelp(name, names);
      throw errorOf("CLIF0500", `no setting is called '${name}'`, help === undefined ? {} : { help });
    }
    if (value !== undefined) throw errorOf("CLIF0501", `'${name}' is a preset and takes no value`);
    for (const enabled of preset.enables) this.#values.set(enabled, true);
  }

  /** Sets a value that a program computed. */
  setValue(name: string, value: boolean | number | string): void {
    this.set(`${name}=${String(value)}`);
  }

  /** Settings that differ from their defaults, one `name=value` each in the order of the tables: part of a cache key. */
  toText(): string {
    const out: string[] = [];
    for (const row of this.rows) {
      const value = this.#values.get(row.name);
      if (value !== row.default) out.push(`${row.name}=${String(value)}`);
    }
    return out.join("\n");
  }
}

function parse(row: SettingRow, value: string | undefined): boolean | number | string {
  switch (row.kind) {
    case "bool":
      if (value === undefined || TRUE.includes(value)) return true;
      if (FALSE.includes(value)) return false;
      throw errorOf("CLIF0501", `'${value}' is no value of '${row.name}'`, { help: "write true or false" });
    case "num":
      if (value !== undefined && /^[0-9]{1,3}$/.test(value) && Number(value) <= 255) return Number(value);
      throw errorOf(
        "CLIF0501",
        value === undefined ? `'${row.name}' needs a value` : `'${value}' is no value of '${row.name}'`,
        { help: `write ${row.name}=N with N from 0 to 255` },
      );
    case "enum": {
      if (value !== undefined && row.values.includes(value)) return value;
      const near = value === undefined ? undefined : nearestHelp(value, row.values);
      throw errorOf(
        "CLIF0501",
        value === undefined ? `'${row.name}' needs a value` : `'${value}' is no value of '${row.name}'`,
        { help: near ?? `one of ${row.values.join(", ")}` },
      );
    }
  }
}
