# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the scripts of this folder share. Each reads this first, and names its program:
#
#   source "$(dirname "$0")/common.sh" Echo "$@"
#
# The script's argument is the folder with the built programs.
set -euo pipefail

script=$(basename "$0")
program=$(realpath "$2")/$1
work=$(mktemp -d)
# Processes that end with the script at the latest, by name.
declare -A processes=()
finish() {
  for process in "${processes[@]}"; do kill "$process" 2> /dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT

fail() {
  echo "$script: $*" >&2
  exit 1
}

# Compares: what, as it is, as it should be.
expect() {
  [ "$2" = "$3" ] || fail "$1: expected '$3', not '$2'"
}

# Has a foreign program, from Debian's packages where it is missing.
need() {
  command -v "$1" > /dev/null || apt-get install -y "$2" > /dev/null 2>&1 || true
  command -v "$1" > /dev/null || fail "there is no $1, and apt-get install $2 brings none"
}

# Starts a process under a name: its output goes to $work/NAME, its errors to $work/NAME.err.
launch() {
  : > "$work/$1"
  "${@:2}" > "$work/$1" 2> "$work/$1.err" &
  processes[$1]=$!
}

# Waits until a process tells something: its name, a pattern whose group is told here.
told_by() {
  local told
  until told=$(sed -nE "/$2/{s//\\1/p;q}" "$work/$1") && [ -n "$told" ]; do
    is_running "$1" || fail "$1 has ended: $(cat "$work/$1" "$work/$1.err")"
    sleep 0.05
  done
  echo "$told"
}

is_running() { kill -0 "${processes[$1]}" 2> /dev/null; }

# Ends a process with a signal, within 20 seconds and with 0: its name, the signal.
stop() {
  kill "-$2" "${processes[$1]}"
  for _ in $(seq 400); do
    is_running "$1" || break
    sleep 0.05
  done
  ! is_running "$1" || fail "$1 goes on after SIG$2"
  has_ended "$1"
}

# Waits for the end of a process, whose exit status is 0.
has_ended() {
  local status=0
  wait "${processes[$1]}" || status=$?
  unset "processes[$1]"
  [ "$status" = 0 ] || fail "exit status $status of $1: $(cat "$work/$1.err")"
}

# Runs the program where it has to refuse: the exit status, a pattern of its reason, arguments.
refuses() {
  local status=0
  timeout 60 "$program" "${@:3}" > /dev/null 2> "$work/refusal" || status=$?
  expect "exit status with '${*:3}'" "$status" "$1"
  grep -qi -- "$2" "$work/refusal" || fail "no '$2' with '${*:3}': $(cat "$work/refusal")"
}
