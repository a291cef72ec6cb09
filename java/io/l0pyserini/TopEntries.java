package io.l0pyserini;

import java.util.Arrays;
import org.apache.lucene.util.ArrayUtil;

/**
 * Keeps the k best of entries, which are longs: {@code score << 32 | ~place}.
 *
 * <p>Entries are gathered and, when there are twice as many as wanted, narrowed down by selection:
 * a heap would move each of a thousand many times.
 */
final class TopEntries {
  /** More than k that are gathered at least before they are narrowed down. */
  private static final int SLACK = 64;

  private long[] entries = new long[4 * SLACK];
  private int size;
  private int k;
  private int room;
  private long worst;
  private int threshold;

  /** Starts anew. */
  void start(int wanted, int known) {
    k = wanted;
    room = (int) Math.min(Integer.MAX_VALUE - 16, (long) k + Math.max(k, SLACK));
    size = 0;
    worst = Long.MIN_VALUE;
    threshold = known;
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

  boolean isFull() {
    return size >= k;
  }

  void add(int score, int place) {
    long entry = TopHits.entry(score, place);
    if (entry < worst) {
      return;
    }
    if (size == entries.length) {
      entries = ArrayUtil.grow(entries, size + 1);
    }
    entries[size++] = entry;
    if (size >= room) {
      narrow();
    }
  }

  /** Drops what is not among the k best. */
  void narrow() {
    if (size < k) {
      return;
    }
    select(entries, size, k);
    size = k;
    worst = entries[k - 1];
    raise(TopHits.score(worst));
  }

  /** Returns the k best, best first. */
  long[] best() {
    narrow();
    return TopHits.ordered(Arrays.copyOf(entries, size));
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
