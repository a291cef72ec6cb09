package io.l0pyserini;

import java.util.Arrays;

/**
 * The sums of a window's documents.
 *
 * <p>They are compared in groups of 16 that lie far apart, and what is found out of a group is
 * written behind them. All lies in one array, at distances that are constants, and loops are short:
 * Java then compares many at once. Of two arrays it does not know that they are not the same.
 */
final class MemorySums {
  private static final int GROUPS = MemoryLists.WINDOW >> 4;
  private static final int BEHIND = MemoryLists.WINDOW;

  final int[] sums = new int[BEHIND + GROUPS];
  private final long[] largest = new long[GROUPS];

  /** Makes the sums of so many documents 0. */
  void clear(int documents) {
    Arrays.fill(sums, 0, documents, 0);
  }

  /** Returns a sum that k documents reach, by the largest of each group; the threshold at least. */
  int reachedBy(int k, int threshold) {
    if (k > GROUPS) {
      return threshold;
    }
    compare(sums);
    int count = 0;
    for (int group = 0; group < GROUPS; group++) {
      int sum = sums[BEHIND + group];
      if (sum > threshold) {
        largest[count++] = sum;
      }
    }
    if (count < k) {
      return threshold;
    }
    TopEntries.select(largest, count, k);
    return (int) largest[k - 1];
  }

  /**
   * Writes the documents whose sums reach a number, and their sums.
   *
   * @return how many they are, -1 if they are more than most
   */
  int take(int least, int most, int[] found, int[] reached) {
    mark(sums, least);
    int taken = 0;
    for (int group = 0; group < GROUPS; group++) {
      int marks = sums[BEHIND + group];
      if (marks == 0) {
        continue;
      }
      for (; marks != 0; marks &= marks - 1) {
        int row = group + Integer.numberOfTrailingZeros(marks) * GROUPS;
        found[taken] = row;
        reached[taken++] = sums[row];
      }
      if (taken > most) {
        return -1;
      }
    }
    return taken;
  }

  /** Writes the largest sum of each group. */
  private static void compare(int[] sums) {
    for (int i = 0; i < GROUPS; i++) {
      int m0 = Math.max(sums[i], sums[i + 1 * GROUPS]);
      int m1 = Math.max(sums[i + 2 * GROUPS], sums[i + 3 * GROUPS]);
      int m2 = Math.max(sums[i + 4 * GROUPS], sums[i + 5 * GROUPS]);
      int m3 = Math.max(sums[i + 6 * GROUPS], sums[i + 7 * GROUPS]);
      int m4 = Math.max(sums[i + 8 * GROUPS], sums[i + 9 * GROUPS]);
      int m5 = Math.max(sums[i + 10 * GROUPS], sums[i + 11 * GROUPS]);
      int m6 = Math.max(sums[i + 12 * GROUPS], sums[i + 13 * GROUPS]);
      int m7 = Math.max(sums[i + 14 * GROUPS], sums[i + 15 * GROUPS]);
      int n0 = Math.max(m0, m1);
      int n1 = Math.max(m2, m3);
      int n2 = Math.max(m4, m5);
      int n3 = Math.max(m6, m7);
      sums[i + BEHIND] = Math.max(Math.max(n0, n1), Math.max(n2, n3));
    }
  }

  /** Writes a bit for each sum of each group, which is set where the sum reaches a number. */
  private static void mark(int[] sums, int least) {
    int below = least - 1; // less a sum that reaches it, this is negative
    for (int i = 0; i < GROUPS; i++) {
      int m0 = (below - sums[i]) >>> 31;
      int m1 = (below - sums[i + 1 * GROUPS]) >>> 31 << 1;
      int m2 = (below - sums[i + 2 * GROUPS]) >>> 31 << 2;
      int m3 = (below - sums[i + 3 * GROUPS]) >>> 31 << 3;
      sums[i + BEHIND] = m0 | m1 | m2 | m3;
    }
    for (int i = 0; i < GROUPS; i++) {
      int m0 = (below - sums[i + 4 * GROUPS]) >>> 31 << 4;
      int m1 = (below - sums[i + 5 * GROUPS]) >>> 31 << 5;
      int m2 = (below - sums[i + 6 * GROUPS]) >>> 31 << 6;
      int m3 = (below - sums[i + 7 * GROUPS]) >>> 31 << 7;
      sums[i + BEHIND] |= m0 | m1 | m2 | m3;
    }
    for (int i = 0; i < GROUPS; i++) {
      int m0 = (below - sums[i + 8 * GROUPS]) >>> 31 << 8;
      int m1 = (below - sums[i + 9 * GROUPS]) >>> 31 << 9;
      int m2 = (below - sums[i + 10 * GROUPS]) >>> 31 << 10;
      int m3 = (below - sums[i + 11 * GROUPS]) >>> 31 << 11;
      sums[i + BEHIND] |= m0 | m1 | m2 | m3;
    }
    for (int i = 0; i < GROUPS; i++) {
      int m0 = (below - sums[i + 12 * GROUPS]) >>> 31 << 12;
      int m1 = (below - sums[i + 13 * GROUPS]) >>> 31 << 13;
      int m2 = (below - sums[i + 14 * GROUPS]) >>> 31 << 14;
      int m3 = (below - sums[i + 15 * GROUPS]) >>> 31 << 15;
      sums[i + BEHIND] |= m0 | m1 | m2 | m3;
    }
  }
}
