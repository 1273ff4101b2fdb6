/** The parameters of a BERT by name: Hugging Face's BertModel names, without the prefix `bert.`. */
import { InputError, list } from "../core/errors.ts";
import type { FloatTensor, HostTensor, Params } from "../core/tensor.ts";
import { describeTensor } from "../core/tensor.ts";
import type { BertConfig } from "./config.ts";

/** Every parameter with its shape, in the order of a checkpoint. Weights of dense layers are [out, in]. */
export function bertShapes(config: BertConfig): Record<string, number[]> {
  const { hiddenSize: D, intermediateSize: I } = config;
  const shapes: Record<string, number[]> = {};
  const dense = (name: string, output: number, input: number): void => {
    shapes[`${name}.weight`] = [output, input];
    shapes[`${name}.bias`] = [output];
  };
  const norm = (name: string): void => {
    shapes[`${name}.weight`] = [D];
    shapes[`${name}.bias`] = [D];
  };
  shapes["embeddings.word_embeddings.weight"] = [config.vocabSize, D];
  shapes["embeddings.position_embeddings.weight"] = [config.maxPositions, D];
  shapes["embeddings.token_type_embeddings.weight"] = [config.typeVocabSize, D];
  norm("embeddings.LayerNorm");
  for (let i = 0; i < config.layers; i++) {
    const layer = `encoder.layer.${i}`;
    for (const part of ["query", "key", "value"]) dense(`${layer}.attention.self.${part}`, D, D);
    dense(`${layer}.attention.output.dense`, D, D);
    norm(`${layer}.attention.output.LayerNorm`);
    dense(`${layer}.intermediate.dense`, I, D);
    dense(`${layer}.output.dense`, D, I);
    norm(`${layer}.output.LayerNorm`);
  }
  dense("pooler.dense", D, D);
  return shapes;
}

export interface CanonicalOptions {
  /** "optional": the pooler may be missing, as in many masked language models. Default "required". */
  readonly pooler?: "optional" | "required";
}

export interface Canonical {
  /** In the order of `bertShapes`; without the pooler where the checkpoint has none. */
  readonly params: Params;
  /** Tensors of heads on top of the encoder, such as `cls.predictions.bias`, under their own names. */
  readonly extra: Readonly<Record<string, HostTensor>>;
  readonly hasPooler: boolean;
}

/** Heads that checkpoints carry on top of the encoder. */
const heads = /^(cls|classifier|qa_outputs)\./;

/** Buffers that old checkpoints carry, and that are no parameters. */
const buffers = /(^|\.)(position_ids|token_type_ids|num_batches_tracked)$/;

/**
 * Sorts a checkpoint's tensors into BERT's parameters. Names may stand with or without `bert.`, and with TensorFlow's
 * gamma and beta for a LayerNorm's weight and bias. `file` names the checkpoint in messages.
 * Throws InputError for tensors that are unknown, missing, there twice or of a wrong shape.
 */
export function canonicalParams(
  tensors: ReadonlyMap<string, HostTensor>,
  config: BertConfig,
  file: string,
  options: CanonicalOptions = {},
): Canonical {
  const { pooler = "required" } = options;
  const shapes = bertShapes(config);
  const found = new Map<string, { name: string; tensor: HostTensor }>();
  const extra: Record<string, HostTensor> = {};
  const unknown: string[] = [];
  for (const [name, tensor] of tensors) {
    const canonical = canonicalName(name);
    const twin = found.get(canonical);
    if (twin) throw new InputError(`${file}: ${twin.name} and ${name} are the same parameter; wanted one of them`);
    if (Object.hasOwn(shapes, canonical)) found.set(canonical, { name, tensor });
    else if (heads.test(name)) extra[name] = tensor;
    else if (!buffers.test(name)) unknown.push(name);
  }
  if (unknown.length > 0)
    throw new InputError(`${file}: not parameters of a BERT of ${config.layers} layers: ${list(unknown)}`);
  const hasPooler = found.has("pooler.dense.weight") || found.has("pooler.dense.bias") || pooler === "required";
  const wanted = Object.keys(shapes).filter((name) => hasPooler || !name.startsWith("pooler."));
  const missing = wanted.filter((name) => !found.has(name));
  if (missing.length > 0)
    throw new InputError(`${file}: missing for a BERT of ${config.layers} layers: ${list(missing)}`);
  const params: Record<string, FloatTensor> = {};
  for (const canonical of wanted) {
    const { name, tensor } = found.get(canonical) as { name: string; tensor: HostTensor };
    const shape = shapes[canonical] as number[];
    if (tensor.dtype !== "float32" || tensor.shape.join() !== shape.join()) {
      throw new InputError(
        `${file}: ${name} is ${describeTensor(tensor)}; config.json asks for ${describeTensor({ dtype: "float32", shape })}`,
      );
    }
    params[canonical] = tensor;
  }
  return { params, extra, hasPooler };
}

function canonicalName(name: string): string {
  return name
    .replace(/^bert\./, "")
    .replace(/\.LayerNorm\.gamma$/, ".LayerNorm.weight")
    .replace(/\.LayerNorm\.beta$/, ".LayerNorm.bias");
}
