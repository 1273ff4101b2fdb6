/** What is measured: encoders (real ones, or random weights of a published shape) and sets of intents. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError, messageOf } from "../core/errors.ts";
import { readJson } from "../core/files.ts";
import { type Random, random, sample } from "../core/random.ts";
import { loadIntents } from "../data/load.ts";
import { PARTS } from "../data/parts.ts";
import type { IntentSet } from "../data/types.ts";
import { type BertConfig, parseConfig } from "../encoder/config.ts";
import { saveEncoder } from "../encoder/encoder.ts";
import { poolOf } from "../episodes/pool.ts";
import { sampleEpisodes } from "../episodes/sample.ts";
import { newEncoder } from "../pretrain/pretrain.ts";
import { loadTokenizer } from "../tokenizer/load.ts";
import type { Tokenizer } from "../tokenizer/types.ts";
import type { StepTask } from "./tasks.ts";

export const MODELS = ["minilm", "base", "tiny"] as const;
export type ModelKey = (typeof MODELS)[number];

export interface Encoder {
  readonly name: string;
  readonly folder: string;
  readonly config: BertConfig;
  readonly tokenizer: Tokenizer;
}

/** Layers and width of published BERTs; heads are 64 wide, feed-forward layers four times the width. */
export const SHAPES: Readonly<Record<string, readonly [layers: number, width: number]>> = {
  "BERT-tiny": [2, 128],
  "BERT-mini": [4, 256],
  "BERT-small": [4, 512],
  "BERT-medium": [8, 512],
  "BERT-base": [12, 768],
};

/** all-MiniLM-L6-v2, whose heads are 32 wide. */
const MINILM_SHAPE = [6, 384, 12] as const;
/** Tokens of both published vocabularies. */
const VOCABULARY = 30_522;

export const TINY = "data/models/tiny-bert";
/** The embedded English intents. */
export const INTENTS = "data/intents/en";

/** Where all-MiniLM-L6-v2 is: $FEWSHOT_ENCODER or .cache/minilm; undefined where neither is a folder with an encoder. */
export function miniLm(): string | undefined {
  const places = [process.env.FEWSHOT_ENCODER, ".cache/minilm"];
  return places.find((p) => p !== undefined && existsSync(join(p, "config.json")));
}

/** The encoder of a key; where all-MiniLM-L6-v2 is not here, the embedded one takes its place, and its tokenizer that of BERT-base. */
export async function encoderOf(key: ModelKey, work: string, note: (text: string) => void): Promise<Encoder> {
  const real = miniLm();
  if (key !== "tiny" && !real)
    note(
      "all-MiniLM-L6-v2 is not here ($FEWSHOT_ENCODER, .cache/minilm; test/reference/fetch-minilm.sh DIR fetches it): tiny-bert stands in",
    );
  if (key === "base") return shapedEncoder("BERT-base", work, note);
  if (key === "minilm" && real) return opened("MiniLM", real);
  return opened("tiny-bert", TINY);
}

/** The encoder of a key; what is not here has random weights of the published shape, with as many tokens. */
export async function publishedEncoder(key: ModelKey, work: string, note: (text: string) => void): Promise<Encoder> {
  const real = miniLm();
  if (key === "tiny") return opened("tiny-bert", TINY);
  if (key === "minilm" && real) return opened("MiniLM", real);
  return shapedEncoder(key === "base" ? "BERT-base" : "MiniLM", work, note, VOCABULARY);
}

/**
 * An encoder of a published shape with random weights, written once: right for times, not for accuracies. It has as many
 * tokens as the tokenizer, or `tokens`.
 */
export async function shapedEncoder(
  name: string,
  work: string,
  note: (text: string) => void,
  tokens = 0,
): Promise<Encoder> {
  const shape = name === "MiniLM" ? MINILM_SHAPE : (SHAPES[name] as readonly [number, number]);
  const [layers, width, heads = width / 64] = shape;
  const source = miniLm() ?? TINY;
  const tokenizer = await loadTokenizer(source);
  const vocabSize = Math.max(tokens, tokenizer.vocabSize);
  const config: BertConfig = {
    ...{ vocabSize, hiddenSize: width, layers, heads, intermediateSize: 4 * width },
    ...{ hiddenAct: "gelu", maxPositions: 512, typeVocabSize: 2, layerNormEps: 1e-12 },
    ...{ hiddenDropout: 0.1, attentionDropout: 0.1, padId: tokenizer.ids.pad },
  };
  const folder = join(work, `${name.toLowerCase()}-${config.vocabSize}`);
  note(`${name}: random weights of that shape (${layers} layers, ${width} wide, ${config.vocabSize} tokens)`);
  if (!existsSync(join(folder, "model.safetensors"))) await saveEncoder(folder, newEncoder(config, tokenizer, "bench"));
  return { name, folder, config, tokenizer };
}

/** All numbers of the encoder without its pooler, in millions. */
export function millions({ hiddenSize: d, intermediateSize: f, ...c }: BertConfig): number {
  const layer = 4 * (d * d + d) + (d * f + f) + (f * d + d) + 4 * d;
  return ((c.vocabSize + c.maxPositions + c.typeVocabSize + 2) * d + c.layers * layer) / 1e6;
}

async function opened(name: string, folder: string): Promise<Encoder> {
  const file = join(folder, "config.json");
  const config = parseConfig(await readJson(file, "the encoder's configuration"), file);
  return { name, folder, config, tokenizer: await loadTokenizer(folder) };
}

/** The sets of these names; the embedded English intents stand in, once, for those that are not here. */
export async function setsOf(names: readonly string[], note: (text: string) => void): Promise<IntentSet[]> {
  const found = new Map<string, IntentSet>();
  for (const name of names) {
    const set = await loadIntents(name).catch(async (error: unknown) => {
      if (!(error instanceof InputError) || /[\\/.]/.test(name)) throw error;
      note(`${messageOf(error).split(";")[0]}: the embedded intents stand in`);
      return loadIntents(INTENTS);
    });
    found.set(set.name, set);
  }
  return [...found.values()];
}

/** Different texts of all parts, at most `n`, by even chance. */
export function textsOf(set: IntentSet, n: number): string[] {
  const all = [...new Set([...PARTS.flatMap((part) => Object.values(set[part]).flat()), ...set.other])];
  return sample(all, Math.min(n, all.length), random("bench").stream("texts"));
}

/** `n` different texts, 100,000 and more: those of the set, each with a number behind it, of as many tokens at every n. */
export function manyTexts(set: IntentSet, n: number): string[] {
  const all = textsOf(set, Number.POSITIVE_INFINITY);
  return Array.from({ length: n }, (_, i) => `${all[i % all.length]} ${Math.floor(i / all.length)}`);
}

/** The learning rate of every step that is timed. */
export const LR = 2e-5;

/** Texts that are encoded before the clock starts. */
export const WARM_TEXTS = 256;

/** Tokens of a text at most, of all sides: no text of the two sets is longer, so that none is cut. */
export const MAX_LENGTH = 128;

type Episodes = Pick<StepTask, "nWay" | "nShot" | "nQuery" | "episodes">;
type Ways = Pick<StepTask, "nWay" | "nShot" | "nQuery">;

/** Episodes of a set's train classes as token ids, texts cut to MAX_LENGTH tokens. Throws an InputError where the set is too small. */
export function episodesOf(set: IntentSet, { tokenizer }: Encoder, ways: Ways, count: number): Episodes {
  const pool = poolOf(set.train);
  const ids = (i: number): number[] => [...tokenizer.encode(pool.texts[i] as string, { maxLength: MAX_LENGTH }).ids];
  const drawn = sampleEpisodes(pool, { ...ways, nOther: 0 }, count, random(7).stream("bench"));
  const episodes = drawn.map((e) => ({ ids: [...e.support.flat(), ...e.query].map(ids), labels: e.label }));
  return { ...ways, episodes };
}

/** Lengths of intents: 11 tokens in the mean, [CLS] and [SEP] among them. */
export function intentLength(rng: Random): number {
  return 5 + rng.int(13);
}

/** Episodes of random tokens, every sentence `length` long, or as long as that says of each. */
export function syntheticEpisodes(
  { tokenizer }: Encoder,
  ways: Ways,
  length: number | ((rng: Random) => number),
  count: number,
): Episodes {
  const rng = random("bench").stream(typeof length === "number" ? length : "lengths");
  const { cls, sep } = tokenizer.ids;
  const first = Math.floor(tokenizer.vocabSize / 10); // special and unused tokens stand before
  const word = (): number => first + rng.int(tokenizer.vocabSize - first);
  const tokens = (): number => (typeof length === "number" ? length : length(rng));
  const sentence = (): number[] => [cls, ...Array.from({ length: tokens() - 2 }, word), sep];
  const { nWay, nShot, nQuery } = ways;
  const episodes = Array.from({ length: count }, () => ({
    ids: Array.from({ length: nWay * (nShot + nQuery) }, sentence),
    labels: Array.from({ length: nWay * nQuery }, (_, i) => i % nWay),
  }));
  return { ...ways, episodes };
}
