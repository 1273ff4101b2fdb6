import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import { bucketedBatches } from "../../lib/pretrain/batches.ts";
import { readCorpus } from "../../lib/pretrain/corpus.ts";
import { maskBatch } from "../../lib/pretrain/masking.ts";
import { packBatch } from "../../lib/tokenizer/batch.ts";

const folder = mkdtempSync(join(tmpdir(), "corpus-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a corpus", () => {
  it("is read from plain and gzipped files without repeats, and split by the seed", async () => {
    const line = (i: number): string => `sentence ${i}`;
    writeFileSync(join(folder, "a.txt"), `\uFEFF${Array.from({ length: 31 }, (_, i) => line(i)).join("\r\n")}\n\n`);
    writeFileSync(join(folder, "b.txt.gz"), gzipSync(Array.from({ length: 41 }, (_, i) => line(i + 20)).join("\n")));
    writeFileSync(join(folder, "LICENSE.txt"), "not a sentence of the corpus");
    const corpus = await readCorpus([folder], random(5));
    expect(corpus.train.length + corpus.heldOut.length).toBe(61);
    expect(corpus.heldOut.length).toBe(6);
    expect(new Set([...corpus.train, ...corpus.heldOut])).toEqual(
      new Set(Array.from({ length: 61 }, (_, i) => line(i))),
    );
    expect(Object.values(corpus.files)).toEqual([31, 30]);
    expect(await readCorpus([folder], random(5))).toEqual(corpus);
  });

  it("that is missing or nearly empty is an error with its path", async () => {
    await expect(readCorpus([join(folder, "none")], random(1))).rejects.toThrow(/none: cannot read the texts/);
    writeFileSync(join(folder, "short.txt"), "one\ntwo\n");
    await expect(readCorpus([join(folder, "short.txt")], random(1))).rejects.toThrow(
      /2 different sentences; .* at least 20/,
    );
  });
});

describe("batches", () => {
  const lengths = Array.from({ length: 1009 }, (_, i) => 3 + ((i * 7919) % 43));

  it("visit each sentence at most once an epoch, each epoch in another order, a step always the same", () => {
    const batches = bucketedBatches(lengths, 13, random(2));
    expect(batches.perEpoch).toBe(77);
    const epoch = (e: number): number[] => Array.from({ length: 77 }, (_, i) => batches.at(77 * e + i)).flat();
    const [first, second] = [epoch(0), epoch(1)];
    expect(new Set(first).size).toBe(77 * 13);
    expect(first).not.toEqual(second);
    expect(epoch(0)).toEqual(first);
    expect(bucketedBatches(lengths, 13, random(2)).at(99)).toEqual(batches.at(99));
  });

  it("hold sentences of like length", () => {
    const batches = bucketedBatches(lengths, 13, random(2));
    const spread = (b: readonly number[]): number =>
      Math.max(...b.map((i) => lengths[i]!)) - Math.min(...b.map((i) => lengths[i]!));
    const mean = Array.from({ length: 77 }, (_, i) => spread(batches.at(i))).reduce((a, b) => a + b, 0) / 77;
    expect(mean).toBeLessThan(4); // of 42
  });
});

describe("masking", () => {
  const special = { pad: 0, unk: 1, cls: 2, sep: 3, mask: 4 };
  const encoding = (n: number): { ids: Int32Array; typeIds: Int32Array } => ({
    ids: Int32Array.from([2, ...Array.from({ length: n }, (_, i) => 10 + ((i * 31) % 89)), 3]),
    typeIds: new Int32Array(n + 2),
  });
  const batch = packBatch(Array.from({ length: 101 }, (_, i) => encoding(40 + (i % 7))));

  it("chooses 15 % of the tokens, never [CLS] or [SEP]; 80 % become [MASK], 10 % another token", () => {
    const { ids, inputs } = maskBatch(batch, special, 100, random(1));
    const rows = [...inputs["masked.rows"]!.data];
    expect(rows.length / (batch.ids.data.length - 202)).toBeCloseTo(0.15, 1);
    const was = rows.map((r) => batch.ids.data[r] as number);
    const is = rows.map((r) => ids.data[r] as number);
    expect(was.some((id) => id === 2 || id === 3)).toBe(false);
    expect([...inputs["masked.targets"]!.data]).toEqual(was);
    expect(is.filter((id) => id === 4).length / rows.length).toBeCloseTo(0.8, 1);
    expect(is.filter((id, i) => id === was[i]).length / rows.length).toBeCloseTo(0.1, 1);
    const chosen = new Set(rows);
    expect([...ids.data].every((id, i) => chosen.has(i) || id === batch.ids.data[i])).toBe(true);
    expect(rows.every((r, i) => inputs["masked.places"]!.data[r] === i && inputs["masked.chosen"]!.data[r] === 1)).toBe(
      true,
    );
    expect([...inputs["masked.chosen"]!.data].reduce((a, b) => a + b, 0)).toBe(rows.length);
  });

  it("leaves the batch as it was, repeats itself for a seed, and asks for at least one token", () => {
    const before = Int32Array.from(batch.ids.data);
    expect(maskBatch(batch, special, 100, random(9))).toEqual(maskBatch(batch, special, 100, random(9)));
    expect(batch.ids.data).toEqual(before);
    expect(
      maskBatch(packBatch([encoding(1)]), special, 100, random(1), { share: 0 }).inputs["masked.rows"]!.data,
    ).toHaveLength(1);
  });
});
