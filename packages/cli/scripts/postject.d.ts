/** What `exe.ts` uses of postject, which has no types of its own. */
declare module "postject" {
  export function inject(
    executable: string,
    resource: string,
    data: Buffer,
    options: { readonly sentinelFuse: string; readonly machoSegmentName?: string },
  ): Promise<void>;
}
