"""Makes test/fixtures/tokenizer: vocabularies, and the ids that Hugging Face's BertTokenizerFast gives.

    python test/reference/tokenizer.py --encoder DIR --data DIR [--full FILE]

--encoder  all-MiniLM-L6-v2 (fetch-minilm.sh)
--data     the data sets ($FEWSHOT_DATA)
--full     where to write every single id behind digests.json, to find the text that differs (default
           .cache/reference/tokenizer.json)

texts.json is written by hand and read here; all other files of the folder are written.
"""
import argparse
import collections
import hashlib
import json
import shutil
import string
import struct
import unicodedata
from pathlib import Path

from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from transformers import AddedToken, BertTokenizerFast

HERE = Path(__file__).resolve().parents[1] / "fixtures" / "tokenizer"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
MAX_LENGTH = 64
DIGEST_SETS = [  # vocabulary, files of the data folder
    ("minilm", ["clinc150/data.json", "huffpost41/data.json"]),
    ("zh", ["fewjoint/data.json", "cic118/data.json", "tnews15/data.json"]),
    ("cased", ["huffpost41/data.json", "fewjoint/data.json"]),
]


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--encoder", type=Path, required=True)
    args.add_argument("--data", type=Path, required=True)
    args.add_argument("--full", type=Path, default=Path(".cache/reference/tokenizer.json"))
    args = args.parse_args()
    texts = json.loads((HERE / "texts.json").read_text("utf8"))
    minilm = BertTokenizerFast.from_pretrained(args.encoder)
    write_vocabularies(texts, minilm, args.data / "corpus-commonvoice")
    write_expected(texts)
    write_codepoints()
    write_digests(args.data, {"minilm": minilm, "zh": small("zh"), "cased": small("cased")}, args.full)


def small(folder, **options):
    """A tokenizer from a vocab.txt alone; case as lib/tokenizer guesses it."""
    options = {"do_lower_case": folder != "cased", **options}
    return BertTokenizerFast(vocab=vocab_of(folder), **options)


def vocab_of(folder):
    lines = (HERE / folder / "vocab.txt").read_text("utf8").split("\n")[:-1]
    return {token: i for i, token in enumerate(lines)}


def write_vocabularies(texts, minilm, corpus):
    every = all_texts(texts) + [t for a, b, _ in texts["pairs"] for t in (a, b)]

    # en: what is left of MiniLM's vocabulary when only the pieces of our texts stay. Hugging Face's form.
    used = {piece for text in every for piece in minilm.tokenize(text)} | set(SPECIAL)
    used |= {prefix + c for prefix in ("", "##") for c in string.ascii_lowercase + string.digits}
    vocab = [t for t, _ in sorted(minilm.get_vocab().items(), key=lambda item: item[1]) if t in used]
    en = BertTokenizerFast(vocab={t: i for i, t in enumerate(vocab)}, do_lower_case=True)
    save_hf(en, "en")

    # zh: lower case, made like Google's Chinese vocabulary: signs, Latin pieces, characters by frequency. Google's form.
    signs = list(string.punctuation) + list("、。《》「」『』【】〈〉·…—～！？，：；（）“”‘’￥℃")
    latin = list(string.digits + string.ascii_lowercase)
    words = "app wifi iphone ktv the of and for one nba 10 20 30 12 2019 100 mp ok tv pm am km cm you is in on at".split()
    pieces = ["##" + x for x in latin + "ing one er ed ly es 00 20 phone fi tv ion al".split()]
    count = collections.Counter(
        c for line in (corpus / "zh.txt").read_text("utf8").split("\n") for c in line if "\u4e00" <= c <= "\u9fff"
    )
    characters = [c for c, _ in sorted(count.items(), key=lambda item: (-item[1], item[0]))]
    head = ["[PAD]"] + [f"[unused{i}]" for i in range(1, 10)] + SPECIAL[1:] + ["<S>", "<T>"]
    zh = head + signs + latin + words + pieces
    write_lines("zh", zh + characters[: 2503 - len(zh)])

    # cased: upper and lower case, accents kept, frequent words of an English corpus, some Chinese. Google's form.
    words = collections.Counter(
        word
        for line in (corpus / "en.txt").read_text("utf8").split("\n")
        for word, _ in BertPreTokenizer().pre_tokenize_str(line)
    )
    frequent = [w for w, _ in sorted(words.items(), key=lambda item: (-item[1], item[0])) if w.isalpha() and len(w) > 1]
    letters = list(string.digits + string.ascii_letters + "éèüöäÉÜñçßœøÅ")
    endings = "ing ed er ly es ion al able ness tion 's ers ity".split()
    cased = SPECIAL + signs + letters + ["##" + x for x in letters + endings] + frequent[:900] + characters[:300]
    write_lines("cased", list(dict.fromkeys(cased)))

    # added: the same with tokens added by hand, some special, some matched after normalization. Hugging Face's form.
    added = small("cased", do_lower_case=True)
    added.add_tokens(["newtoken", "Straße", "naïve café", "杭州"])
    added.add_tokens([AddedToken("[E1]", special=True, normalized=False), AddedToken("[e2]", special=True)])
    save_hf(added, "added")


def save_hf(tokenizer, folder):
    shutil.rmtree(HERE / folder, ignore_errors=True)
    tokenizer.save_pretrained(HERE / folder)
    path = HERE / folder / "tokenizer.json"  # one line instead of one a token
    path.write_text(json.dumps(json.loads(path.read_text("utf8")), ensure_ascii=False) + "\n", "utf8")


def write_lines(folder, vocab):
    shutil.rmtree(HERE / folder, ignore_errors=True)
    (HERE / folder).mkdir()
    (HERE / folder / "vocab.txt").write_text("\n".join(vocab) + "\n", "utf8")


def all_texts(texts):
    return [t for part in ("hard", "english", "chinese", "commonvoice") for t in texts[part]]


def write_expected(texts):
    """Ids of every text, of the hard ones under rarer options, and of every pair at its own length."""
    load = BertTokenizerFast.from_pretrained
    sets = []

    def add(folder, tokenizer, config, part):
        chosen = all_texts(texts) if part == "all" else texts["hard"]
        ids = [tokenizer(t, truncation=True, max_length=MAX_LENGTH)["input_ids"] for t in chosen]
        sets.append({"folder": folder, "config": config, "texts": part, "maxLength": MAX_LENGTH, "ids": ids})

    add("en", load(HERE / "en"), None, "all")
    add("zh", small("zh"), None, "all")
    add("cased", small("cased"), None, "all")
    add("added", load(HERE / "added"), None, "all")
    for folder, config in [
        ("cased", {"do_lower_case": True, "strip_accents": False}),
        ("cased", {"do_lower_case": False, "strip_accents": True}),
        ("cased", {"do_lower_case": True}),
        ("zh", {"tokenize_chinese_chars": False}),
    ]:
        add(folder, small(folder, **config), config, "hard")
    pairs = []
    for a, b, max_length in texts["pairs"]:
        encoded = load_once("en")([a], [b], truncation="longest_first", max_length=max_length)
        pairs.append({"ids": encoded["input_ids"][0], "typeIds": encoded["token_type_ids"][0]})
    write_json("expected.json", {"sets": sets, "pairs": {"folder": "en", "encodings": pairs}}, depth=3)


def load_once(folder, cache={}):
    if folder not in cache:
        cache[folder] = BertTokenizerFast.from_pretrained(HERE / folder)
    return cache[folder]


def write_codepoints():
    """Digests of what basic tokenization makes of a + c + b, for every c that Unicode 14 assigns (Node 20 knows those)."""
    normalizers = {
        "lower": BertNormalizer(lowercase=True),
        "cased": BertNormalizer(lowercase=False),
        "lowerKeepAccents": BertNormalizer(lowercase=True, strip_accents=False),
        "casedStripAccents": BertNormalizer(lowercase=False, strip_accents=True),
    }
    pre_tokenizer = BertPreTokenizer()
    assert unicodedata.unidata_version.startswith("14."), "use Python 3.11, whose Unicode version is 14"
    codes = [c for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")]
    ranges = []
    for c in codes:
        if ranges and ranges[-1][1] == c - 1:
            ranges[-1][1] = c
        else:
            ranges.append([c, c])
    blocks = collections.defaultdict(list)
    for c in codes:
        blocks[c >> 12].append(c)
    digests = {}
    for block, members in blocks.items():
        hashes = {}
        for name, normalizer in normalizers.items():
            text = "\n".join(normalizer.normalize_str(f"a{chr(c)}b") for c in members)
            hashes[name] = short_sha(text.encode())
        words = ("\t".join(w for w, _ in pre_tokenizer.pre_tokenize_str(f"a{chr(c)}b")) for c in members)
        hashes["words"] = short_sha("\n".join(words).encode())
        digests[f"{block << 12:x}"] = hashes
    write_json("codepoints.json", {"ranges": ranges, "blocks": digests}, depth=2)


def write_digests(data, tokenizers, full):
    """Per 1,000 texts one digest over all ids: too many to commit."""
    out, every = [], {}
    for name, files in DIGEST_SETS:
        texts = [t for file in files for c in json.loads((data / file).read_text("utf8")).values() for t in c]
        ids = tokenizers[name](texts, truncation=True, max_length=MAX_LENGTH)["input_ids"]
        digests = []
        for start in range(0, len(texts), 1000):
            words = [w for row in ids[start : start + 1000] for w in (len(row), *row)]
            digests.append(short_sha(struct.pack(f"<{len(words)}i", *words)))
        text_digest = short_sha("\n".join(texts).encode())
        out.append({"vocabulary": name, "files": files, "count": len(texts), "texts": text_digest, "ids": digests})
        every[name] = ids
    write_json("digests.json", {"maxLength": MAX_LENGTH, "sets": out}, depth=2)
    full.parent.mkdir(parents=True, exist_ok=True)
    full.write_text(json.dumps(every))


def short_sha(data):
    return hashlib.sha256(data).hexdigest()[:16]


def write_json(name, value, depth):
    """JSON with line ends down to a depth and none below, so that a difference shows and the file stays small."""

    def dump(x, level):
        if level == depth or not isinstance(x, (dict, list)) or not x:
            return json.dumps(x, ensure_ascii=False, separators=(",", ":"))
        if isinstance(x, dict):
            return "{\n" + ",\n".join(f"{json.dumps(k)}:{dump(v, level + 1)}" for k, v in x.items()) + "\n}"
        return "[\n" + ",\n".join(dump(v, level + 1) for v in x) + "\n]"

    (HERE / name).write_text(dump(value, 0) + "\n", "utf8")


if __name__ == "__main__":
    main()
