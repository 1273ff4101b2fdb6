import { describe, expect, it } from "vitest";
import { type FloatTensor, float32 } from "../../lib/core/tensor.ts";
import { POOLINGS } from "../../lib/encoder/pooling.ts";
import { createEmbedder } from "../../lib/model/embed.ts";
import { createViews } from "../../lib/model/views.ts";
import { intents } from "../intents.ts";
import { compiled, tinyModel } from "./tiny.ts";

const texts = Object.values(intents().test).flat().slice(0, 23);

describe("views of an encoder", () => {
  it("give for every pooling and layer what an embedder of that pooling and layer gives", async () => {
    const model = await tinyModel();
    const { layers } = model.encoder.config;
    const poolings = POOLINGS.filter((p) => p !== "pooler" || model.encoder.params["pooler.dense.weight"]);
    const views = poolings.flatMap((pooling) =>
      [0, layers - 1, -1].filter((l) => pooling !== "pooler" || l === -1).map((layer) => ({ pooling, layer })),
    );
    const made = createViews(model, compiled, views);
    for (const [i, view] of views.entries()) {
      const own = createEmbedder(await tinyModel(view), compiled);
      const [expected, found] = [await own.embed(texts), await (made.embedders[i] as typeof own).embed(texts)];
      expect(found.shape).toEqual(expected.shape);
      expect(largestDifference(expected, found), JSON.stringify(view)).toBeLessThan(1e-5);
      await own.dispose();
    }
    await made.dispose();
  });

  it("encode each text once for all of them", async () => {
    const made = createViews(await tinyModel(), compiled, [
      { pooling: "cls", layer: -1 },
      { pooling: "max", layer: 1 },
    ]);
    const [first, second] = made.embedders;
    await first?.embed([...texts, ...texts]);
    expect(second?.encoded).toBe(texts.length);
    await second?.embed([...texts.slice(3), "新"]);
    expect(first?.encoded).toBe(texts.length + 1);
    await made.dispose();
  });
});

function largestDifference(a: FloatTensor, b: FloatTensor): number {
  const { data } = float32(
    a.data.map((x, i) => Math.abs(x - (b.data[i] as number))),
    a.shape,
  );
  return Math.max(...data);
}
