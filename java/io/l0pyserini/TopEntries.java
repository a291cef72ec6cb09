package io.l0pyserini;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.apache.lucene.util.ArrayUtil;

/**
 * Keeps the k best of documents as entries, which are longs: {@code score << 32 | ~place of docid}.
 *
 * <p>Scores are counted in buckets, so that a score which the k-th best reaches at least is known at
 * any time. Entries are gathered, and narrowed down by selection when there are many more than
 * wanted: a heap would move each of a thousand many times. Places are looked up of those alone that
 * are left then, {@code ~document} standing for them before.
 */
final class TopEntries {
  private static final int BUCKETS = 1 << 11;

  /** More than twice k that are gathered at least before they are narrowed down. */
  private static final int SLACK = 1 << 10;

  private final IntUnaryOperator places;
  private final int[] counts = new int[BUCKETS];
  private long[] entries = new long[2 * SLACK];
  private int size;

  /** Entries before here have places, not documents. */
  private int placed;

  private int k;
  private int room;
  private int threshold;

  private int lowest;
  private int shift;
  private int bucket;
  private int above;

  /** Takes what gives the place of a document's docid. */
  TopEntries(IntUnaryOperator places) {
    this.places = places;
  }

  /**
   * Starts anew.
   *
   * @param known a score that the k-th best reaches at least
   * @param most a score that none exceeds, and no less than known
   */
  void start(int wanted, int known, int most) {
    k = wanted;
    room = (int) Math.min(Integer.MAX_VALUE - 16, 2L * k + SLACK);
    size = 0;
    placed = 0;
    threshold = known;
    Arrays.fill(counts, 0);
    lowest = known;
    bucket = 0;
    above = 0;
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(most - known);
    shift = Math.max(0, bits - Integer.numberOfTrailingZeros(BUCKETS));
  }

  /** A score that the k-th best reaches at least. */
  int threshold() {
    return threshold;
  }

  /** Tells of a score that the k-th best reaches at least. */
  void raise(int score) {
    threshold = Math.max(threshold, score);
  }

  int k() {
    return k;
  }

  /** Whether as many as wanted were added. */
  boolean isFull() {
    return above >= k;
  }

  /** Adds a document whose score is not below the threshold. */
  void add(int score, int document) {
    if (size == entries.length) {
      entries = ArrayUtil.grow(entries, size + 1);
    }
    entries[size++] = TopHits.entry(score, document);
    count(score);
    if (size >= room) {
      narrow();
    }
  }

  private void count(int score) {
    int own = score - lowest >>> shift;
    counts[own]++;
    above += own >= bucket ? 1 : 0;
    if (above - counts[bucket] >= k) {
      while (above - counts[bucket] >= k) {
        above -= counts[bucket++];
      }
      raise(lowest + (bucket << shift));
    }
  }

  /** Drops what is not among the k best. */
  private void narrow() {
    place();
    select(entries, size, k);
    size = k;
    placed = k;
    raise(TopHits.score(entries[k - 1]));
  }

  private void place() {
    for (; placed < size; placed++) {
      long entry = entries[placed];
      int place = places.applyAsInt(TopHits.document(entry));
      entries[placed] = TopHits.entry(TopHits.score(entry), place);
    }
  }

  /** Returns the k best, best first. */
  long[] best() {
    int kept = keep(0, placed, 0);
    size = keep(placed, size, kept);
    placed = kept;
    place();
    long[] ordered = TopHits.ordered(Arrays.copyOf(entries, size));
    return size > k ? Arrays.copyOf(ordered, k) : ordered;
  }

  /** Moves entries that reach the threshold to a place before them; returns where they end. */
  private int keep(int from, int to, int place) {
    int end = place;
    for (int i = from; i < to; i++) {
      entries[end] = entries[i];
      end += TopHits.score(entries[i]) >= threshold ? 1 : 0;
    }
    return end;
  }

  /** Brings the k largest numbers to the front, the least of them to their end. */
  static void select(long[] numbers, int size, int k) {
    int wanted = k - 1;
    int low = 0;
    int high = size - 1;
    while (low < high) {
      long pivot = middle(numbers[low], numbers[(low + high) >>> 1], numbers[high]);
      int i = low;
      int j = high;
      while (i <= j) {
        while (numbers[i] > pivot) {
          i++;
        }
        while (numbers[j] < pivot) {
          j--;
        }
        if (i <= j) {
          long kept = numbers[i];
          numbers[i++] = numbers[j];
          numbers[j--] = kept;
        }
      }
      if (wanted <= j) {
        high = j;
      } else if (wanted >= i) {
        low = i;
      } else {
        return;
      }
    }
  }

  private static long middle(long one, long two, long three) {
    return Math.max(Math.min(one, two), Math.min(Math.max(one, two), three));
  }
}
