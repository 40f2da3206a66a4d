declare const brand: unique symbol;

/** A small non-negative integer that names one thing of kind `K`. Two kinds never mix. */
export type Entity<K extends string> = number & { readonly [brand]: K };

/** "No entity": what an optional entity column holds where there is none. */
export const NONE = -1;
