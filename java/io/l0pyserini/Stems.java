package io.l0pyserini;

import io.anserini.analysis.DefaultEnglishAnalyzer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.util.SmallFloat;

/**
 * What BM25 sees of texts: the stems of Anserini's default analysis, many texts in one call.
 *
 * <p>Texts come as UTF-8, each after its number of bytes (int32, little endian).
 */
public final class Stems {
  /** IndexCollection.DEFAULT_ANALYZER is its like, but that class would set up log4j first. */
  private static final Analyzer ANALYZER = DefaultEnglishAnalyzer.newDefaultInstance();

  private Stems() {}

  /**
   * Returns a line for each text, in UTF-8: {@code length TAB norm TAB stem TAB tf TAB stem TAB tf
   * ...}, stems in the order in which they appear. The norm is the length as Lucene's norms keep it,
   * in one byte.
   */
  public static byte[] of(byte[] texts) throws IOException {
    ByteArrayOutputStream lines = new ByteArrayOutputStream(2 * texts.length);
    Map<String, Integer> counts = new LinkedHashMap<>();
    forEach(
        texts,
        text -> {
          counts.clear();
          int length = count(text, counts);
          StringBuilder line = new StringBuilder();
          line.append(length).append('\t').append(norm(length));
          counts.forEach((stem, tf) -> line.append('\t').append(stem).append('\t').append(tf));
          lines.writeBytes(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
        });
    return lines.toByteArray();
  }

  /** Returns how many texts have a stem, and the sum of all texts' lengths. */
  public static long[] totals(byte[] texts) throws IOException {
    long[] totals = new long[2];
    forEach(
        texts,
        text -> {
          int length = count(text, null);
          totals[0] += length > 0 ? 1 : 0;
          totals[1] += length;
        });
    return totals;
  }

  private static int norm(int length) {
    return SmallFloat.byte4ToInt(SmallFloat.intToByte4(length));
  }

  private interface Work {
    void accept(String text) throws IOException;
  }

  private static void forEach(byte[] texts, Work work) throws IOException {
    for (String text : texts(texts)) {
      work.accept(text);
    }
  }

  /** Takes packed texts apart. */
  static List<String> texts(byte[] packed) {
    List<String> texts = new ArrayList<>();
    ByteBuffer rest = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN);
    while (rest.hasRemaining()) {
      int bytes = rest.getInt();
      texts.add(new String(packed, rest.position(), bytes, StandardCharsets.UTF_8));
      rest.position(rest.position() + bytes);
    }
    return texts;
  }

  /** Returns the number of a text's stems; counts each of them, unless counts is null. */
  private static int count(String text, Map<String, Integer> counts) throws IOException {
    int length = 0;
    try (TokenStream stream = ANALYZER.tokenStream("contents", text)) {
      CharTermAttribute term = stream.addAttribute(CharTermAttribute.class);
      stream.reset();
      while (stream.incrementToken()) {
        length++;
        if (counts != null) {
          counts.merge(term.toString(), 1, Integer::sum);
        }
      }
      stream.end();
    }
    return length;
  }
}
