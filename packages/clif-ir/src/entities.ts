import type { Entity } from "@gantry/entity";

export type Value = Entity<"value">;
export type Inst = Entity<"inst">;
export type Block = Entity<"block">;
export type StackSlot = Entity<"stack slot">;
export type DynamicStackSlot = Entity<"dynamic stack slot">;
export type DynamicType = Entity<"dynamic type">;
export type GlobalValue = Entity<"global value">;
export type SigRef = Entity<"signature">;
export type FuncRef = Entity<"function">;
export type Constant = Entity<"constant">;
export type Region = Entity<"alias region">;
/** An entry of a function's name table. */
export type NameRef = Entity<"name">;
