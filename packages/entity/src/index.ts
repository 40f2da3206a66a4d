export { BitSet } from "./bit-set.ts";
export { ByteSink, type Endian } from "./byte-sink.ts";
export { type Entity, NONE } from "./entity.ts";
export { growInt8, growInt32, growUint8 } from "./grow.ts";
export { I32List } from "./i32-list.ts";
export { IntMap } from "./int-map.ts";
