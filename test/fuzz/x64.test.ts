import { describe, expect, it } from "vitest";
import { CAMPAIGNS, campaignName, runCampaign } from "./batches.ts";

/** Functions of all campaigns together. */
const FUNCTIONS = 20_000;

describe.runIf(process.arch === "x64" && process.platform === "linux")(
  "native code of random functions",
  () => {
    const each = Math.ceil(FUNCTIONS / CAMPAIGNS.length);
    let functions = 0;

    it.each(CAMPAIGNS.map((campaign, k) => ({ campaign, k, name: campaignName(campaign) })))(
      "does what the interpreter does: $name",
      async ({ campaign, k }) => {
        const { finding, ...progress } = await runCampaign(
          campaign,
          1_000_000 * (k + 1),
          (p) => p.functions >= each,
        );
        functions += progress.functions;
        expect(finding?.text ?? "", JSON.stringify(finding?.differences)).toBe("");
        expect(finding).toBeUndefined();
      },
      600_000,
    );

    it("is compared for enough functions", () => {
      expect(functions).toBeGreaterThanOrEqual(FUNCTIONS);
    });
  },
);
