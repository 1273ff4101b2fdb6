"""Accuracy of a checkpoint on frozen episodes, computed independently of the kit with PyTorch and transformers.

usage: python evaluate.py ENCODER_DIR EPISODES.json [prototypical|matching|siamese] [cls|pooler|mean]
ENCODER_DIR is any BERT folder, such as one that `bert-few-shot train --out` wrote; EPISODES.json is a frozen list, such as one
that `bert-few-shot evaluate --save-episodes FILE` wrote. Prints accuracy in % with its 95 % interval.
"""
import json
import math
import sys

import torch
from transformers import AutoTokenizer, BertModel

folder, file = sys.argv[1:3]
head = sys.argv[3] if len(sys.argv) > 3 else "prototypical"
pooling = sys.argv[4] if len(sys.argv) > 4 else "mean"
frozen = json.load(open(file, encoding="utf-8"))
texts, episodes = frozen["texts"], frozen["episodes"]
tokenizer = AutoTokenizer.from_pretrained(folder)
model = BertModel.from_pretrained(folder).eval()

used = sorted({i for e in episodes for i in [*sum(e["support"], []), *e["query"]]})
vectors = {}
with torch.no_grad():
    for at in range(0, len(used), 128):
        part = used[at : at + 128]
        batch = tokenizer([texts[i] for i in part], padding=True, truncation=True, max_length=32, return_tensors="pt")
        out = model(**batch)
        mask = batch["attention_mask"][:, :, None].float()
        pooled = {
            "cls": lambda: out.last_hidden_state[:, 0],
            "pooler": lambda: out.pooler_output,
            "mean": lambda: (out.last_hidden_state * mask).sum(1) / mask.sum(1),
        }[pooling]()
        vectors.update(zip(part, pooled.double()))

accuracies = []
for e in episodes:
    support = torch.stack([torch.stack([vectors[i] for i in c]) for c in e["support"]])  # [N, K, D]
    query = torch.stack([vectors[i] for i in e["query"]])  # [M, D]
    if head == "prototypical":
        scores = -((query[:, None] - support.mean(1)[None]) ** 2).sum(-1)
    elif head == "matching":
        scores = torch.nn.functional.cosine_similarity(query[:, None, None], support[None], dim=-1).mean(-1)
    else:
        scores = torch.nn.functional.cosine_similarity(query[:, None], support.mean(1)[None], dim=-1)
    label = torch.tensor(e["label"])
    known = label >= 0
    accuracies.append((scores.argmax(1)[known] == label[known]).double().mean().item())
n = len(accuracies)
mean = sum(accuracies) / n
sd = math.sqrt(sum((a - mean) ** 2 for a in accuracies) / (n - 1))
print(f"{100 * mean:.4f} +- {100 * 1.96 * sd / math.sqrt(n):.4f} % over {n} episodes")
