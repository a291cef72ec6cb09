package io.l0pyserini;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Copies few bytes, eight at a time, which takes less than a call of System.arraycopy. */
final class ShortCopy {
  /** Bytes that an array should hold behind those of use, to be copied so from it or to it. */
  static final int SLACK = Long.BYTES;

  private static final int SHORT = 32;
  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private ShortCopy() {}

  /** Copies bytes; up to seven behind their end are overwritten. */
  static void copy(byte[] from, int start, byte[] to, int place, int length) {
    int room = Math.min(from.length - start, to.length - place) - SLACK;
    if (length > SHORT || length > room) {
      System.arraycopy(from, start, to, place, length);
      return;
    }
    for (int at = 0; at < length; at += Long.BYTES) {
      EIGHT.set(to, place + at, (long) EIGHT.get(from, start + at));
    }
  }
}
