import { type Block, ControlFlow, DominatorTree } from "@gantry/clif-ir";
import { NONE } from "@gantry/entity";
import { fileCheck } from "../checks.ts";
import { TestCode } from "../codes.ts";
import type { TestContext, TestFunction } from "../test-command.ts";
import { annotation } from "../test-file.ts";

/** `; dominates: block1 block2` at a branch names the blocks that its block dominates immediately. */
export function domtree(c: TestContext): void {
  for (const f of c.functions) checkDominators(c, f);
}

function checkDominators(c: TestContext, f: TestFunction): void {
  const { func } = f;
  const flow = new ControlFlow();
  const tree = new DominatorTree();
  flow.compute(func);
  tree.compute(flow);
  const annotated = new Map<number, Block>();
  for (const comment of f.comments) {
    const text = annotation(comment, "dominates:");
    if (text === undefined) continue;
    if (comment.entity !== "inst") {
      throw c.failure(f, TestCode.annotation, `'dominates: ${text}' must stand at a branch`);
    }
    const by = func.instBlock(comment.number as never);
    for (const word of text.split(/[\s,]+/).filter((w) => w !== "")) {
      const found = /^block(\d+)$/.exec(word);
      if (found === null) throw c.failure(f, TestCode.annotation, `'${word}' is not a block`);
      const block = Number(found[1]);
      if (annotated.has(block))
        throw c.failure(f, TestCode.annotation, `multiple dominators for block${block}`);
      annotated.set(block, by);
    }
  }
  const wrong: string[] = [];
  for (let k = 1; k < flow.rpo.length; k++) {
    const b = flow.rpoBlock(k);
    const expected = annotated.get(b);
    annotated.delete(b);
    const idom = tree.idom(b);
    if (expected !== idom) {
      const said = expected === undefined ? "no annotation" : `block${expected}`;
      wrong.push(`mismatching idoms for block${b}: block${idom} by the tree, ${said} in the comments`);
    }
  }
  for (const b of annotated.keys()) wrong.push(`mismatching idoms for block${b}: it has none`);
  if (wrong.length > 0) throw c.failure(f, TestCode.annotation, wrong.join("\n"));
  fileCheck(c, f, treeText(flow, tree, func.firstBlock()));
}

function treeText(flow: ControlFlow, tree: DominatorTree, entry: Block): string {
  const postorder: string[] = [];
  for (let k = flow.rpo.length - 1; k >= 0; k--) postorder.push(`block${flow.rpoBlock(k)}`);
  const lines = [`cfg_postorder: ${postorder.join(" ")}`, "domtree_preorder {"];
  const stack = entry === NONE ? [] : [entry];
  for (let b = stack.pop(); b !== undefined; b = stack.pop()) {
    const children: Block[] = [];
    for (let child = tree.firstChild(b); child !== NONE; child = tree.nextSibling(child))
      children.push(child);
    lines.push(`    block${b}:${children.map((child) => ` block${child}`).join("")}`);
    stack.push(...children.toReversed());
  }
  return [...lines, "}", ""].join("\n");
}
