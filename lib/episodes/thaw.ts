/** Reading a frozen episode list: it is believed only when every index, count and label of it is right. */
import { count, InputError } from "../core/errors.ts";
import { parseJson } from "../core/files.ts";
import { type Fields, isFields, type JsonPath, lineOfValue } from "../core/json.ts";
import { checkShape } from "./check.ts";
import type { Episode, EpisodeList, EpisodeShape, TextPool } from "./types.ts";

/** What the first two fields of a file say. */
export const FROZEN_FORMAT = "bert-few-shot episodes";
export const FROZEN_VERSION = 1;

/** Throws an InputError with the file and the line of the value at `path`. */
type Fail = (path: JsonPath, message: string) => never;

/**
 * The list that `freezeEpisodes` wrote, exactly. `file` is for messages: an InputError names file, line and episode of
 * what is wrong.
 */
export function thawEpisodes(text: string, file: string): EpisodeList {
  const root = parseJson(text, file, "the episode list");
  const fail: Fail = (path, message) => {
    throw new InputError(`${file}:${lineOfValue(text, path)}: ${message}`);
  };
  if (!isFields(root) || root.format !== FROZEN_FORMAT) {
    return fail([], `not an episode list: wanted an object with "format": "${FROZEN_FORMAT}"`);
  }
  if (root.version !== FROZEN_VERSION) {
    return fail(["version"], `version ${String(root.version)} of the format, this kit reads ${FROZEN_VERSION}`);
  }
  if (!isFields(root.shape)) return fail(["shape"], "no shape with nWay, nShot, nQuery and nOther");
  const { nWay, nShot, nQuery, nOther } = root.shape as Fields & EpisodeShape;
  const shape: EpisodeShape = { nWay, nShot, nQuery, nOther };
  checkShape(shape, `${file}:${lineOfValue(text, ["shape"])}: shape`);
  const pool = readPool(root, fail);
  if (!Array.isArray(root.episodes)) return fail([], "no list of episodes");
  const home = new Map<number, number>(); // text to class
  for (const [c, indices] of pool.members.entries()) for (const i of indices) home.set(i, c);
  const episodes = root.episodes.map((episode: unknown, i) =>
    readEpisode(episode, shape, pool, home, (path, message) =>
      fail(["episodes", i, ...path], `episode ${i}: ${message}`),
    ),
  );
  if (root.about === undefined) return { pool, shape, episodes };
  return { about: String(root.about), pool, shape, episodes };
}

function readPool(root: Fields, fail: Fail): TextPool {
  const { classes, texts, members, other } = root;
  if (!isStrings(classes)) return fail(["classes"], "classes is not a list of names");
  if (!isStrings(texts)) return fail(["texts"], "texts is not a list of texts");
  if (!Array.isArray(members) || members.length !== classes.length) {
    return fail(["members"], `members is not a list of ${count(classes.length, "list")}, one a class`);
  }
  const used = new Set<number>();
  const indices = (value: unknown, path: JsonPath, what: string): number[] => {
    if (!isIndices(value, texts.length)) return fail(path, `${what} is not a list of indices of texts`);
    for (const i of value) {
      if (used.has(i)) return fail(path, `${what}: text ${i} stands in more than one place`);
      used.add(i);
    }
    return value;
  };
  const pool = {
    classes,
    texts,
    members: members.map((value: unknown, c) => indices(value, ["members", c], `class '${classes[c]}'`)),
  };
  return other === undefined ? pool : { ...pool, other: indices(other, ["other"], "other") };
}

function readEpisode(
  value: unknown,
  shape: EpisodeShape,
  pool: TextPool,
  home: ReadonlyMap<number, number>,
  fail: Fail,
): Episode {
  const { nWay, nShot, nQuery, nOther } = shape;
  const { classes, support, query, label } = isFields(value) ? value : fail([], "not an object");
  if (!isIndices(classes, pool.classes.length) || classes.length !== nWay || new Set(classes).size !== nWay) {
    return fail(["classes"], `classes is not a list of ${nWay} different indices of classes`);
  }
  const m = nWay * nQuery + nOther;
  if (!Array.isArray(support) || support.length !== nWay) {
    return fail(["support"], `support is not a list of ${count(nWay, "list")}, one a class`);
  }
  const used = new Set<number>();
  const once = (i: number, path: JsonPath): void => {
    if (used.has(i)) fail(path, `text ${i} stands in it twice`);
    used.add(i);
  };
  const supports = support.map((indices: unknown, n) => {
    const path = ["support", n];
    if (!isIndices(indices, pool.texts.length) || indices.length !== nShot) {
      return fail(path, `the supports of class ${n} are not a list of ${count(nShot, "index", "indices")} of texts`);
    }
    for (const i of indices) {
      if (home.get(i) !== classes[n]) fail(path, `support ${i} is no text of class '${pool.classes[classes[n]!]}'`);
      once(i, path);
    }
    return indices;
  });
  if (!isIndices(query, pool.texts.length) || query.length !== m) {
    return fail(["query"], `query is not a list of ${count(m, "index", "indices")} of texts`);
  }
  if (!isList(label, (x): x is number => Number.isInteger(x)) || label.length !== m) {
    return fail(["label"], `label is not a list of ${count(m, "whole number")}`);
  }
  for (const [j, i] of query.entries()) {
    const right = classes.indexOf(home.get(i) ?? -1); // -1 for a class outside and for no class
    if (label[j] !== right) fail(["label", j], `query ${j} (text ${i}) has label ${label[j]}, its class is ${right}`);
    once(i, ["query", j]);
  }
  for (let n = 0; n < nWay; n++) {
    const found = label.filter((l) => l === n).length;
    if (found !== nQuery) fail(["label"], `class ${n} has ${found} queries, wanted ${nQuery}`);
  }
  return { classes, support: supports, query, label };
}

function isList<T>(value: unknown, is: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(is);
}

function isStrings(value: unknown): value is string[] {
  return isList(value, (item): item is string => typeof item === "string");
}

function isIndices(value: unknown, below: number): value is number[] {
  return isList(value, (i): i is number => Number.isInteger(i) && Number(i) >= 0 && Number(i) < below);
}
