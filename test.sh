#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, then builds and tests everything: with Bazel as it is, under ASan with
# UBSan, under TSan; then the layering gates, the programs in other languages, and the demo. Prints
# each failure with the end of its log and each skip with its reason. The last line is the count.
#
# Options for Bazel itself go into BAZEL_STARTUP_OPTIONS, and for its builds into BAZEL_OPTIONS.
# Names of stages as arguments run only these: default asan tsan layering ... (see --list).
set -uo pipefail
cd "$(dirname "$0")" || exit 1
exec </dev/null
export BAZEL_STARTUP_OPTIONS=${BAZEL_STARTUP_OPTIONS:-} BAZEL_OPTIONS=${BAZEL_OPTIONS:-}

# stage=what it runs; a name without a script is a configuration of Bazel.
declare -A scripts=(
  [layering]=tools/check_layering.sh
  [layering_gate]=tools/check_layering_test.sh
  [examples]=examples/run.sh
  [demo]=tools/check_demo.sh
)
# One program in each language goes through every primitive.
for language in rust go; do scripts[$language]=abi_tests/$language/run.sh; done
stages=(default asan tsan layering layering_gate rust go examples demo)

if [[ ${1:-} == --list ]]; then
  printf '%s\n' "${stages[@]}"
  exit 0
fi
[[ $# -eq 0 ]] || stages=("$@")

results=.build/test
rm -rf "$results"
mkdir -p "$results"
started=$SECONDS

say() { printf '\n=== %s (%s s)\n' "$1" "$((SECONDS - started))"; }

bazel_stage() {  # stage
  local code=0 configuration=()
  [[ $1 == default ]] || configuration=("--config=$1")
  # The summary below replaces Bazel's own; its errors stay.
  # shellcheck disable=SC2086  # the variables hold lists of options
  bazel $BAZEL_STARTUP_OPTIONS test $BAZEL_OPTIONS "${configuration[@]}" --keep_going \
    --color=no --curses=no --noshow_progress --ui_event_filters=-info,-warning \
    --test_output=summary --test_summary=none \
    --build_event_json_file="$results/$1.events" //... || code=$?
  COUNTS=$results/$1.counts tools/summarize_tests.py bazel "$1" "$results/$1.events" "$code"
}

script_stage() {  # stage
  local code=0
  "./${scripts[$1]}" >"$results/$1.log" 2>&1 || code=$?
  COUNTS=$results/$1.counts tools/summarize_tests.py script "$1" "$results/$1.log" "$code"
}

say setup
if ! tools/setup.sh; then
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi

for stage in "${stages[@]}"; do
  say "$stage"
  # What a stage leaves when it can't even count.
  echo "0 passed, 1 failed, 0 skipped" >"$results/$stage.counts"
  stage_started=$SECONDS
  if [[ -n ${scripts[$stage]:-} ]]; then script_stage "$stage"; else bazel_stage "$stage"; fi
  echo "[$stage] took $((SECONDS - stage_started)) s"
done

echo
echo "=== everything took $((SECONDS - started)) s"
counts=("${stages[@]/#/$results/}")
tools/summarize_tests.py total "${counts[@]/%/.counts}"
