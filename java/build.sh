#!/usr/bin/env bash
# Build the Lucene extension: java/build.sh [OUTPUT.jar]. Needs javac 21 or newer (JAVA_HOME or PATH).
#
# The jar is committed, so users need no compiler. It is the same for the same sources and javac:
# entries carry a fixed date, and the manifest names the javac and the digest of the sources.
set -euo pipefail
cd "$(dirname "$0")/.."
output=${1:-l0pyserini/resources/l0pyserini-lucene.jar}
bin=${JAVA_HOME:+$JAVA_HOME/bin/}
python=${PYTHON:-.venv/bin/python}
fatjar=$("$python" -c 'from l0pyserini.lucene import fatjar; print(fatjar())')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${bin}javac" --release 21 -Xlint:all,-classfile,-path -Werror -proc:none -cp "$fatjar" -d "$work/classes" \
  $(find java -name '*.java' | LC_ALL=C sort)
cat > "$work/manifest" <<EOF
Built-By-Javac: $("${bin}javac" -version 2>&1 | cut -d' ' -f2)
Sources-SHA256: $(find java -name '*.java' | LC_ALL=C sort | xargs cat | sha256sum | cut -d' ' -f1)
EOF
rm -f "$output"
(cd "$work/classes" && "${bin}jar" --create --date=2025-01-01T00:00:00Z --file "$work/out.jar" \
  --manifest "$work/manifest" io)
cp "$work/out.jar" "$output"
