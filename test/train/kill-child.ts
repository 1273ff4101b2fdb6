/** A training run that is there to be killed: `kill-child FOLDER`. It resumes what it finds in the folder. */
import { compiledExecutor } from "../../lib/executor/compiled.ts";
import { train } from "../../lib/train/trainer.ts";
import { classifier } from "./problem.ts";

async function main(out: string): Promise<void> {
  const executor = compiledExecutor({ threads: 1 });
  // A table of 4 MB: with its moments, a checkpoint takes about as long as a step.
  const objective = classifier(executor, { rows: 200_003 });
  const { status } = await train(objective, executor, {
    ...{ steps: 41, lr: 0.1, evaluateEvery: 5, checkpointEvery: 1 },
    ...{ out, resume: true, progress: { quiet: true } },
  });
  await objective.dispose();
  if (status !== "done") throw new Error(`the run ended with the status ${status}`);
}

void main(process.argv[2] as string);
