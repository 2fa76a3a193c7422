#!/usr/bin/env bash
# Every check of Shipwake: formatting, lints, documentation, benches (one smoke run each), tests,
# and a short run of the fuzz targets.
# It installs what the tests need where it may, and says plainly what is missing where it may not.
set -euo pipefail
cd "$(dirname "$0")"

cache="${XDG_CACHE_HOME:-$HOME/.cache}"
# A warm build folder outside the checkout is used when there is one.
if [ -z "${CARGO_TARGET_DIR:-}" ] && [ -d "$cache/shipwake-target" ]; then
    export CARGO_TARGET_DIR="$cache/shipwake-target"
fi

say() { printf '\n== %s\n' "$*"; }
missing() { printf 'missing: %s\n' "$*" >&2; }

install_debian() { # package
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    apt-get install -y -qq "$1" >/dev/null 2>&1 ||
        { apt-get update -qq >/dev/null 2>&1 && apt-get install -y -qq "$1" >/dev/null 2>&1; }
}

say "tools"
command -v cargo >/dev/null || { missing "cargo: install Rust 1.95 or later (rustup.rs)"; exit 1; }
command -v cc >/dev/null || install_debian gcc ||
    { missing "a C compiler: apt-get install gcc"; exit 1; }
command -v c++ >/dev/null || install_debian g++ ||
    missing "a C++ compiler (apt-get install g++): the readers of bytes are not fuzzed"
command -v chromium >/dev/null || install_debian chromium ||
    missing "chromium (apt-get install chromium): the pages are not opened in a browser"
command -v strace >/dev/null || install_debian strace ||
    missing "strace (apt-get install strace): no call of the server is made to fail"
python="$cache/shipwake-python"
if ! "$python/bin/python" -c 'import duckdb, polars, deltalake, pyarrow, openpyxl' 2>/dev/null; then
    command -v python3 >/dev/null || install_debian python3-venv || true
    python3 -m venv "$python" 2>/dev/null &&
        "$python/bin/pip" install -q duckdb polars deltalake pyarrow openpyxl 2>/dev/null ||
        missing "python3 with duckdb, polars, deltalake and openpyxl: nobody else reads the tables and workbooks"
fi
if [ -x "$python/bin/python" ]; then
    export SHIPWAKE_PYTHON="$python/bin/python"
    "$python/bin/pip" install -q --disable-pip-version-check -r tests/sdk/requirements.txt ||
        missing "packages of tests/sdk/requirements.txt (PyPI): some Python SDKs are not run"
fi
command -v node >/dev/null || install_debian nodejs || true
command -v npm >/dev/null || install_debian npm || true
if command -v node >/dev/null && command -v npm >/dev/null; then
    # What npm notes of an installation is newer than the list that it installed.
    [ tests/sdk/node_modules/.package-lock.json -nt tests/sdk/package-lock.json ] ||
        npm ci --prefix tests/sdk --ignore-scripts --no-audit --no-fund --silent ||
        missing "packages of tests/sdk/package.json (npm): the Node and browser SDKs are not run"
else
    missing "node and npm (apt-get install nodejs npm): no Node or browser SDK is run, no widget opened"
fi
[ -d ../shared/data ] || missing "../shared/data: tests on real data say that they were skipped"

say "formatting"
cargo fmt --all --check

# One build for all that follows, with the failpoints of the tests: --list-failpoints names them.
say "lints"
cargo clippy --release --workspace --all-targets --features failpoints --locked --quiet -- -D warnings
cargo clippy --release -p lake -p ingest --lib --locked --quiet -- -D warnings

say "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps --features failpoints --locked --quiet

say "benches, one smoke run each"
cargo bench --profile release --features failpoints --locked --quiet --bench ingest --bench analysis --bench decoding --bench scale --bench load -- --test

if command -v c++ >/dev/null; then
    # The same inputs each time, so that a check says the same of the same code; a longer look takes
    # seeds by chance.
    say "fuzz targets, ${SHIPWAKE_FUZZ_RUNS:=50000} inputs each"
    SHIPWAKE_FUZZ_RUNS="$SHIPWAKE_FUZZ_RUNS" SHIPWAKE_FUZZ_SEED="${SHIPWAKE_FUZZ_SEED:-20261126}" tests/fuzz/run 120
fi

say "tests"
cargo test --release --workspace --features failpoints --locked --lib --bins --tests
