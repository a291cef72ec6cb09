package io.l0pyserini;

import java.util.Arrays;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.TermFrequencyAttribute;

/** Gives each token of a vector once, with its impact as its frequency. */
final class ImpactTokenStream extends TokenStream {
  private static final int FIRST_SIZE = 512;

  private final CharTermAttribute term = addAttribute(CharTermAttribute.class);
  private final TermFrequencyAttribute frequency = addAttribute(TermFrequencyAttribute.class);

  private String[] tokens = new String[FIRST_SIZE];
  private int[] impacts = new int[FIRST_SIZE];
  private int size;
  private int next;

  void clear() {
    size = 0;
  }

  boolean isEmpty() {
    return size == 0;
  }

  void add(String token, int impact) {
    if (size == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * size);
      impacts = Arrays.copyOf(impacts, 2 * size);
    }
    tokens[size] = token;
    impacts[size] = impact;
    size++;
  }

  @Override
  public void reset() {
    next = 0;
  }

  @Override
  public boolean incrementToken() {
    if (next == size) {
      return false;
    }
    clearAttributes();
    term.setEmpty().append(tokens[next]);
    frequency.setTermFrequency(impacts[next]);
    next++;
    return true;
  }
}
