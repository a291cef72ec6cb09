package io.l0pyserini;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.lucene.util.ArrayUtil;
import org.apache.lucene.util.BytesRef;

/**
 * Formats hits as the lines of a TREC run, byte for byte as l0pyserini/data/runs.py does.
 *
 * <p>Written scores fall strictly as float32: each is the hit's own, or, where that would not be
 * below the line before, the next smaller float32. They are printed as Python's {@code .9g}.
 */
final class RunLines {
  private static final int DIGITS = 9;
  private static final double[] POWERS = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
  private static final int[] WHOLE = {
    0, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000
  };

  /** The digits of 00 to 99, which take half the divisions. */
  private static final byte[] PAIRS = new byte[200];

  static {
    for (int i = 0; i < 100; i++) {
      PAIRS[2 * i] = (byte) ('0' + i / 10);
      PAIRS[2 * i + 1] = (byte) ('0' + i % 10);
    }
  }

  private static final MathContext ROUNDING = new MathContext(DIGITS, RoundingMode.HALF_EVEN);

  /** A float, a rank, blanks and what stands between them; and room to copy into. */
  private static final int NUMBERS = 64 + ShortCopy.SLACK;

  /** With room behind it, as all that is copied often. */
  private final byte[] end;
  private final int endLength;
  private byte[] out = new byte[1 << 15];
  private int size;

  RunLines(String tag) {
    byte[] text = (" " + tag + "\n").getBytes(StandardCharsets.UTF_8);
    end = Arrays.copyOf(text, text.length + ShortCopy.SLACK);
    endLength = text.length;
  }

  /** Lines of a run, and how many they are. */
  record Lines(byte[] bytes, int count) {}

  /**
   * Returns the lines of one topic.
   *
   * @param withoutDocid a docid to leave out, or null
   * @param k lines at most
   */
  Lines topic(String qid, Ranking hits, BytesRef withoutDocid, int k) throws IOException {
    size = 0;
    byte[] text = (qid + " Q0 ").getBytes(StandardCharsets.UTF_8);
    byte[] start = Arrays.copyOf(text, text.length + ShortCopy.SLACK);
    long before = Long.MAX_VALUE;
    int rank = 0;
    for (int place = 0; place < hits.size() && rank < k; place++) {
      BytesRef docid = hits.docid(place);
      if (withoutDocid != null && docid.bytesEquals(withoutDocid)) {
        continue;
      }
      rank++;
      before = Math.min(before - 1, ordered(hits.score(place)));
      out = ArrayUtil.grow(out, size + text.length + docid.length + endLength + NUMBERS);
      write(start, 0, text.length);
      if (hits.mayHoldBlanks()) {
        Hits.without(docid, ' ', '\t', '\n', '\r');
      }
      write(docid.bytes, docid.offset, docid.length);
      out[size++] = ' ';
      whole(rank);
      out[size++] = ' ';
      score(unordered(before));
      write(end, 0, endLength);
    }
    return new Lines(Arrays.copyOf(out, size), rank);
  }

  private void write(byte[] bytes, int from, int length) {
    ShortCopy.copy(bytes, from, out, size, length);
    size += length;
  }

  /** Returns a number that is one less for the next smaller float. */
  private static long ordered(float score) {
    int bits = Float.floatToRawIntBits(score);
    return bits >= 0 ? bits : -(long) (bits & Integer.MAX_VALUE);
  }

  private static float unordered(long number) {
    return Float.intBitsToFloat((int) (number >= 0 ? number : -number | Integer.MIN_VALUE));
  }

  private void whole(int value) {
    int digits = 1;
    while (digits < WHOLE.length && value >= WHOLE[digits]) {
      digits++;
    }
    size += digits;
    int at = size;
    int rest = value;
    for (; rest >= 10; rest /= 100) {
      int pair = 2 * (rest % 100);
      out[--at] = PAIRS[pair + 1];
      out[--at] = PAIRS[pair];
    }
    if (at > size - digits) {
      out[--at] = (byte) ('0' + rest);
    }
  }

  private void score(float score) {
    if (score < 1 || score >= 1e9) {
      byte[] text = python(score).getBytes(StandardCharsets.US_ASCII);
      write(text, 0, text.length);
    } else if (score == (int) score) {
      whole((int) score);
    } else {
      fraction(score);
    }
  }

  /** A float has 24 bits and a power of ten up to 1e8 needs 27, so that the product is exact. */
  private void fraction(float score) {
    int places = DIGITS - 1;
    while (score >= POWERS[DIGITS - places]) {
      places--;
    }
    long scaled = (long) Math.rint(score * POWERS[places]);
    long power = (long) POWERS[places];
    whole((int) (scaled / power));
    long rest = scaled % power;
    if (rest == 0) {
      return;
    }
    out[size++] = '.';
    while (rest > 0) {
      power /= 10;
      out[size++] = (byte) ('0' + rest / power);
      rest %= power;
    }
  }

  /** Python's {@code .9g} of any float. */
  static String python(float score) {
    if (score == 0) {
      return "0";
    }
    BigDecimal exact = new BigDecimal(score).round(ROUNDING).stripTrailingZeros();
    int exponent = exact.precision() - exact.scale() - 1;
    if (exponent >= -4 && exponent < DIGITS) {
      return exact.toPlainString();
    }
    String mantissa = exact.movePointLeft(exponent).toPlainString();
    return String.format("%se%s%02d", mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent));
  }
}
