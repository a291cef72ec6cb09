package io.l0pyserini;

import java.util.Arrays;

/**
 * The sums of a window's documents.
 *
 * <p>They are compared in groups that lie far apart, and what is found out of a group is written
 * behind them. All lies in one array, at distances that are constants, and loops are short: Java
 * then compares many at once. Of two arrays it does not know that they are not the same.
 */
final class MemorySums {
  /** Of 16 sums each, of which the largest is found. */
  private static final int GROUPS = MemoryLists.WINDOW >> 4;

  /** Of 32 sums each, of which a bit tells whether they reach a number. */
  private static final int MARKS = MemoryLists.WINDOW >> 5;

  /** Groups passed over together where no sum of theirs reaches the number. */
  private static final int TOGETHER = 4;

  private static final int BEHIND = MemoryLists.WINDOW;

  final int[] sums = new int[BEHIND + GROUPS];

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
    int low = threshold;
    int high = Math.max(low, largest(sums));
    // Counting them all takes less than bringing some of them in order.
    while (low < high) {
      int middle = low + ((high - low + 1) >>> 1);
      if (count(sums, middle) >= k) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /**
   * Writes the documents whose sums reach a number, and their sums.
   *
   * @param found with room for two more than a window has
   * @return how many they are, -1 if they are more than most
   */
  int take(int least, int most, int[] found, int[] reached) {
    mark(sums, least);
    int taken = 0;
    for (int first = 0; first < MARKS; first += TOGETHER) {
      int marks = 0;
      for (int i = 0; i < TOGETHER; i++) {
        marks |= sums[BEHIND + first + i];
      }
      if (marks == 0) {
        continue;
      }
      for (int i = first; i < first + TOGETHER; i++) {
        taken = write(i, sums[BEHIND + i], found, taken);
      }
      if (taken > most) {
        return -1;
      }
    }
    for (int at = 0; at < taken; at++) {
      reached[at] = sums[found[at]];
    }
    return taken;
  }

  /** Writes the documents of a group's marks; returns where they end. */
  private static int write(int group, int marks, int[] found, int start) {
    int count = Integer.bitCount(marks);
    int left = marks;
    // Two in any case: whether there are any is hard to foresee for a processor.
    found[start] = row(group, left);
    left &= left - 1;
    found[start + 1] = row(group, left);
    for (int at = start + 2; at < start + count; at++) {
      left &= left - 1;
      found[at] = row(group, left);
    }
    return start + count;
  }

  private static int row(int group, int marks) {
    return group + Integer.numberOfTrailingZeros(marks) * MARKS;
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

  /** Returns the largest of what compare has written. */
  private static int largest(int[] sums) {
    int largest = 0;
    for (int i = BEHIND; i < BEHIND + GROUPS; i++) {
      largest = Math.max(largest, sums[i]);
    }
    return largest;
  }

  /** Counts the groups whose largest sum reaches a number. */
  private static int count(int[] sums, int least) {
    int below = least - 1;
    int count = 0;
    for (int i = BEHIND; i < BEHIND + GROUPS; i++) {
      count += (below - sums[i]) >>> 31;
    }
    return count;
  }

  /**
   * Writes a bit for each sum of each group, which is set where the sum reaches a number.
   *
   * <p>One loop that is told its bits would do, and a search with it takes 1.5 to 1.9 times as long.
   */
  private static void mark(int[] sums, int least) {
    int below = least - 1; // less a sum that reaches it, this is negative
    for (int i = 0; i < MARKS; i++) {
      int m0 = (below - sums[i]) >>> 31;
      int m1 = (below - sums[i + 1 * MARKS]) >>> 31 << 1;
      int m2 = (below - sums[i + 2 * MARKS]) >>> 31 << 2;
      int m3 = (below - sums[i + 3 * MARKS]) >>> 31 << 3;
      sums[i + BEHIND] = m0 | m1 | m2 | m3;
    }
    for (int i = 0; i < MARKS; i++) {
      int m0 = (below - sums[i + 4 * MARKS]) >>> 31 << 4;
      int m1 = (below - sums[i + 5 * MARKS]) >>> 31 << 5;
      int m2 = (below - sums[i + 6 * MARKS]) >>> 31 << 6;
      int m3 = (below - sums[i + 7 * MARKS]) >>> 31 << 7;
      sums[i + BEHIND] |= m0 | m1 | m2 | m3;
    }
    for (int i = 0; i < MARKS; i++) {
      int m0 = (below - sums[i + 8 * MARKS]) >>> 31 << 8;
      int m1 = (below - sums[i + 9 * MARKS]) >>> 31 << 9;
      int m2 = (below - sums[i + 10 * MARKS]) >>> 31 << 10;
      int m3 = (below - sums[i + 11 * MARKS]) >>> 31 << 11;
      sums[i + BEHIND] |= m0 | m1 | m2 | m3;
    }
    for (int i = 0; i < MARKS; i++) {
      int m0 = (below - sums[i + 12 * MARKS]) >>> 31 << 12;
      int m1 = (below - sums[i + 13 * MARKS]) >>> 31 << 13;
      int m2 = (below - sums[i + 14 * MARKS]) >>> 31 << 14;
      int m3 = (below - sums[i + 15 * MARKS]) >>> 31 << 15;
      sums[i + BEHIND] |= m0 | m1 | m2 | m3;
    }
    for (int i = 0; i < MARKS; i++) {
      int m0 = (below - sums[i + 16 * MARKS]) >>> 31 << 16;
      int m1 = (below - sums[i + 17 * MARKS]) >>> 31 << 17;
      int m2 = (below - sums[i + 18 * MARKS]) >>> 31 << 18;
      int m3 = (below - sums[i + 19 * MARKS]) >>> 31 << 19;
      sums[i + BEHIND] |= m0 | m1 | m2 | m3;
    }
    for (int i = 0; i < MARKS; i++) {
      int m0 = (below - sums[i + 20 * MARKS]) >>> 31 << 20;
      int m1 = (below - sums[i + 21 * MARKS]) >>> 31 << 21;
      int m2 = (below - sums[i + 22 * MARKS]) >>> 31 << 22;
      int m3 = (below - sums[i + 23 * MARKS]) >>> 31 << 23;
      sums[i + BEHIND] |= m0 | m1 | m2 | m3;
    }
    for (int i = 0; i < MARKS; i++) {
      int m0 = (below - sums[i + 24 * MARKS]) >>> 31 << 24;
      int m1 = (below - sums[i + 25 * MARKS]) >>> 31 << 25;
      int m2 = (below - sums[i + 26 * MARKS]) >>> 31 << 26;
      int m3 = (below - sums[i + 27 * MARKS]) >>> 31 << 27;
      sums[i + BEHIND] |= m0 | m1 | m2 | m3;
    }
    for (int i = 0; i < MARKS; i++) {
      int m0 = (below - sums[i + 28 * MARKS]) >>> 31 << 28;
      int m1 = (below - sums[i + 29 * MARKS]) >>> 31 << 29;
      int m2 = (below - sums[i + 30 * MARKS]) >>> 31 << 30;
      int m3 = (below - sums[i + 31 * MARKS]) >>> 31 << 31;
      sums[i + BEHIND] |= m0 | m1 | m2 | m3;
    }
  }
}
