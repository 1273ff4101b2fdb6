"""Makes test/fixtures/encoder: a small random BERT, and what PyTorch computes with it and with all-MiniLM-L6-v2.

    python test/reference/encoder.py --minilm DIR

--minilm   all-MiniLM-L6-v2 (fetch-minilm.sh)

All numbers are computed in double precision from the float32 weights and stored as float32. What each tensor is stands in
test/fixtures/encoder/README.md. Needs test/fixtures/tokenizer/zh/vocab.txt (tokenizer.py).
"""
import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertModel, BertTokenizerFast

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
HERE = FIXTURES / "encoder"
POOLINGS = ["cls", "pooler", "mean", "max", "firstLast"]
STRIDE = 7  # of MiniLM's 384 hidden units every 7th is kept

TINY_SENTENCES = [  # 2 supports of class 0, 2 supports of class 1, 3 queries; the fifth is a pair
    "明天天气怎么样",
    "今天北京下雨吗？",
    "播放一首周杰伦的歌",
    "我想听音乐",
    ["后天热不热", "上海呢"],
    "放歌！",
    "给我来一首20年前的英文老歌，越老越好",
]
TINY_LABELS = [0, 1, 1]
MINILM_SENTENCES = [  # 5 supports of 5 classes, 5 queries
    "what is the weather like in Berlin tomorrow",
    "Play some jazz from the sixties.",
    "book a table for two at seven",
    "my card was declined at the petrol station",
    "how do you say good night in Icelandic?",
    "reserve dinner for four people this Friday",
    "will it rain this afternoon",
    "translate 'where is the nearest pharmacy' into Portuguese, please",
    "put on my running playlist",
    "why can't I pay with my new credit card? It worked fine yesterday, and there is enough money in the account!",
]
MINILM_LABELS = [2, 0, 4, 1, 3]


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--minilm", type=Path, required=True)
    args = args.parse_args()
    torch.set_num_threads(2)
    HERE.mkdir(parents=True, exist_ok=True)
    sentences = {"tinyZh": TINY_SENTENCES, "minilm": MINILM_SENTENCES}
    (HERE / "sentences.json").write_text(json.dumps(sentences, ensure_ascii=False, indent=1) + "\n", "utf8")
    make_tiny()
    tiny = (TINY_SENTENCES, TINY_LABELS, dict(way=2, shot=2, scale=1 / 16, stride=1, full=True))
    for act in ["gelu", "gelu_new"]:
        reference(HERE / "tiny-zh", act, HERE / f"tiny-zh-{act}.safetensors", *tiny)
    minilm = (MINILM_SENTENCES, MINILM_LABELS, dict(way=5, shot=1, scale=1 / 10, stride=STRIDE, full=False))
    reference(args.minilm, "gelu", HERE / "minilm.safetensors", *minilm)


def make_tiny():
    """A BERT whose sizes all differ, with weights large enough that every part matters."""
    folder = HERE / "tiny-zh"
    shutil.rmtree(folder, ignore_errors=True)
    lines = (FIXTURES / "tokenizer" / "zh" / "vocab.txt").read_text("utf8").split("\n")
    spoken = sorted({c for s in TINY_SENTENCES for c in "".join(s)})  # rarer characters go before the rest
    lines = list(dict.fromkeys(lines[:600] + spoken + lines[600:]))[:701]
    config = BertConfig(
        vocab_size=len(lines),
        hidden_size=44,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=61,
        max_position_embeddings=37,
        type_vocab_size=2,
        hidden_act="gelu",
        initializer_range=0.2,
        pad_token_id=0,
    )
    torch.manual_seed(1)
    model = BertModel(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("LayerNorm.weight"):
                parameter.copy_(1 + 0.3 * torch.randn_like(parameter))
            elif name.endswith("bias"):
                parameter.copy_(0.2 * torch.randn_like(parameter))
    model.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    tokenizer = BertTokenizerFast(vocab={t: i for i, t in enumerate(lines)}, do_lower_case=True)
    tokenizer.save_pretrained(folder)
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf8")), ensure_ascii=False) + "\n", "utf8")


def reference(folder, act, out, sentences, labels, options):
    model = BertModel.from_pretrained(folder, attn_implementation="eager", hidden_act=act).double().eval()
    assert model.config.hidden_act == act
    tokenizer = BertTokenizerFast.from_pretrained(folder)
    encoded = [tokenizer(*([s] if isinstance(s, str) else s), return_token_type_ids=True) for s in sentences]
    lengths = [len(e["input_ids"]) for e in encoded]
    batch = tokenizer.pad(encoded, return_tensors="pt")
    mask = batch["attention_mask"].bool()
    tensors = {
        "ids": batch["input_ids"][mask].int(),
        "typeIds": batch["token_type_ids"][mask].int(),
        "lengths": torch.tensor(lengths, dtype=torch.int32),
        "labels": torch.tensor(labels, dtype=torch.int32),
        "scale": torch.tensor(options["scale"]),
    }
    stride = options["stride"]
    hidden, pooled = forward(model, batch)
    for i, states in enumerate(hidden):
        tensors[f"hidden.{i}"] = states[mask][:, ::stride]
    for pooling in POOLINGS:
        tensors[f"pool.{pooling}"] = pooled[pooling][:, ::stride]
    for pooling in POOLINGS:
        model.zero_grad()
        _, pooled = forward(model, batch)
        logits, loss = prototypical(pooled[pooling], labels, **options)
        loss.backward()
        print(out.name, pooling, f"loss {loss.item():.6f}", "probabilities", logits.softmax(1).detach().numpy().round(3).tolist())
        tensors[f"logits.{pooling}"] = logits
        tensors[f"loss.{pooling}"] = loss
        for name, parameter in model.named_parameters():
            if parameter.grad is None:
                continue
            tensors[f"fingerprint.{pooling}.{name}"] = fingerprint(parameter.grad)
            if options["full"] and pooling == "mean":
                tensors[f"grad.mean.{name}"] = parameter.grad
        if not options["full"] and pooling == "mean":
            used = torch.tensor(sorted(set(tensors["ids"].tolist())), dtype=torch.int32)
            rows = model.embeddings.word_embeddings.weight.grad[used.long()]
            tensors["wordGrad.ids"] = used
            tensors["wordGrad.rows"] = rows[:, ::stride]
    stored = {k: (t if t.dtype == torch.int32 else t.detach().float()).contiguous().clone() for k, t in tensors.items()}
    save_file(stored, out)
    out.chmod(0o644)


def forward(model, batch):
    output = model(**batch, output_hidden_states=True)
    hidden = output.hidden_states
    mask = batch["attention_mask"].bool()[:, :, None]
    last = hidden[-1]

    def mean(states):
        return (states * mask).sum(1) / mask.sum(1)

    pooled = {
        "cls": last[:, 0],
        "pooler": output.pooler_output,
        "mean": mean(last),
        "max": last.masked_fill(~mask, -torch.inf).amax(1),
        "firstLast": mean((hidden[1] + last) / 2),
    }
    return hidden, pooled


def prototypical(embeddings, labels, way, shot, scale, **_):
    """Snell et al. 2017: -scale * squared Euclidean distance to the mean of each class' supports, cross-entropy."""
    prototypes = embeddings[: way * shot].reshape(way, shot, -1).mean(1)
    queries = embeddings[way * shot :]
    logits = -scale * ((queries[:, None] - prototypes[None]) ** 2).sum(2)
    return logits, torch.nn.functional.cross_entropy(logits, torch.tensor(labels))


def fingerprint(gradient):
    """25 numbers: the L2 norm, the products with 8 vectors of signs, 16 single entries."""
    flat = gradient.detach().reshape(-1).numpy()
    n = flat.size
    index = np.arange(n, dtype=np.uint32)
    products = [np.dot(flat, signs(index, k)) for k in range(8)]
    entries = [flat[int((j + 0.5) * n / 16)] for j in range(16)]
    return torch.tensor([np.linalg.norm(flat), *products, *entries])


def signs(index, k):
    """+1 or -1 by the lowest bit of MurmurHash3's finalizer of 8 * index + k, all in 32 bits."""
    x = index * np.uint32(8) + np.uint32(k)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
    return 1.0 - 2.0 * (x & np.uint32(1))


if __name__ == "__main__":
    main()
