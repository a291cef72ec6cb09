package io.l0pyserini;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.Weight;

/** Scores given documents with another query: the second phase of a two-phase search. */
final class Rescorer {
  private Rescorer() {}

  /** Returns the documents of entries with a query's scores, best first. */
  static long[] rescore(IndexSearcher searcher, Query query, long[] entries) throws IOException {
    Weight weight = searcher.createWeight(searcher.rewrite(query), ScoreMode.COMPLETE, 1);
    List<LeafReaderContext> leaves = searcher.getIndexReader().leaves();
    int[] documents = TopHits.documents(entries);
    Arrays.sort(documents);
    long[] rescored = new long[documents.length];
    Scorer scorer = null;
    int base = 0;
    int end = 0;
    for (int i = 0; i < documents.length; i++) {
      if (documents[i] >= end) {
        LeafReaderContext leaf = leaves.get(ReaderUtil.subIndex(documents[i], leaves));
        scorer = weight.scorer(leaf);
        base = leaf.docBase;
        end = base + leaf.reader().maxDoc();
      }
      if (scorer == null || scorer.iterator().advance(documents[i] - base) != documents[i] - base) {
        throw new IllegalStateException("a found document does not match the whole query");
      }
      rescored[i] = TopHits.entry(Float.floatToRawIntBits(scorer.score()), documents[i]);
    }
    return TopHits.ordered(rescored);
  }
}
