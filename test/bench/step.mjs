// One training step, the kit against PyTorch on the same episodes, alternately, each in its own process.
// usage: node test/bench/step.mjs ENCODER_DIR [--data clinc150] [--rounds 3] [--steps 12] [--python PYTHON]
// Needs a build (npm run build), the data set, and a Python with torch and transformers for the other side.
// A step is forward, backward, clipping and AdamW on all parameters, float32, without dropout so that losses can be compared.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { random } from "../../dist/core/random.js";
import { loadIntents } from "../../dist/data/load.js";
import { poolOf } from "../../dist/episodes/pool.js";
import { sampleEpisodes } from "../../dist/episodes/sample.js";
import { compiledExecutor } from "../../dist/executor/compiled.js";
import { gradientName, withGradients } from "../../dist/executor/gradients.js";
import { encodeText } from "../../dist/model/embed.js";
import { batchSymbols } from "../../dist/model/inputs.js";
import { allParams, loadModel } from "../../dist/model/model.js";
import { EMBEDDING_TABLES, episodeBatch, episodeLoss } from "../../dist/model/objective.js";
import { adamW } from "../../dist/train/optimizer.js";
import { trainStep } from "../../dist/train/step.js";

const { values: v, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string", default: "clinc150" },
    rounds: { type: "string", default: "3" },
    steps: { type: "string", default: "12" },
    python: { type: "string", default: "python3" },
    side: { type: "string" },
  },
});
const encoder = positionals[0] ?? process.env.FEWSHOT_ENCODER;
const steps = Number(v.steps);
const shape = { nWay: 5, nShot: 5, nQuery: 5, nOther: 0 };
const FILE = ".cache/bench/episodes.json";
const LR = 2e-5;

async function ours() {
  const model = await loadModel(encoder);
  const set = await loadIntents(v.data, { split: "01" });
  const pool = poolOf(set.train);
  const episodes = sampleEpisodes(pool, shape, steps, random(7).stream("bench"));
  const order = (e) => [...e.support.flat(), ...e.query];
  mkdirSync(".cache/bench", { recursive: true });
  const ids = episodes.map((e) => order(e).map((i) => [...encodeText(model, pool.texts[i]).ids]));
  writeFileSync(FILE, JSON.stringify({ lr: LR, ids, labels: episodes.map((e) => e.label) }));
  const params = allParams(model);
  const fn = withGradients(episodeLoss(model, shape), Object.keys(params), { unused: "skip" });
  const program = compiledExecutor().program(fn, {
    symbols: batchSymbols(0),
    sparse: EMBEDDING_TABLES.map(gradientName),
  });
  const optimizer = adamW({});
  const losses = [];
  const ms = [];
  for (const e of episodes) {
    const start = performance.now();
    const batch = episodeBatch(model, pool, [e]);
    const { scalars } = await trainStep(program, { params, unused: "skip" }, batch, optimizer, { lr: LR, clip: 1 });
    ms.push(performance.now() - start);
    losses.push(scalars.loss);
  }
  return { losses, ms, rssMB: process.resourceUsage().maxRSS / 1024 };
}

const median = (a) => [...a].sort((x, y) => x - y)[a.length >> 1];

if (v.side === "ours") {
  console.log(JSON.stringify(await ours()));
} else {
  const run = (file, args) =>
    JSON.parse(execFileSync(file, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  const ratios = [];
  for (let r = 0; r < Number(v.rounds); r++) {
    const a = run(process.execPath, [process.argv[1], encoder, "--data", v.data, "--steps", v.steps, "--side", "ours"]);
    const b = run(v.python, [process.argv[1].replace(/step\.mjs$/, "step.py"), encoder, FILE]);
    const worst = Math.max(
      ...a.losses.map((l, i) => Math.abs(l - b.losses[i]) / Math.max(1e-3, Math.abs(b.losses[i]))),
    );
    const [x, y] = [median(a.ms.slice(2)), median(b.ms.slice(2))]; // the first steps compile and allocate
    ratios.push(x / y);
    console.log(
      `round ${r + 1}: kit ${x.toFixed(0)} ms, PyTorch ${y.toFixed(0)} ms, ratio ${(x / y).toFixed(2)}; ` +
        `peak memory ${a.rssMB.toFixed(0)} and ${b.rssMB.toFixed(0)} MB; losses differ by at most ${worst.toExponential(1)}`,
    );
  }
  console.log(
    `ratio of medians: ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} .. ${Math.max(...ratios).toFixed(2)})`,
  );
}
