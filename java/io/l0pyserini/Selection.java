package io.l0pyserini;

import java.util.Arrays;

/** Finds the k-th best score of entries (see TopHits), which stay as they are. */
final class Selection {
  private static final int BUCKETS = 1 << 10;

  /** Below so many, counting takes longer than sorting. */
  private static final int FEW = 256;

  private Selection() {}

  /** Returns the k-th largest score of so many entries. */
  static int largest(long[] entries, int size, int k) {
    int[] scores = new int[size];
    int lowest = Integer.MAX_VALUE;
    int highest = 0;
    for (int i = 0; i < size; i++) {
      scores[i] = TopHits.score(entries[i]);
      lowest = Math.min(lowest, scores[i]);
      highest = Math.max(highest, scores[i]);
    }
    if (size < FEW) {
      Arrays.sort(scores);
      return scores[size - k];
    }
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(highest - lowest);
    int shift = Math.max(0, bits - Integer.numberOfTrailingZeros(BUCKETS));
    int[] counts = new int[BUCKETS];
    for (int score : scores) {
      counts[score - lowest >>> shift]++;
    }
    int bucket = BUCKETS - 1;
    int above = 0;
    while (above + counts[bucket] < k) {
      above += counts[bucket--];
    }
    int inside = 0;
    for (int score : scores) {
      scores[inside] = score;
      inside += score - lowest >>> shift == bucket ? 1 : 0;
    }
    Arrays.sort(scores, 0, inside);
    return scores[inside - (k - above)];
  }
}
