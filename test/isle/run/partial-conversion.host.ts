import { equal } from "node:assert/strict";

interface Node {
  readonly value?: number;
  readonly child?: Node;
}

export class Host {
  o0 = 0;
  as_number(node: Node): number {
    return node.value ?? -1;
  }
  number_node(value: number): Node {
    return { value };
  }
  add(a: number, b: number): number {
    return a + b;
  }
  child(node: Node): Node | undefined {
    return node.child;
  }
}

export function run(s: any, host: Host): void {
  equal(s.sum(host, { value: 2 }, { value: 3 }), 5);
  equal(s.sum(host, { value: 2 }, {}), -1);
  equal(s.inner(host, { child: { child: { value: 9 } } }), 9);
  equal(s.inner(host, { value: 4, child: {} }), 4);
}
