export {
  bug,
  type Diagnostic,
  errorOf,
  GantryError,
  InternalError,
  type Label,
  type Severity,
} from "./diagnostic.ts";
export {
  diagnosticToJson,
  type Palette,
  placeOf,
  plain,
  type RenderOptions,
  renderDiagnostic,
} from "./render.ts";
export { type LineColumn, SourceFile, type Span } from "./source.ts";
