/** The curves of a training, drawn into its folder when it ends. */
import { trainingCurves } from "../plots/curves.ts";
import { writeFigure } from "../plots/write.ts";
import type { TrainResult } from "../train/types.ts";

/** Writes curves.json, .svg and .png into `out` and gives the picture's path. */
export async function drawCurves(
  out: string,
  title: string,
  { history }: TrainResult,
  selectBy: "loss" | "accuracy",
): Promise<string> {
  const figure = trainingCurves([{ name: "training", lines: history }], { title, selectBy });
  return (await writeFigure(out, "curves", figure)).png;
}
