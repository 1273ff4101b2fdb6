/** `bert-few-shot export`: a folder that transformers, in JavaScript and Python, and sentence-transformers load. */
import { resolve } from "node:path";
import { type Exported, exportModel } from "../model/export.ts";
import { RECORD_FILE } from "../studies/record.ts";
import { command } from "./options.ts";
import { encoderOption, machineOptions, printJson } from "./shared.ts";
import { print } from "./texts.ts";

export const exportCommand = command({
  name: "export",
  summary:
    "Writes a BERT or a trained model with onnx/model.onnx: for transformers.js, transformers and sentence-transformers.",
  positional: "",
  options: {
    encoder: encoderOption,
    out: { kind: "text", value: "DIR", required: true, help: "new or empty folder to write" },
    dtype: {
      kind: "text",
      values: ["F32", "F16"],
      default: "F32",
      help: "how weights are stored; F16 halves the files and rounds to about 3 digits",
    },
    json: machineOptions.json,
  },
  async run(v) {
    const result = await exportModel(v.encoder, v.out, { dtype: v.dtype, keep: [RECORD_FILE] });
    if (v.json) printJson({ encoder: v.encoder, out: v.out, dtype: v.dtype, ...result });
    else await print(report(result, resolve(v.out)));
  },
});

/** What was written, what other programs cannot know, and the code that loads it. */
function report(result: Exported, folder: string): string {
  const files = result.files.map(({ name, bytes }) => `  ${name.padEnd(30)} ${size(bytes)}`);
  return [
    `${folder}:`,
    ...files,
    ...result.notes.map((note) => `note: ${note}`),
    "",
    "JavaScript (npm install @huggingface/transformers):",
    ...javascript(result, folder),
    "",
    `Python (pip install ${result.sentenceTransformers ? "sentence-transformers" : "transformers torch"}):`,
    ...python(result, folder),
    "",
  ].join("\n");
}

function javascript({ settings }: Exported, folder: string): string[] {
  const pooling = settings?.pooling ?? "mean";
  const options = pooling === "mean" || pooling === "cls" ? `, { pooling: "${pooling}" }` : "";
  return [
    '  import { pipeline } from "@huggingface/transformers";',
    `  const extract = await pipeline("feature-extraction", ${JSON.stringify(folder)}, { dtype: "fp32" });`,
    `  const vectors = await extract(["a text", "another"]${options});`,
  ];
}

function python({ sentenceTransformers }: Exported, folder: string): string[] {
  const from = `from_pretrained(${JSON.stringify(folder)})`;
  if (sentenceTransformers) {
    return [
      "  from sentence_transformers import SentenceTransformer",
      `  model = SentenceTransformer(${JSON.stringify(folder)})`,
      '  vectors = model.encode(["a text", "another"])',
    ];
  }
  return [
    "  from transformers import AutoModel, AutoTokenizer",
    `  model, tokenizer = AutoModel.${from}, AutoTokenizer.${from}`,
    '  states = model(**tokenizer(["a text", "another"], padding=True, truncation=True, return_tensors="pt")).last_hidden_state',
  ];
}

/** `90.4 MB`. */
function size(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
