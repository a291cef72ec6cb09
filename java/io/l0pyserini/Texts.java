package io.l0pyserini;

import java.util.Arrays;
import org.apache.lucene.util.ArrayUtil;
import org.apache.lucene.util.BytesRef;

/** Strings as bytes, one after another in one array. */
final class Texts {
  private byte[] bytes = new byte[64];
  private int[] ends = new int[8];
  private int size;

  int size() {
    return size;
  }

  /** The bytes of all. */
  long bytes() {
    return start(size);
  }

  void add(BytesRef text) {
    add(text.bytes, text.offset, text.length);
  }

  void add(byte[] from, int offset, int length) {
    int start = start(size);
    int end = Math.addExact(start, length);
    bytes = ArrayUtil.grow(bytes, end);
    System.arraycopy(from, offset, bytes, start, length);
    ends = ArrayUtil.grow(ends, size + 1);
    ends[size++] = end;
  }

  void add(Texts more) {
    int before = start(size);
    int added = more.start(more.size);
    bytes = ArrayUtil.grow(bytes, Math.addExact(before, added));
    System.arraycopy(more.bytes, 0, bytes, before, added);
    ends = ArrayUtil.grow(ends, size + more.size);
    for (int i = 0; i < more.size; i++) {
      ends[size++] = before + more.ends[i];
    }
  }

  /** Points a reference to a string; its bytes are only lent. */
  void get(int place, BytesRef text) {
    text.bytes = bytes;
    text.offset = start(place);
    text.length = ends[place] - text.offset;
  }

  boolean holds(int place, byte[] text, int from, int length) {
    return Arrays.equals(bytes, start(place), ends[place], text, from, from + length);
  }

  private int start(int place) {
    return place == 0 ? 0 : ends[place - 1];
  }
}
