"""PyTorch's side of step.mjs: the same episodes, padded to the longest, eager. usage: python step.py ENCODER_DIR EPISODES.json"""
import json
import resource
import sys
import time

import torch
from transformers import BertModel

model = BertModel.from_pretrained(sys.argv[1], add_pooling_layer=False).eval()
work = json.load(open(sys.argv[2]))
decayed = [p for n, p in model.named_parameters() if not (n.endswith("bias") or "LayerNorm" in n)]
plain = [p for n, p in model.named_parameters() if n.endswith("bias") or "LayerNorm" in n]
optimizer = torch.optim.AdamW(
    [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}], lr=work["lr"], betas=(0.9, 0.999), eps=1e-8
)
losses, ms = [], []
for sentences, labels in zip(work["ids"], work["labels"]):
    start = time.perf_counter()
    longest = max(map(len, sentences))
    ids = torch.tensor([s + [0] * (longest - len(s)) for s in sentences])
    mask = torch.tensor([[1] * len(s) + [0] * (longest - len(s)) for s in sentences])
    hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
    m = mask[:, :, None].float()
    v = (hidden * m).sum(1) / m.sum(1)
    prototypes = v[:25].reshape(5, 5, -1).mean(1)
    logits = -((v[25:, None] - prototypes[None]) ** 2).sum(-1)
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    losses.append(loss.item())
    ms.append((time.perf_counter() - start) * 1000)
print(json.dumps({"losses": losses, "ms": ms, "rssMB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
