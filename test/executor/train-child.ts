/** Trains a few steps and encodes on the device that its argument names, under Node or Deno; prints what came out. */
import { type Device, embed, loadEncoder, loadIntents, openDevice, prototypical, train } from "../../lib/index.ts";

const device = process.argv[2] as Device;
const { executor } = await openDevice(device);
const model = prototypical(await loadEncoder("test/fixtures/encoder/tiny-zh"));
const set = { ...(await loadIntents("data/intents/zh")), dev: {} }; // an evaluation would take most of the time
const run = await train(model, set, {
  ...{ executor, steps: 5, lr: 1e-4, nWay: 3, nShot: 2, nQuery: 1, seed: 7 },
  progress: { quiet: true },
});
const losses = run.result.history.flatMap((line) => ("loss" in line ? [line.loss] : []));
const { data } = await embed(run, ["今天天气怎么样", "放一首歌"]);
process.stdout.write(`${JSON.stringify({ executor: executor.name, losses, vectors: Array.from(data) })}\n`);
