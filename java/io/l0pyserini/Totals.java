package io.l0pyserini;

import java.io.IOException;
import java.util.TreeMap;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.util.BytesRef;

/** Counts what an index holds. */
public final class Totals {
  private Totals() {}

  /**
   * Returns a line for each token: {@code df TAB summed impacts TAB token}; deleted ones count. A
   * backslash stands before itself, and line ends are {@code \\n} and {@code \\r}: another tool's
   * tokens may hold anything.
   */
  public static String of(IndexReader reader) throws IOException {
    TreeMap<BytesRef, long[]> totals = new TreeMap<>();
    for (LeafReaderContext leaf : reader.leaves()) {
      Terms terms = leaf.reader().terms(ImpactDocument.CONTENTS);
      TermsEnum found = terms == null ? TermsEnum.EMPTY : terms.iterator();
      for (BytesRef term = found.next(); term != null; term = found.next()) {
        long[] sums = totals.get(term);
        if (sums == null) {
          sums = new long[2];
          totals.put(BytesRef.deepCopyOf(term), sums);
        }
        sums[0] += found.docFreq();
        sums[1] += found.totalTermFreq();
      }
    }
    StringBuilder lines = new StringBuilder();
    totals.forEach(
        (term, sums) -> {
          lines.append(sums[0]).append('\t').append(sums[1]).append('\t');
          lines.append(escaped(term.utf8ToString())).append('\n');
        });
    return lines.toString();
  }

  private static String escaped(String token) {
    return token.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
  }
}
