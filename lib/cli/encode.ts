/** `bert-few-shot encode`: texts to vectors. */
import { writeAtomic } from "../core/files.ts";
import { encodeSafetensors } from "../encoder/safetensors.ts";
import { createEmbedder } from "../model/embed.ts";
import { loadModel } from "../model/model.ts";
import { command } from "./options.ts";
import { executorOf, machineOptions, modelOptions, overridesOf, printJson } from "./shared.ts";
import { print, textsFrom, textsOption } from "./texts.ts";

const { encoder, pooling, layer, "max-length": maxLength } = modelOptions;

export const encodeCommand = command({
  name: "encode",
  summary:
    "Turns texts (arguments, --texts FILE, or standard input, one a line) into vectors: JSON lines, or a safetensors file.",
  positional: "[TEXT ...]",
  options: {
    encoder,
    pooling,
    layer,
    "max-length": maxLength,
    texts: textsOption,
    out: {
      kind: "text",
      value: "FILE",
      help: "write the tensor `vectors` [texts, width] to this safetensors file",
      defaultText: "JSON lines on stdout",
    },
    ...machineOptions,
  },
  async run(v, args) {
    const texts = await textsFrom(args, v.texts);
    const model = await loadModel(v.encoder, overridesOf(v));
    const embedder = createEmbedder(model, await executorOf(v));
    const vectors = await embedder.embed(texts);
    await embedder.dispose();
    const width = vectors.shape[1] as number;
    const row = (i: number): number[] => Array.from(vectors.data.subarray(i * width, (i + 1) * width));
    if (v.out) {
      await writeAtomic(
        v.out,
        encodeSafetensors(new Map([["vectors", vectors]]), { metadata: { texts: JSON.stringify(texts) } }),
      );
      if (v.json) printJson({ out: v.out, texts: texts.length, width });
      else process.stderr.write(`${v.out}: ${texts.length} vectors of ${width} numbers\n`);
    } else if (v.json) {
      printJson({ encoder: v.encoder, width, texts, vectors: texts.map((_, i) => row(i)) });
    } else {
      await print(texts.map((text, i) => `${JSON.stringify({ text, vector: row(i) })}\n`).join(""));
    }
  },
});
