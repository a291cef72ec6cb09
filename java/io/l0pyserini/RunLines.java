package io.l0pyserini;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
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
  private static final MathContext ROUNDING = new MathContext(DIGITS, RoundingMode.HALF_EVEN);

  private final ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 15);
  private final byte[] number = new byte[24];
  private final byte[] end;

  RunLines(String tag) {
    end = (" " + tag + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Returns the lines of one topic.
   *
   * @param withoutDocid a docid to leave out, or null
   * @param k lines at most
   */
  byte[] topic(String qid, Hits hits, BytesRef withoutDocid, int k) throws IOException {
    out.reset();
    byte[] start = (qid + " Q0 ").getBytes(StandardCharsets.UTF_8);
    long before = Long.MAX_VALUE;
    int rank = 0;
    for (int place = 0; place < hits.size() && rank < k; place++) {
      BytesRef docid = hits.docid(place);
      if (withoutDocid != null && docid.bytesEquals(withoutDocid)) {
        continue;
      }
      rank++;
      before = Math.min(before - 1, ordered(hits.score(place)));
      out.writeBytes(start);
      Hits.without(docid, ' ', '\t', '\n', '\r');
      out.write(docid.bytes, docid.offset, docid.length);
      out.write(' ');
      whole(rank);
      out.write(' ');
      score(unordered(before));
      out.writeBytes(end);
    }
    return out.toByteArray();
  }

  /** Returns a number that is one less for the next smaller float. */
  private static long ordered(float score) {
    int bits = Float.floatToRawIntBits(score);
    return bits >= 0 ? bits : -(long) (bits & Integer.MAX_VALUE);
  }

  private static float unordered(long number) {
    return Float.intBitsToFloat((int) (number >= 0 ? number : -number | Integer.MIN_VALUE));
  }

  private void whole(long value) {
    int at = number.length;
    do {
      number[--at] = (byte) ('0' + value % 10);
      value /= 10;
    } while (value > 0);
    out.write(number, at, number.length - at);
  }

  private void score(float score) {
    if (score < 1 || score >= 1e9) {
      out.writeBytes(python(score).getBytes(StandardCharsets.US_ASCII));
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
    whole(scaled / power);
    long rest = scaled % power;
    if (rest == 0) {
      return;
    }
    out.write('.');
    while (rest > 0) {
      power /= 10;
      out.write((int) ('0' + rest / power));
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
