package io.l0pyserini;

import java.util.Arrays;
import org.apache.lucene.util.ArrayUtil;
import org.apache.lucene.util.BytesRef;

/** Numbers terms from 0, in the order in which they are added, and finds their numbers. */
final class MemoryTerms {
  private byte[] bytes = new byte[1 << 10];
  private int[] ends = new int[64];
  private int size;
  private int[] slots = {};

  void add(BytesRef term) {
    int start = end(size - 1);
    bytes = ArrayUtil.grow(bytes, start + term.length);
    System.arraycopy(term.bytes, term.offset, bytes, start, term.length);
    ends = ArrayUtil.grow(ends, size + 1);
    ends[size++] = start + term.length;
  }

  /** Makes terms findable; nothing is added afterwards. */
  void end() {
    bytes = Arrays.copyOf(bytes, end(size - 1));
    ends = Arrays.copyOf(ends, size);
    // Two thirds of the slots are taken.
    slots = new int[size + size / 2 + 1];
    Arrays.fill(slots, -1);
    for (int term = 0; term < size; term++) {
      int start = end(term - 1);
      int slot = slot(bytes, start, ends[term] - start);
      while (slots[slot] >= 0) {
        slot = slot + 1 == slots.length ? 0 : slot + 1;
      }
      slots[slot] = term;
    }
  }

  /** Returns a term's number, -1 where it is none. */
  int find(BytesRef term) {
    int slot = slot(term.bytes, term.offset, term.length);
    for (int found = slots[slot]; found >= 0; found = slots[slot]) {
      int to = term.offset + term.length;
      if (Arrays.equals(bytes, end(found - 1), ends[found], term.bytes, term.offset, to)) {
        return found;
      }
      slot = slot + 1 == slots.length ? 0 : slot + 1;
    }
    return -1;
  }

  int size() {
    return size;
  }

  long bytes() {
    return bytes.length + 4L * (ends.length + slots.length);
  }

  private int end(int term) {
    return term < 0 ? 0 : ends[term];
  }

  private int slot(byte[] from, int start, int length) {
    int hash = 0;
    for (int i = start; i < start + length; i++) {
      hash = (hash ^ from[i]) * 0x01000193;
    }
    hash ^= hash >>> 15;
    hash *= 0x2C1B3C6D;
    return (int) ((hash & 0xFFFFFFFFL) * slots.length >>> 32);
  }
}
