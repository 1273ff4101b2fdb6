"""Expected loss and gradients of the masked-language-model head on tiny-zh -> test/fixtures/encoder/mlm.safetensors.

usage: python mlm.py  (after encoder.py)
"""
import json
import pathlib

import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForMaskedLM

fixtures = pathlib.Path(__file__).parent.parent / "fixtures/encoder"
torch.manual_seed(29)
config = BertConfig.from_dict(json.loads((fixtures / "tiny-zh/config.json").read_text()))
config._attn_implementation = "eager"
model = BertForMaskedLM(config).double().eval()
weights = load_file(fixtures / "tiny-zh/model.safetensors")
missing, unexpected = model.bert.load_state_dict({k: v.double() for k, v in weights.items() if not k.startswith("pooler.")}, strict=False)
assert not missing and not unexpected, (missing, unexpected)
head = {}
with torch.no_grad():
    for name, p in model.cls.named_parameters():
        if name.endswith("decoder.weight"):
            continue  # tied to the word embeddings
        value = torch.randn_like(p) * 0.2 + (1.0 if name.endswith("LayerNorm.weight") else 0.0)
        p.copy_(value.float().double())
        head[f"cls.{name}"] = p.detach().float()
model.cls.predictions.bias = model.cls.predictions.decoder.bias

expected = load_file(fixtures / "tiny-zh-gelu.safetensors")
ids, types, lengths = expected["ids"].long(), expected["typeIds"].long(), expected["lengths"].tolist()
longest = max(lengths)
rows = torch.tensor([1, 3, 12, 20, 21, 44, 60, 71])  # of the packed tokens; none is [CLS] or [SEP] for sure: see the assert
targets = torch.tensor([5, 17, 301, 5, 660, 23, 400, 99])
padded, typed, mask, labels = (torch.zeros(len(lengths), longest, dtype=torch.long) for _ in range(4))
labels.fill_(-100)
at = 0
for i, n in enumerate(lengths):
    padded[i, :n], typed[i, :n], mask[i, :n] = ids[at : at + n], types[at : at + n], 1
    for row, target in zip(rows.tolist(), targets.tolist()):
        if at <= row < at + n:
            labels[i, row - at] = target
    at += n
out = model(input_ids=padded, token_type_ids=typed, attention_mask=mask, labels=labels)
out.loss.backward()
tensors = {**{f"head.{k}": v for k, v in head.items() if not k.endswith("decoder.bias")}}
tensors["head.cls.predictions.bias"] = model.cls.predictions.decoder.bias.detach().float()
tensors["rows"], tensors["targets"] = rows.int(), targets.int()
tensors["loss"] = out.loss.detach().float()
for name, p in model.named_parameters():
    if p.grad is None:
        continue
    name = name.removeprefix("bert.").replace("cls.predictions.decoder.bias", "cls.predictions.bias")
    if name == "cls.predictions.decoder.weight":
        continue
    if name.startswith("cls.") or name.startswith("embeddings.") or name.startswith("encoder.layer.0.attention"):
        tensors[f"grad.{name}"] = p.grad.float()
save_file({k: v.contiguous().clone() for k, v in tensors.items()}, fixtures / "mlm.safetensors")
print(out.loss.item(), sorted(k for k in tensors if k.startswith("grad."))[:4], len(tensors))
