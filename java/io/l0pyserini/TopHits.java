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

/**
 * Collects the k best documents by score, and among equal scores those with the smallest docids.
 *
 * <p>Lucene's TopFieldCollector compares and copies a docid for every document that enters its
 * queue. Here a docid is read only where it decides: for documents tied at the k-th score.
 * Documents are gathered until there is no more room, and then those below the k-th are dropped,
 * which costs less than a queue that is in order at any time. They are longs, {@code score bits <<
 * 32 | ~document}; positive floats order as their bits do.
 */
final class TopHits implements Collector {
  /** So many documents tied at the k-th score are kept before they are narrowed down. */
  private static final int TIES_KEPT = 1 << 14;

  /** Places before the first hit: few documents may have a token of the query, and k be large. */
  private static final int FIRST = 1 << 12;

  /** Room beyond k, for its half and more: with less a small k is narrowed down too often. */
  private static final int ROOM = 16;

  private final int k;
  private final DocIds docids;
  private final Deadline deadline;
  private int capacity;
  private long[] found;
  private int size;
  private int threshold;

  private TopHits(int k, DocIds docids, Deadline deadline) {
    this.k = k;
    this.docids = docids;
    this.deadline = deadline;
    capacity = (int) Math.min(k + k / 2L + ROOM, Integer.MAX_VALUE - ROOM);
    found = new long[Math.min(capacity, FIRST)];
  }

  /** Returns what IndexSearcher needs to search with one thread: entries, best first. */
  static CollectorManager<TopHits, long[]> manager(int k, DocIds docids, Deadline deadline) {
    return new CollectorManager<>() {
      @Override
      public TopHits newCollector() {
        return new TopHits(k, docids, deadline);
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

  /** Returns when the search is given up. */
  Deadline deadline() {
    return deadline;
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
    if (score < threshold) {
      return;
    }
    if (size == found.length) {
      makeRoom();
      if (score < threshold) {
        return;
      }
    }
    found[size++] = entry(score, document);
  }

  private void makeRoom() throws IOException {
    if (size == capacity) {
      narrow();
      capacity = Math.max(capacity, size + size / 2);
    }
    if (size == found.length) {
      found = Arrays.copyOf(found, (int) Math.min(2L * size, capacity));
    }
  }

  /** Drops documents below the k-th score, and some of those tied there if they are many. */
  private void narrow() throws IOException {
    threshold = Selection.largest(found, size, k);
    int kept = 0;
    int better = 0;
    for (int i = 0; i < size; i++) {
      int score = score(found[i]);
      better += score > threshold ? 1 : 0;
      // Written in any case: whether it counts is hard to foresee for a processor.
      found[kept] = found[i];
      kept += score >= threshold ? 1 : 0;
    }
    size = kept;
    if (size - better > TIES_KEPT) {
      settle(better);
    }
  }

  /** Gives the places at the k-th score to those documents with that score whose docids are first. */
  private void settle(int better) throws IOException {
    int[] tied = new int[size - better];
    int kept = 0;
    int ties = 0;
    for (int i = 0; i < size; i++) {
      if (score(found[i]) == threshold) {
        tied[ties++] = document(found[i]);
      } else {
        found[kept++] = found[i];
      }
    }
    for (int document : docids.first(tied, k - better)) {
      found[kept++] = entry(threshold, document);
    }
    size = kept;
  }

  private long[] entries() throws IOException {
    if (size > k) {
      narrow();
    }
    long[] ordered = reversed(Radix.sorted(Arrays.copyOf(found, size)));
    return first(ordered, k, docids);
  }

  /** Orders entries, best first: by score, and then by what is their lower half. */
  static long[] ordered(long[] entries) {
    long[] ordered = reversed(Radix.sorted(entries));
    for (int start = 0, end; start < ordered.length; start = end) {
      end = start + 1;
      while (end < ordered.length && score(ordered[end]) == score(ordered[start])) {
        end++;
      }
      if (end - start > 1) {
        Arrays.sort(ordered, start, end);
        reverse(ordered, start, end);
      }
    }
    return ordered;
  }

  private static long[] reversed(long[] entries) {
    reverse(entries, 0, entries.length);
    return entries;
  }

  private static void reverse(long[] entries, int start, int end) {
    for (int i = start, j = end - 1; i < j; i++, j--) {
      long swapped = entries[i];
      entries[i] = entries[j];
      entries[j] = swapped;
    }
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
