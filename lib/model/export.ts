/** Writes a model as a folder for other programs: transformers in JavaScript and Python, and sentence-transformers. */
import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomic } from "../core/files.ts";
import { float32, type Params } from "../core/tensor.ts";
import { configJson } from "../encoder/config.ts";
import { type Encoder, saveEncoder } from "../encoder/encoder.ts";
import { fromF16, toF16 } from "../encoder/half.ts";
import { depthOf } from "../encoder/pooling.ts";
import { refuseOther } from "./export-place.ts";
import { type FewShotModel, loadModel, type ModelSettings } from "./model.ts";
import { encoderOnnx, type Stored } from "./onnx.ts";
import { MODEL_FILE, readModelSettings } from "./saved.ts";
import { beyondSentenceTransformers, sentenceTransformersFiles } from "./sentence-transformers.ts";

export interface ExportOptions {
  /** How the weights are stored in model.safetensors and onnx/model.onnx. F16 halves both files and rounds. Default "F32". */
  dtype?: Stored;
  /** Other files of the folder that go along where they are there, such as a training's record. Default none. */
  keep?: readonly string[];
}

export interface Exported {
  /** Every file of the folder, its name from there, and its size. */
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** What the folder says of its model; undefined for a plain BERT. */
  readonly settings: ModelSettings | undefined;
  /** Whether there are files by which sentence-transformers makes the model's vectors. */
  readonly sentenceTransformers: boolean;
  /** What other programs cannot know or do, a sentence each. */
  readonly notes: readonly string[];
}

const ONNX = "onnx/model.onnx";
const TOKENIZER = "tokenizer_config.json";

/** What `saveModel` writes beside an encoder. */
const OF_TRAINING = ["head.safetensors", MODEL_FILE];

/**
 * Loads a plain BERT or a folder that training wrote, and writes to `out`: the encoder's files, `onnx/model.onnx` as
 * `encoderOnnx` makes it, and for a trained folder its settings and head, and the files of sentence-transformers where
 * that has the model's pooling. Throws an InputError where `out` holds anything but an export of the same model.
 */
export async function exportModel(path: string, out: string, options: ExportOptions = {}): Promise<Exported> {
  const { dtype = "F32", keep = [] } = options;
  const loaded = await loadModel(path);
  const { source } = loaded.encoder;
  const settings = await readModelSettings(source);
  const model: FewShotModel = { ...loaded, encoder: exported(loaded.encoder, dtype, settings) };
  await refuseOther(out, model.encoder, settings);

  const onnx = encoderOnnx(model.encoder, dtype); // before any file: it may find the encoder too large
  await saveEncoder(out, model.encoder, { dtype });
  // Else Python would compute in halves where it finds them stored.
  const config = { ...configJson(model.encoder.config), torch_dtype: "float32" };
  await writeAtomic(join(out, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
  await writeAtomic(join(out, ONNX), onnx);
  const reason = beyondSentenceTransformers(model);
  const extra = settings && !reason ? sentenceTransformersFiles(model) : {};
  for (const [name, text] of Object.entries(extra)) await writeAtomic(join(out, name), text);
  for (const name of [...(settings ? OF_TRAINING : []), ...keep]) {
    const file = join(source, name);
    if (existsSync(file)) await writeAtomic(join(out, name), [await readFile(file)]);
  }
  return {
    files: await filesOf(out),
    settings,
    sentenceTransformers: settings !== undefined && !reason,
    notes: notesOn(model, settings ? reason : undefined),
  };
}

/** The encoder as the folder will have it: rounded where it is stored so, its tokenizer told where to cut texts. */
function exported(encoder: Encoder, dtype: Stored, settings: ModelSettings | undefined): Encoder {
  const { config, params, tokenizer } = encoder;
  const files = (): ReturnType<typeof tokenizer.files> => {
    const given = tokenizer.files();
    const options = JSON.parse(given[TOKENIZER]) as { model_max_length?: number };
    // Without it transformers.js cuts no text, and one with more tokens than BERT has positions fails.
    const longest = settings?.maxLength ?? Math.min(options.model_max_length ?? Infinity, config.maxPositions);
    return { ...given, [TOKENIZER]: `${JSON.stringify({ ...options, model_max_length: longest }, null, 2)}\n` };
  };
  return { ...encoder, params: dtype === "F16" ? rounded(params) : params, tokenizer: { ...tokenizer, files } };
}

/** Tokens at which other programs cut a text. */
function longestOf({ tokenizer }: Encoder): number {
  return (JSON.parse(tokenizer.files()[TOKENIZER]) as { model_max_length: number }).model_max_length;
}

function rounded(params: Params): Params {
  return Object.fromEntries(
    Object.entries(params).map(([name, t]) => [name, float32(fromF16(toF16(t.data)), t.shape)]),
  );
}

function notesOn({ encoder, settings }: FewShotModel, reason: string | undefined): string[] {
  const { pooling, layer, maxLength, textForm } = settings;
  const lower = depthOf(layer, encoder.config) !== encoder.config.layers;
  const longest = longestOf(encoder);
  const notes = reason ? [`no files for sentence-transformers: ${reason}`] : [];
  if (lower || pooling === "first-last")
    notes.push(`${ONNX} gives the last layer alone; the model pools ${pooling} of layer ${layer}`);
  else if (pooling !== "mean" && pooling !== "cls")
    notes.push(`the pipeline of transformers.js pools mean and cls alone, not ${pooling}; take the tokens' vectors`);
  if (textForm === "seed") {
    notes.push(
      "the model removes white space and keeps the first and the last 16 characters of a long text (textForm seed); other programs must be given such texts",
    );
  }
  if (longest !== maxLength)
    notes.push(
      `texts are cut at ${longest} tokens; this kit cuts a plain BERT's at ${maxLength} if not told otherwise`,
    );
  notes.push(
    `transformers.js cuts off [SEP] too where a text has more than ${longest} tokens; that changes its vector`,
  );
  return notes;
}

async function filesOf(folder: string): Promise<{ name: string; bytes: number }[]> {
  const names = (await readdir(folder, { recursive: true })).map((name) => name.replaceAll("\\", "/")).sort();
  const found = await Promise.all(names.map(async (name) => ({ name, stat: await stat(join(folder, name)) })));
  return found.filter((f) => f.stat.isFile()).map((f) => ({ name: f.name, bytes: f.stat.size }));
}
