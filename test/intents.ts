/** A small Chinese intent set for tests, in characters that the fixture's tokenizer knows: a class is what is asked for. */
import type { ClassTexts, IntentSet } from "../lib/data/types.ts";

const TOPICS = {
  train: ["天气", "音乐", "电影", "足球", "历史", "植物", "机场", "公园", "军事", "学校", "商场"],
  dev: ["地图", "铁路", "文学", "电台", "城市", "湖水", "作业"],
  test: ["体育", "教育", "女儿", "宗教", "手机", "英语", "石头"],
} as const;

/** What is the same in all classes: a random encoder's vectors are alike by it, and training has to unlearn that. */
const REQUESTS = [
  "我想听{}",
  "今天的{}怎么样？",
  "给我来一个{}",
  "放一放{}",
  "明天有{}吗",
  "他知道{}么",
  "我要去到{}那",
  "后天还有没有{}",
  "北京的{}老不老",
  "现在就要{}！",
  "他说{}很热",
];

export const OTHER = [
  "这是我的",
  "那他呢",
  "越老越好",
  "对，不要",
  "上海",
  "一二三四五",
  "好的好的",
  "没有",
  "为什",
  "来一起去",
  "水",
];

/** 11, 7 and 7 classes of 11 texts, and 11 texts of no class. */
export function intents(changes: Partial<IntentSet> = {}): IntentSet {
  const part = (topics: readonly string[]): ClassTexts =>
    Object.fromEntries(topics.map((topic) => [topic, REQUESTS.map((r) => r.replace("{}", topic))]));
  return {
    name: "requests",
    source: "test/intents.ts",
    split: "by hand",
    train: part(TOPICS.train),
    dev: part(TOPICS.dev),
    test: part(TOPICS.test),
    other: OTHER,
    warnings: [],
    ...changes,
  };
}
