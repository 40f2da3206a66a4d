/** Sets of CPU features as bits. */
import type { Settings } from "@gantry/clif-ir";
import { type FeatureName, featureTable } from "./features.table.ts";

/** The bit of each feature. */
export const Feature: { readonly [K in FeatureName]: number } = Object.fromEntries(
  featureTable.map((row, k) => [row.name, 1 << k]),
) as { readonly [K in FeatureName]: number };

/** The bit of each feature and of all that it implies. */
const withImplied = new Map<string, number>();
function impliedBy(name: FeatureName): number {
  const known = withImplied.get(name);
  if (known !== undefined) return known;
  const row = featureTable.find((r) => r.name === name)!;
  const implied: readonly FeatureName[] = "implies" in row ? row.implies : [];
  let bits = Feature[name];
  for (const other of implied) bits |= impliedBy(other);
  withImplied.set(name, bits);
  return bits;
}

/** The features that the settings switch on, and what those imply. */
export function featureBits(settings: Settings): number {
  let bits = 0;
  for (const { name } of featureTable) if (settings.bool(`has_${name}`)) bits |= impliedBy(name);
  return bits;
}
