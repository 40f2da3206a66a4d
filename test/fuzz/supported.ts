/** Profiles of what a target says it can compile. */
import type { Profile } from "@gantry/clif-gen";
import {
  Function,
  I_IMM2,
  I32,
  I64,
  I128,
  INST_SHIFT,
  INVALID,
  isInt,
  isVector,
  MEM_BIG,
  OPCODE_CTRL_OPERAND,
  OPCODE_NAMES,
  Op,
  Settings,
  type Type,
  typeName,
} from "@gantry/clif-ir";
import { type TargetIsa, unsupported } from "@gantry/codegen-core";

/** Whether the target compiles an instruction with these types of its first result and first operand. */
function isSupported(
  isa: TargetIsa,
  settings: Settings,
  opcode: number,
  result: Type,
  operand: Type,
  memFlags = 0,
): boolean {
  const func = new Function();
  const block = func.addBlock();
  func.appendBlock(block);
  const inst = func.addInst(opcode, OPCODE_CTRL_OPERAND[opcode] !== 0 ? operand : result);
  if (operand !== INVALID) {
    const start = func.pool.push(func.appendBlockParam(block, operand));
    func.setArgs(inst, start, 1);
  }
  if (result !== INVALID) func.attachResult(inst, func.addValue(), result);
  func.insts.data[(inst << INST_SHIFT) + I_IMM2] = memFlags;
  func.appendInst(block, inst);
  return unsupported(isa, func, settings).length === 0;
}

/** The opcode that makes constants of the type. */
function constantOpcode(t: Type): number {
  if (isVector(t)) return Op.vconst;
  if (t === I128) return Op.iconcat;
  return isInt(t) ? Op.iconst : OPCODE_NAMES.indexOf(`${typeName(t)}const`);
}

/** The profile without what the target refuses. */
export function supportedBy(isa: TargetIsa, profile: Profile, words: readonly string[] = []): Profile {
  const settings = new Settings(isa.settings);
  for (const word of words) settings.set(word);
  const known = new Map<string, boolean>();
  const bigEndian = isSupported(isa, settings, Op.load, I32, I64, MEM_BIG);
  return {
    ...profile,
    types: profile.types.filter(
      (t) =>
        isSupported(isa, settings, Op.load, t, I64) &&
        isSupported(isa, settings, constantOpcode(t), t, t === I128 ? I64 : INVALID),
    ),
    byteOrders: profile.byteOrders.filter((order) => order !== "big" || bigEndian),
    name: `${profile.name} on ${isa.arch}`,
    allows(opcode, result, operand) {
      if (!profile.allows(opcode, result, operand)) return false;
      const key = `${opcode} ${result} ${operand}`;
      let answer = known.get(key);
      if (answer === undefined) {
        answer = isSupported(isa, settings, OPCODE_NAMES.indexOf(opcode), result, operand);
        known.set(key, answer);
      }
      return answer;
    },
  };
}
