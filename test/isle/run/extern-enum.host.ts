import { deepEqual, equal } from "node:assert/strict";

interface Shape {
  readonly kind: number;
  readonly n: number;
  readonly inside?: Shape;
}

export class Host {
  o0 = 0;
  times(a: number, b: number): number {
    return a * b;
  }
  look(shape: Shape): Shape | undefined {
    return shape.inside;
  }
  Shape_tag(shape: Shape): number {
    return shape.kind;
  }
  Shape_Circle_radius(shape: Shape): number {
    return shape.n;
  }
  Shape_Box_width(shape: Shape): number {
    return shape.n;
  }
  Shape_Box_inside(shape: Shape): Shape {
    return shape.inside!;
  }
  Shape_Box(width: number, inside: Shape): Shape {
    return { kind: 2, n: width, inside };
  }
  Shape_Nothing(): Shape {
    return { kind: 0, n: 0 };
  }
  Shape_equals(a: Shape, b: Shape): boolean {
    return JSON.stringify(a) === JSON.stringify(b);
  }
}

export function run(s: any, host: Host): void {
  const circle: Shape = { kind: 1, n: 3 };
  equal(s.area(host, s.none(host)), true);
  equal(host.o0, 0);
  equal(s.area(host, circle), true);
  equal(host.o0, 9);
  const box = s.wrap(host, circle, 5);
  deepEqual(box, { kind: 2, n: 5, inside: circle });
  equal(s.area(host, box), true);
  equal(host.o0, 15);
  equal(s.area(host, s.wrap(host, box, 1)), false);
  equal(s.same(host, { kind: 1, n: 3 }, circle), true);
  equal(s.same(host, box, circle), false);
  equal(s.seen(host, box), circle);
  equal(s.seen(host, circle), undefined);
}
