export class Host {
  take(shape: { readonly kind: number }): number {
    return shape.kind;
  }
}
