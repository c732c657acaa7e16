#!/usr/bin/env bash
# Defects put in on purpose, one after the other, into a copy of the sources: each must make the test fail that it names.
#
# A defect is scripts/mutations/NAME.patch: the lines `# tests: ARGUMENTS` (of `cargo test`) and `# fails: TEST`, then a
# patch of the sources. `scripts/mutations.sh [NAME...]`; without names all of them.
set -euo pipefail
. "$(dirname "$0")/common.sh"
command -v cargo >/dev/null || die "cargo is missing: install the Rust toolchain 1.95 or newer, then run this again"

copy=$target/mutations/sources
rm -rf "$copy"
mkdir -p "$copy"
git ls-files -z --cached --others --exclude-standard -- Cargo.toml Cargo.lock build.rs config.default.toml clippy.toml crates \
    loadtest sip-gateway src | while IFS= read -r -d '' file; do [ -e "$file" ] && printf '%s\0' "$file"; done |
    tar --create --null --files-from=- | tar --extract --directory="$copy"

# told PATCH WORD: what a line of a patch's head says.
told() { sed -n "s/^# $2: //p" "$1"; }

# passes PATCH: whether the test that it names passes in the copy; 2 if it could not be run.
passes() {
    local log=$copy.log test
    test=$(told "$1" fails)
    # shellcheck disable=SC2046  # the arguments of a patch are words
    (cd "$copy" && CARGO_TARGET_DIR=$target/mutations cargo test --locked -q $(told "$1" tests) "$test" -- --exact) >"$log" 2>&1 || true
    if grep -q "^test result: ok. 1 passed" "$log"; then return 0; fi
    if grep -q "^    $test$" "$log"; then return 1; fi
    tail -n 20 "$log" >&2
    return 2
}

# judge NAME PATCH: the test must pass without the defect and fail with it.
judge() {
    local found=0
    passes "$2" || die "$1: its test does not even pass without the defect, or could not be run"
    patch --quiet --strip=1 --directory="$copy" <"$2" || die "$1: the patch does not fit any more: make it anew"
    passes "$2" || found=$?
    patch --quiet --strip=1 --directory="$copy" --reverse <"$2"
    case $found in
        0) printf '%-32s SURVIVED: %s still passes\n' "$1" "$(told "$2" fails)"; return 1 ;;
        1) printf '%-32s %s fails, as it must\n' "$1" "$(told "$2" fails)" ;;
        *) die "$1: the copy with the defect could not be tested" ;;
    esac
}

survived=0
[ $# -gt 0 ] || set -- $(cd scripts/mutations && ls -- *.patch | sed 's/\.patch$//')
for name in "$@"; do
    judge "$name" "$root/scripts/mutations/$name.patch" || survived=1
done
exit "$survived"
