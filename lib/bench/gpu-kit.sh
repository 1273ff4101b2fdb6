#!/bin/sh
# Measures this machine's GPU with what `npm run gpu-kit` has packed beside this file: no network, no Node, no PyTorch needed.
#
#   sh run.sh          results go to $OUT, else ./out: doctor.txt, parity.txt, bench.txt, table.md, rows.csv, run.json
#
# GPU_KIT_MINUTES    all of it takes about so long at most (default 8)
# GPU_KIT_PYTHON     the Python whose PyTorch is measured too (default python3)
# GPU_KIT_DEVICE     webgpu (default), or cpu to rehearse
# GPU_KIT_QUICK=1    everything small: to see that it works, for instance on a software renderer
# VK_DRIVER_FILES, VK_ICD_FILENAMES: the Vulkan driver, if they are set; else NVIDIA's is looked for
set -u
PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
export PATH
here=$(cd "$(dirname "$0")" && pwd) || exit 1
mkdir -p "${OUT:-out}" && out=$(cd "${OUT:-out}" && pwd) || exit 1
began=$(date +%s)
minutes=${GPU_KIT_MINUTES:-8}
device=${GPU_KIT_DEVICE:-webgpu}
quick=${GPU_KIT_QUICK:+--quick}

left() { echo $((minutes * 60 - $(date +%s) + began)); }
say() { echo "gpu-kit: $*"; }

kit=$(mktemp -d) || exit 1
trap 'rm -rf "$kit"' EXIT
trap 'exit 130' INT TERM

say "unpacking into $kit"
if [ -f "$here/kit.tar.gz" ]; then
  gzip -dc "$here/kit.tar.gz" | tar -C "$kit" -xf - || exit 1
elif command -v xz >/dev/null 2>&1; then
  xz -dc "$here/kit.tar.xz" | tar -C "$kit" -xf - || exit 1
else
  python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$here/kit.tar.xz" "$kit" || {
    say "wanted xz or python3, to unpack kit.tar.xz"
    exit 1
  }
fi
chmod +x "$kit/bin/node"
mkdir "$kit/lib" "$kit/icd" "$kit/work"

# Folders of drivers that containers mount, and libraries that are packed, where the machine has none of its own.
folders=
for folder in /usr/local/nvidia/lib64 /usr/local/nvidia/lib /usr/lib/wsl/lib; do
  [ -d "$folder" ] && folders="$folders:$folder"
done
known=$({ ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null)
has() {
  case "$known" in *"	$1 "*) return 0 ;; esac
  for folder in $(echo "$folders:/usr/lib/x86_64-linux-gnu:/usr/lib64" | tr : ' '); do
    [ -e "$folder/$1" ] && return 0
  done
  return 1
}
for library in "$kit"/spare/*; do
  [ -e "$library" ] || continue
  name=$(basename "$library")
  has "$name" || { say "$name is not here: the packed one serves"; ln -s "$library" "$kit/lib/$name"; }
done
LD_LIBRARY_PATH="$kit/lib$folders${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export LD_LIBRARY_PATH

cd "$kit/app" || exit 1
run() { "$kit/bin/node" main.mjs "$@"; }
limited() { # seconds, then a command of the kit
  seconds=$1
  shift
  if command -v timeout >/dev/null 2>&1; then
    timeout -k 5 "$seconds" "$kit/bin/node" main.mjs "$@"
  else
    run "$@"
  fi
}

# The first Vulkan driver with which the kit works on WebGPU.
works() {
  {
    nvidia-smi 2>&1
    echo
    echo "VK_DRIVER_FILES=${VK_DRIVER_FILES:-} VK_ICD_FILENAMES=${VK_ICD_FILENAMES:-} LD_LIBRARY_PATH=$LD_LIBRARY_PATH"
    limited 60 doctor 2>&1
  } >"$out/doctor.txt"
  grep -q "works compiled webgpu" "$out/doctor.txt"
}
find_driver() {
  if [ -n "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ]; then
    works
    return
  fi
  # X's library first, as in NVIDIA's own file; EGL's does without X.
  for name in libGLX_nvidia.so.0 libEGL_nvidia.so.0; do
    if has "$name"; then
      printf '{"file_format_version":"1.0.0","ICD":{"library_path":"%s","api_version":"1.3"}}\n' "$name" \
        >"$kit/icd/nvidia-$name.json"
    fi
  done
  for folder in /usr/share/vulkan/icd.d /etc/vulkan/icd.d /usr/local/share/vulkan/icd.d \
    /usr/local/nvidia/share/vulkan/icd.d /usr/local/nvidia/vulkan/icd.d "$kit/icd"; do
    for file in "$folder"/*nvidia*.json; do
      [ -f "$file" ] || continue
      VK_DRIVER_FILES=$file VK_ICD_FILENAMES=$file
      export VK_DRIVER_FILES VK_ICD_FILENAMES
      if works; then
        say "Vulkan driver: $file"
        return 0
      fi
      say "no WebGPU with $file"
    done
  done
  unset VK_DRIVER_FILES VK_ICD_FILENAMES
  works
}

if find_driver; then
  say "WebGPU works"
else
  say "WebGPU does not work here, doctor.txt says why"
fi
grep -E "^  (works|no) " "$out/doctor.txt"

say "the losses of training on $device beside the CPU's"
# shellcheck disable=SC2086
limited 150 bench --device "$device" $quick --only parity --work "$kit/work" --out "$kit/parity" >"$out/parity.txt" 2>&1 ||
  say "parity ended with $?"
cat "$out/parity.txt"

python=$(command -v "${GPU_KIT_PYTHON:-python3}" || true)
sizes="--models minilm,base --rounds 3"
[ -n "$quick" ] && sizes="--models tiny"
seconds=$(($(left) - 20))
[ "$seconds" -lt 30 ] && seconds=30
say "the bench, in $seconds s at most; it is told in bench.txt"
# shellcheck disable=SC2086
limited "$((seconds + 15))" bench --device "$device" $quick --only step,encode $sizes --seconds "$seconds" \
  ${python:+--python "$python"} \
  --work "$kit/work" --out "$out" >"$out/bench.txt" 2>&1 || say "the bench ended with $?"
cat "$out/table.md" 2>/dev/null
say "$(($(date +%s) - began)) s in all; results are in $out"
