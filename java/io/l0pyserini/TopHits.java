package io.l0pyserini;

import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.Collector;
import org.apache.lucene.search.CollectorManager;
import org.apache.lucene.search.LeafCollector;
import org.apache.lucene.search.Scorable;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.util.LongHeap;

/**
 * Collects the k best documents by score, and among equal scores those with the smallest docids.
 *
 * <p>Lucene's TopFieldCollector compares and copies a docid for every document that enters its
 * queue. Here a docid is read only where it decides: for documents tied at the k-th score. The
 * queue holds longs, {@code score bits << 32 | ~document}; positive floats order as their bits do.
 */
final class TopHits implements Collector {
  /** So many documents tied at the k-th score are kept before they are narrowed down. */
  private static final int TIES_KEPT = 1 << 14;

  private final int k;
  private final DocIds docids;
  private final LongHeap best;
  private int[] ties = new int[64];
  private int tied;
  private int threshold;

  private TopHits(int k, DocIds docids) {
    this.k = k;
    this.docids = docids;
    best = new LongHeap(k);
  }

  /** Returns what IndexSearcher needs to search with one thread: entries, best first. */
  static CollectorManager<TopHits, long[]> manager(int k, DocIds docids) {
    return new CollectorManager<>() {
      @Override
      public TopHits newCollector() {
        return new TopHits(k, docids);
      }

      @Override
      public long[] reduce(Collection<TopHits> collectors) throws IOException {
        if (collectors.size() != 1) {
          throw new IllegalStateException("one query is searched by one thread");
        }
        return collectors.iterator().next().entries();
      }
    };
  }

  @Override
  public ScoreMode scoreMode() {
    return ScoreMode.TOP_SCORES;
  }

  @Override
  public LeafCollector getLeafCollector(LeafReaderContext context) {
    return new LeafCollector() {
      private Scorable scorer;

      @Override
      public void setScorer(Scorable given) throws IOException {
        scorer = given;
        if (threshold > 0) {
          scorer.setMinCompetitiveScore(Float.intBitsToFloat(threshold));
        }
      }

      @Override
      public void collect(int row) throws IOException {
        int before = threshold;
        offer(Float.floatToRawIntBits(scorer.score()), context.docBase + row);
        if (threshold != before) {
          // Documents tied with the k-th best still compete, by their docids.
          scorer.setMinCompetitiveScore(Float.intBitsToFloat(threshold));
        }
      }
    };
  }

  private void offer(int score, int document) throws IOException {
    if (score > threshold) {
      long entry = entry(score, document);
      if (best.size() < k) {
        best.push(entry);
        if (best.size() == k) {
          threshold = score(best.top());
        }
        return;
      }
      int loser = document(best.top());
      best.updateTop(entry);
      if (score(best.top()) == threshold) {
        tie(loser);
      } else {
        threshold = score(best.top());
        tied = 0;
      }
    } else if (score == threshold) {
      tie(document);
    }
  }

  private void tie(int document) throws IOException {
    if (tied == TIES_KEPT) {
      settle();
    }
    if (tied == ties.length) {
      ties = Arrays.copyOf(ties, 2 * tied);
    }
    ties[tied++] = document;
  }

  /** Gives the places at the k-th score to those documents with that score whose docids are first. */
  private void settle() throws IOException {
    if (tied == 0) {
      return;
    }
    int places = 0;
    int[] all = Arrays.copyOf(ties, tied + best.size());
    while (best.size() > 0 && score(best.top()) == threshold) {
      all[tied + places++] = document(best.pop());
    }
    for (int document : docids.first(Arrays.copyOf(all, tied + places), places)) {
      best.push(entry(threshold, document));
    }
    tied = 0;
  }

  private long[] entries() throws IOException {
    settle();
    long[] entries = new long[best.size()];
    for (int i = 0; i < entries.length; i++) {
      entries[i] = best.get(i + 1);
    }
    return ordered(entries);
  }

  /** Orders entries by score, best first. */
  static long[] ordered(long[] entries) {
    Arrays.sort(entries);
    for (int i = 0, j = entries.length - 1; i < j; i++, j--) {
      long swapped = entries[i];
      entries[i] = entries[j];
      entries[j] = swapped;
    }
    return entries;
  }

  /** Returns the k best of entries that are ordered by score; docids settle ties. */
  static long[] first(long[] ordered, int k, DocIds docids) throws IOException {
    if (ordered.length <= k) {
      return ordered;
    }
    int score = score(ordered[k - 1]);
    int from = k - 1;
    while (from > 0 && score(ordered[from - 1]) == score) {
      from--;
    }
    int to = k;
    while (to < ordered.length && score(ordered[to]) == score) {
      to++;
    }
    long[] kept = Arrays.copyOf(ordered, k);
    int[] tied = documents(Arrays.copyOfRange(ordered, from, to));
    for (int document : docids.first(tied, k - from)) {
      kept[from++] = entry(score, document);
    }
    return kept;
  }

  static int[] documents(long[] entries) {
    return Arrays.stream(entries).mapToInt(TopHits::document).toArray();
  }

  static long entry(int score, int document) {
    return (long) score << 32 | ~document & 0xFFFFFFFFL;
  }

  static int score(long entry) {
    return (int) (entry >>> 32);
  }

  static int document(long entry) {
    return ~(int) entry;
  }
}
