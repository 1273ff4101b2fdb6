/** A fingerprint of a model's weights, to stand in the record of a study that was given it. */
import { encoderHash } from "../encoder/hash.ts";
import { allParams, type FewShotModel } from "./model.ts";

/** Of the encoder's configuration and of all parameters, the head's among them; 16 hexadecimal digits as `encoderHash`. */
export function modelHash(model: FewShotModel): string {
  return encoderHash({ config: model.encoder.config, params: allParams(model) });
}
