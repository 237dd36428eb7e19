#!/usr/bin/env bash
# Builds deskhand by a profile of its own work (profile-guided optimisation): less processor time a turn than `cargo build
# --release`, for three builds' time.
#
#   benches/pgo.sh                    # target/pgo/deskhand
#   CARGO_TARGET_DIR=… benches/pgo.sh
#
# The work is the conversations of the evals that ship, and turns over HTTP against a model server (`benches/wismo`). Nothing of
# it leaves this machine, and no key is needed. What is needed is llvm-profdata of the LLVM that rustc has: `rustup component add
# llvm-tools`, or a distribution's package.
set -euo pipefail
cd "$(dirname "$0")/.."

host=$(rustc -vV | sed -n 's/^host: //p')
llvm=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
fits() { "$1" --version 2>/dev/null | grep -q "LLVM version $llvm\."; }
merge=
for tool in "$(rustc --print sysroot)/lib/rustlib/$host/bin/llvm-profdata" "llvm-profdata-$llvm" llvm-profdata \
    "/usr/lib/llvm-$llvm/bin/llvm-profdata"; do
    if [ -z "$merge" ] && fits "$tool"; then merge=$tool; fi
done
if [ -z "$merge" ]; then
    echo "pgo: there is no llvm-profdata of LLVM $llvm. \`rustup component add llvm-tools\` brings it, as does the package llvm-$llvm." >&2
    exit 1
fi

target=$(cargo metadata --no-deps --format-version 1 | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')/pgo
profiles=$target/profiles
rm -rf "$profiles"
mkdir -p "$profiles"
built() { RUSTFLAGS="${RUSTFLAGS:-} $1" cargo build --release --locked --bin deskhand --target "$host" --target-dir "$target/$2"; }

echo "== 1 of 4: a build that counts what it does"
built -Cprofile-generate counting
counting=$target/counting/$host/release/deskhand

echo "== 2 of 4: its work"
export LLVM_PROFILE_FILE=$profiles/%p.profraw
report=$target/report.txt
passes() {
    "$1" eval >"$report" || { tail -20 "$report" >&2; exit 1; }
}
passes "$counting"
# The load comes from a build for tests, which is quick to make and does not count. Its figures say nothing.
cargo bench --profile dev --bench wismo -- --program "$counting" --turns 1500 >"$report"
unset LLVM_PROFILE_FILE

echo "== 3 of 4: the profile"
"$merge" merge -o "$target/deskhand.profdata" "$profiles"/*.profraw
rm -rf "$profiles"

echo "== 4 of 4: the build by it"
# Cargo does not see that the profile is another one.
rm -rf "$target/guided"
built "-Cprofile-use=$target/deskhand.profdata" guided
cp "$target/guided/$host/release/deskhand" "$target/deskhand"
passes "$target/deskhand"
echo "$target/deskhand passes the evals."
