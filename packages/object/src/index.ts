export { DebugLine, type LineSource } from "./debug-line.ts";
export { EhFrame } from "./eh-frame.ts";
export type { Image, ImageOptions } from "./image.ts";
export {
  type DataObject,
  type DataRelocation,
  type FormatName,
  type Linkage,
  ObjectBuilder,
  type ObjectOptions,
  type SymbolId,
} from "./object-builder.ts";
