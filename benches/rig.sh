#!/usr/bin/env bash
# The shared benchmark on `deskhand serve`, in the same table as its peers. Its README says what V and S1 to S4 measure.
#
#   DESKHAND_SHARED=… benches/rig.sh                            # everything
#   SCENARIOS=v,s1 QUICK=1 DESKHAND_SHARED=… benches/rig.sh     # some of it, shorter
#
# What is not as with the peers:
# - Orders and parcels are read from our simulated Shopify and EasyPost over the wire, not from the mock's store, in which
#   V therefore counts no reads and says `ok=false`. Their world is made so that the mock's sentence is true.
# - Each conversation is opened before its message. That is in no time, and in every figure of processor time.
# - A sentence leaves once it has been checked: an answer is four pieces of text, not 120, and begins a sentence later.
set -euo pipefail
cd "$(dirname "$0")/.."

bench=${DESKHAND_SHARED:-}/bench
if [ ! -f "$bench/setup.sh" ]; then
    echo "skipped: rig: DESKHAND_SHARED does not lead to the shared benchmark"
    exit 0
fi

# More orders than there are turns.
orders=30000
port=19110
tools=${BENCH_TMP:-${TMPDIR:-/tmp}/deskhand-rig}
work=$(mktemp -d)
vendors=
finish() {
    [ -z "$vendors" ] || kill "$vendors" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

for program in load mockllm; do
    [ -x "$tools/bin/$program" ] || BENCH_TMP=$tools bash "$bench/setup.sh" tools
done
built() {
    local name=$1
    shift
    cargo "$@" --message-format=json | sed -n '/"name":"'"$name"'"/s/.*"executable":"\([^"]*\)".*/\1/p' | tail -1
}
deskhand=$(built deskhand build --release --bin deskhand)
wismo=$(built wismo bench --no-run --bench wismo)

"$wismo" --hold "$orders" >"$work/environment" &
vendors=$!
until [ -s "$work/environment" ]; do
    kill -0 "$vendors"
    sleep 0.2
done

cat >"$work/start" <<EOF
. "$work/environment"
export DESKHAND_DATA="$work/data" DESKHAND_MODEL=mock-1 DESKHAND_LOG=warn
export OPENAI_API_KEY=sk-rig OPENAI_BASE_URL="\$1"
shift
exec "$deskhand" "\$@"
EOF
key=$(bash "$work/start" http://127.0.0.1 stores add-key main)

cat >"$work/script.json" <<'EOF'
{
  "steps": [
    {"id": "lookup_order", "kind": "tool", "tools": ["find_order", "lookup_order"]},
    {"id": "track_shipment", "kind": "tool", "tools": ["track_shipment"]}
  ],
  "values": {
    "confidence": 0.97, "language": "en", "order_number": "{order}", "email": "shopper{order}@example.com", "postcode": ""
  },
  "enum_prefer": ["order_status", "neutral"]
}
EOF

cat >"$work/deskhand.json" <<EOF
{
  "name": "deskhand",
  "start": "bash $work/start {mock}/v1 serve --address 127.0.0.1:{port}",
  "port": $port,
  "ready": "/healthz",
  "script": "$work/script.json",
  "setup": {
    "path": "/v1/conversations", "headers": {"Authorization": "Bearer $key"},
    "body": {"customer": {"email": "shopper{order}@example.com"}}, "extract": "/conversation_id"
  },
  "request": {
    "path": "/v1/conversations/{conv}/messages", "body": {"content": "{message}"},
    "headers": {"Authorization": "Bearer $key", "Accept": "text/event-stream"}
  },
  "first_token": {"event": "message.delta", "contains": "\"text\""},
  "end": {"event": "turn.completed"},
  "error": {"event": "error"},
  "text_pointer": "/text",
  "llm_calls": 4,
  "version_cmd": "git describe --always; rustc --version",
  "notes": "json_schema routing, SQLite on disk, claims checked sentence by sentence; vendors over the wire"
}
EOF

ulimit -n 20000 2>/dev/null || true
mkdir "$work/results"
"$tools/bin/load" run --target "$work/deskhand.json" --mock "$tools/bin/mockllm" --bench "$bench" --tmp "$work" \
    --scenarios "${SCENARIOS:-v,s1,s2,s3,s4}" ${QUICK:+--quick 1} --quiet "${QUIET:-20}" \
    --out "$work/results/deskhand.json"
"$tools/bin/load" report "$work/results"
