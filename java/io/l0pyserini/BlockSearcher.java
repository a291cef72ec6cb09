package io.l0pyserini;

import java.io.IOException;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.BulkScorer;
import org.apache.lucene.search.Collector;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.LeafCollector;
import org.apache.lucene.search.ScorerSupplier;
import org.apache.lucene.search.Weight;
import org.apache.lucene.util.Bits;

/**
 * Finds the documents of {@link TopHits} block by block, and looks at its deadline between them.
 *
 * <p>Lucene's own time limit starts with blocks of a hundred documents, each of which costs anew
 * what it takes to tell which terms can still bring a document among the best.
 */
final class BlockSearcher extends IndexSearcher {
  private static final int BLOCK = 1 << 16;

  BlockSearcher(IndexReader reader) {
    super(reader);
  }

  @Override
  protected void searchLeaf(
      LeafReaderContext leaf, int from, int to, Weight weight, Collector collector)
      throws IOException {
    if (!(collector instanceof TopHits hits)) {
      super.searchLeaf(leaf, from, to, weight, collector);
      return;
    }
    ScorerSupplier supplier = weight.scorerSupplier(leaf);
    if (supplier == null) {
      return;
    }
    supplier.setTopLevelScoringClause();
    BulkScorer scorer = supplier.bulkScorer();
    LeafCollector leafHits = hits.getLeafCollector(leaf);
    Bits live = leaf.reader().getLiveDocs();
    int end = Math.min(to, leaf.reader().maxDoc());
    int next = from;
    while (next < end) {
      hits.deadline().check();
      next = scorer.score(leafHits, live, next, (int) Math.min((long) next + BLOCK, end));
    }
  }
}
