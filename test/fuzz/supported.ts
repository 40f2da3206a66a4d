/** Profiles of what a target says it can compile. */
import type { Profile } from "@gantry/clif-gen";
import { Function, INVALID, OPCODE_NAMES, Settings, type Type } from "@gantry/clif-ir";
import type { TargetIsa } from "@gantry/codegen-core";

/** Whether the target compiles an instruction with these types of its first result and first operand. */
function isSupported(
  isa: TargetIsa,
  settings: Settings,
  opcode: number,
  result: Type,
  operand: Type,
): boolean {
  const func = new Function();
  const block = func.addBlock();
  func.appendBlock(block);
  const inst = func.addInst(opcode, result === INVALID ? operand : result);
  if (operand !== INVALID) {
    const start = func.pool.push(func.appendBlockParam(block, operand));
    func.setArgs(inst, start, 1);
  }
  if (result !== INVALID) func.attachResult(inst, func.addValue(), result);
  func.appendInst(block, inst);
  return isa.unsupported(func, settings).length === 0;
}

/** The profile without what the target refuses. */
export function supportedBy(isa: TargetIsa, profile: Profile, words: readonly string[] = []): Profile {
  const settings = new Settings(isa.settings);
  for (const word of words) settings.set(word);
  const known = new Map<string, boolean>();
  return {
    ...profile,
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
