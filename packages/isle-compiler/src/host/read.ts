import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { errorOf, SourceFile } from "@gantry/diag";
import type { ClassDeclaration, Node, Project, Symbol as TsSymbol, Type } from "ts-morph";
import { keepHost, keptHost } from "./cache.ts";
import type { HostClass, HostMethod, HostType, Place, Rep } from "./model.ts";

/**
 * Reads class `name` of the TypeScript file `path`; undefined if the file has no such class.
 *
 * @param cache A file in which the result is kept, and from which it is taken as long as no source has changed.
 * @param made What is made from the host and imported by it: that it changes is no reason to read the host again.
 */
export function readHost(path: string, name: string, cache?: string, made?: string): HostClass | undefined {
  const kept = cache === undefined ? undefined : keptHost(cache, name);
  if (kept !== undefined) return kept;
  // A second to load and needed only here: whoever checks rules without a host never waits for it.
  const { Project, ts } = tsMorph();
  const project = new Project({
    skipAddingFilesFromTsConfig: true,
    skipLoadingLibFiles: false,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      lib: ["lib.es2022.d.ts"],
      types: [],
      strict: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      noEmit: true,
    },
  });
  const source = project.addSourceFileAtPath(path);
  const declaration = source.getClass(name);
  if (declaration === undefined) return undefined;
  const host = new HostReader(declaration, calledNames(path, made)).read();
  // Behind the questions: they made ts-morph load whatever it needed for the answers.
  if (cache !== undefined)
    keepHost(
      cache,
      host,
      filesOf(project).filter((file) => file !== made),
    );
  return host;
}

function tsMorph(): typeof import("ts-morph") {
  try {
    return createRequire(import.meta.url)("ts-morph") as typeof import("ts-morph");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    throw errorOf(
      "ISLE0412",
      "a host is checked with ts-morph, which is not installed here: npm install ts-morph",
    );
  }
}

/** Names that stand behind a dot in the files of the host's folder, which need not be those that it imports. */
function calledNames(host: string, made: string | undefined): Set<string> {
  const names = new Set<string>();
  const folder = dirname(host);
  for (const file of readdirSync(folder)) {
    const path = join(folder, file);
    if (!/(?<!\.test)\.ts$/.test(file) || path === made) continue;
    for (const [, name] of readFileSync(path, "utf8").matchAll(/\.(\w+)/g)) names.add(name!);
  }
  return names;
}

/** Paths of the files of a program, but for TypeScript's own library. */
function filesOf(project: Project): string[] {
  const program = project.getProgram().compilerObject;
  return program
    .getSourceFiles()
    .filter((file) => !program.isSourceFileDefaultLibrary(file))
    .map((file) => file.fileName);
}

class HostReader {
  readonly #class: ClassDeclaration;
  readonly #files = new Map<string, SourceFile>();

  /** Names of properties that TypeScript asks for somewhere. */
  readonly #called: ReadonlySet<string>;

  constructor(declaration: ClassDeclaration, called: ReadonlySet<string>) {
    this.#class = declaration;
    this.#called = called;
  }

  read(): HostClass {
    const methods = new Map<string, HostMethod>();
    const literals = new Map<string, number | bigint | boolean>();
    const properties = new Map<string, HostType>();
    for (const symbol of this.#class.getType().getProperties()) {
      const name = symbol.getName();
      const type = symbol.getTypeAtLocation(this.#class);
      const signature = type.getCallSignatures()[0];
      if (signature === undefined) {
        const literal = literalOf(type);
        if (literal !== undefined) literals.set(name, literal);
        else properties.set(name, hostType(type, undefined));
        continue;
      }
      const params = signature.getParameters().map((p) => this.#param(p));
      const required = signature.getParameters().filter((p) => !isOptional(p)).length;
      const declared = signature.getDeclaration();
      const returnNode = "getReturnTypeNode" in declared ? declared.getReturnTypeNode() : undefined;
      methods.set(name, {
        name,
        params,
        required,
        result: hostType(signature.getReturnType(), returnNode?.getText()),
        place: this.#place(declared),
      });
    }
    return {
      name: this.#class.getName()!,
      methods,
      literals,
      properties,
      forRules: this.#forRules(),
      place: this.#place(this.#class),
    };
  }

  /** See {@link HostClass.forRules}. Base classes in the same folder are part of the host: it may be cut into files. */
  #forRules(): { name: string; place: Place }[] {
    const folder = this.#class.getSourceFile().getDirectoryPath();
    const found: { name: string; place: Place }[] = [];
    let at: ClassDeclaration | undefined = this.#class;
    for (; at !== undefined && at.getSourceFile().getDirectoryPath() === folder; at = at.getBaseClass()) {
      const demanded = [at.getBaseClass()?.getType(), ...at.getImplements().map((i) => i.getType())];
      for (const method of at.getInstanceMethods()) {
        const name = method.getName();
        if (name.startsWith("#") || method.getScope() !== "public" || this.#called.has(name)) continue;
        if (demanded.some((type) => type?.getProperty(name) !== undefined)) continue;
        found.push({ name, place: this.#place(method) });
      }
    }
    return found;
  }

  #param(symbol: TsSymbol): HostType {
    const declaration = symbol.getValueDeclaration();
    const node =
      declaration !== undefined && "getTypeNode" in declaration
        ? (declaration.getTypeNode as () => Node | undefined).call(declaration)
        : undefined;
    return hostType(symbol.getTypeAtLocation(this.#class), node?.getText());
  }

  #place(node: Node): Place {
    const tsFile = node.getSourceFile();
    const path = tsFile.getFilePath() as string;
    let file = this.#files.get(path);
    if (file === undefined) this.#files.set(path, (file = new SourceFile(path, tsFile.getFullText())));
    const named = "getNameNode" in node ? (node.getNameNode as () => Node | undefined).call(node) : undefined;
    const at = named ?? node;
    return { file, start: at.getStart(), end: at.getEnd() };
  }
}

function isOptional(symbol: TsSymbol): boolean {
  const declaration = symbol.getValueDeclaration();
  return (
    declaration !== undefined &&
    "isOptional" in declaration &&
    (declaration.isOptional as () => boolean).call(declaration)
  );
}

function literalOf(type: Type): number | bigint | boolean | undefined {
  if (type.isNumberLiteral()) return type.getLiteralValue() as number;
  if (type.isBooleanLiteral()) return type.getText() === "true";
  if (type.isBigIntLiteral()) return BigInt(type.getText().replace("n", ""));
  return undefined;
}

/** @param written How the source spells the type: the alias `RawInt32` is visible nowhere else. */
function hostType(type: Type, written: string | undefined): HostType {
  const text = type.getText();
  const optional = type.isUnion() && type.getUnionTypes().some((t) => t.isUndefined());
  const bare = optional ? type.getNonNullableType() : type;
  const plain = text === "number" || text === "boolean" || text === "bigint" || text === "any";
  return { rep: written === "RawInt32" ? "raw" : repOf(bare), optional, plain, text };
}

function repOf(type: Type): Rep {
  if (type.isAny()) return "object";
  if (type.isVoid() || type.isUndefined()) return "unit";
  if (isLike(type, (t) => t.isNumber() || t.isNumberLiteral() || t.isEnum())) return "int";
  if (isLike(type, (t) => t.isBoolean() || t.isBooleanLiteral())) return "bool";
  if (isLike(type, (t) => t.isBigInt() || t.isBigIntLiteral())) return "bigint";
  return "object";
}

function isLike(type: Type, test: (t: Type) => boolean): boolean {
  if (test(type)) return true;
  if (type.isUnion()) return type.getUnionTypes().every((t) => isLike(t, test));
  // A branded number is the intersection of a number and an object type.
  return type.isIntersection() && type.getIntersectionTypes().some((t) => isLike(t, test));
}
