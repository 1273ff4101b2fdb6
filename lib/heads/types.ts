/**
 * What a head is: it turns embedded supports and queries into scores, and scores into a loss.
 * E episodes, N way, K shot, M queries an episode (others among them), D embedding width, R pairs.
 */
import type * as tf from "@tensorflow/tfjs";
import type { Params } from "../core/tensor.ts";
import type { Distance } from "./distances.ts";
import type { Loss } from "./losses.ts";

export const HEADS = ["siamese", "matching", "prototypical"] as const;
export type HeadName = (typeof HEADS)[number];

/** Everything that makes a head, as it is saved beside a trained model. */
export interface HeadSettings {
  readonly head: HeadName;
  /** How alike two vectors are; every head scores with it. */
  readonly distance: Distance;
  /** Factor of the cosine in scores. */
  readonly scale: number;
  readonly loss: Loss;
  /** Margin m of the contrastive loss. */
  readonly margin: number;
  /** Matching: how the scores of a class's K supports become one. */
  readonly shots: "mean" | "max" | "attention";
  /** Siamese: whether a class is its nearest support or the mean of its supports. */
  readonly decision: "support" | "mean";
  /** Layer normalisations of supports and of queries with parameters of their own, as the seed has them. */
  readonly norms: boolean;
  /** Scores at or above it mean "of this class" (the seed's yes and no); null where only dev data can tell. */
  readonly threshold: number | null;
}

/** Parameters of a head by name, on the host or as tensors. */
export type HeadTensors = Readonly<Record<string, tf.Tensor>>;

export interface Head {
  readonly settings: HeadSettings;
  /** Whether it learns from episodes or from pairs of texts. */
  readonly trainsOn: "episodes" | "pairs";
  /** Trainable parameters of its own, freshly made, for embeddings of width D; their names begin with `head.`. */
  params(width: number): Params;
  /** support [E, N, K, D], query [E, M, D] -> scores [E, M, N]; higher is more alike. */
  scores(params: HeadTensors, support: tf.Tensor, query: tf.Tensor): tf.Tensor;
  /** a [R, D], b [R, D] -> scores [R] of each pair. */
  pairScores(params: HeadTensors, a: tf.Tensor, b: tf.Tensor): tf.Tensor;
  /** scores and labels of the same shape (0 or 1; [E, M, N] or [R]) -> the loss, a scalar. */
  loss(scores: tf.Tensor, labels: tf.Tensor): tf.Tensor;
}
