package io.l0pyserini;

import java.util.Arrays;

/** Sorts longs by their upper halves, which lie close together; equal ones keep their order. */
final class Radix {
  private static final int BITS = 9;
  private static final int BUCKETS = 1 << BITS;

  /** Below so many, counting takes longer than comparing. */
  private static final int FEW = 128;

  private Radix() {}

  /** Returns values in ascending order of their upper halves, which are no negative numbers. */
  static long[] sorted(long[] values) {
    if (values.length < FEW) {
      return insertion(values.clone());
    }
    long lowest = Long.MAX_VALUE;
    long highest = 0;
    for (long value : values) {
      lowest = Math.min(lowest, value >>> 32);
      highest = Math.max(highest, value >>> 32);
    }
    int bits = Long.SIZE - Long.numberOfLeadingZeros(highest - lowest);
    long[] from = values.clone();
    long[] to = new long[values.length];
    int[] starts = new int[BUCKETS];
    for (int shift = 0; shift < bits; shift += BITS) {
      Arrays.fill(starts, 0);
      for (long value : from) {
        starts[digit(value, lowest, shift)]++;
      }
      for (int digit = 0, before = 0; digit < BUCKETS; digit++) {
        int count = starts[digit];
        starts[digit] = before;
        before += count;
      }
      for (long value : from) {
        to[starts[digit(value, lowest, shift)]++] = value;
      }
      long[] swapped = from;
      from = to;
      to = swapped;
    }
    return from;
  }

  private static int digit(long value, long lowest, int shift) {
    return (int) ((value >>> 32) - lowest >>> shift) & BUCKETS - 1;
  }

  private static long[] insertion(long[] values) {
    for (int i = 1; i < values.length; i++) {
      long value = values[i];
      int at = i;
      for (; at > 0 && values[at - 1] >>> 32 > value >>> 32; at--) {
        values[at] = values[at - 1];
      }
      values[at] = value;
    }
    return values;
  }
}
