package io.l0pyserini;

import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.BytesTermAttribute;
import org.apache.lucene.analysis.tokenattributes.TermFrequencyAttribute;
import org.apache.lucene.util.AttributeFactory;

/** Gives each token of a line once, as the bytes it is, with its impact as its frequency. */
final class ImpactTokenStream extends TokenStream {
  private final BytesTermAttribute term;
  private final TermFrequencyAttribute frequency;
  private final EncodedLine line;
  private int next;

  ImpactTokenStream(EncodedLine line) {
    // Lucene's usual factory makes one attribute for all, whose term is made of characters.
    super(AttributeFactory.DEFAULT_ATTRIBUTE_FACTORY);
    this.line = line;
    term = addAttribute(BytesTermAttribute.class);
    frequency = addAttribute(TermFrequencyAttribute.class);
  }

  @Override
  public void reset() {
    // The end of the document before has left another position increment.
    clearAttributes();
    next = 0;
  }

  @Override
  public boolean incrementToken() {
    if (next == line.size()) {
      return false;
    }
    term.setBytesRef(line.token(next));
    frequency.setTermFrequency(line.impact(next));
    next++;
    return true;
  }
}
