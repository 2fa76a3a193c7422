#!/usr/bin/env bash
# Every check of Shipwake: formatting, lints, documentation, benches (one smoke run each), tests.
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
command -v chromium >/dev/null || install_debian chromium ||
    missing "chromium (apt-get install chromium): the pages are not opened in a browser"
python="$cache/shipwake-python"
if ! "$python/bin/python" -c 'import duckdb, polars, deltalake, pyarrow' 2>/dev/null; then
    command -v python3 >/dev/null || install_debian python3-venv || true
    python3 -m venv "$python" 2>/dev/null &&
        "$python/bin/pip" install -q duckdb polars deltalake pyarrow 2>/dev/null ||
        missing "python3 with duckdb, polars and deltalake: other engines do not check the tables"
fi
if [ -x "$python/bin/python" ]; then export SHIPWAKE_PYTHON="$python/bin/python"; fi
[ -d ../shared/data ] || missing "../shared/data: tests on real data say that they were skipped"

say "formatting"
cargo fmt --all --check

say "lints"
cargo clippy --release --workspace --all-targets --locked --quiet -- -D warnings

say "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps --locked --quiet

say "benches, one smoke run each"
cargo bench --profile release --locked --quiet --bench ingest --bench analysis -- --test

say "tests"
cargo test --release --workspace --locked --lib --bins --tests
