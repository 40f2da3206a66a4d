export { RecordingBuffer } from "./buffer.ts";
export { type Comparison, compareWithLlvm, type Sample, type Subject } from "./compare.ts";
export { compareChanged, type FixedProducts, fixedSubject, sampleFixed } from "./fixed.ts";
export { type FixedTestTarget, testFixedRows } from "./fixed-tests.ts";
export { assemble, disassemble, type LlvmTarget, llvmMissing } from "./llvm.ts";
export { compareChangedWithObjdump, compareWithObjdump, objdumpMissing } from "./objdump.ts";
export { normaliseAttText, sampleX86, x86Difference } from "./x86.ts";
