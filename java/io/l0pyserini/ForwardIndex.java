package io.l0pyserini;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.util.BytesRef;

/** The tokens of each document of a segment, as numbers from 0; impacts are left out. */
record ForwardIndex(int[] starts, int[] tokens, int vocabulary) {
  /** A token in one document only has no neighbours to bring together. */
  private static final int FEWEST = 2;

  private record Token(BytesRef text, int df) {}

  /**
   * Reads a segment without deletions.
   *
   * @param most postings to hold, 4 bytes each; where there are more, the most frequent tokens are
   *     left out, which tell documents apart the least
   */
  static ForwardIndex of(LeafReader segment, long most) throws IOException {
    Terms terms = segment.terms(ImpactDocument.CONTENTS);
    List<Token> kept = tokens(terms, most);
    int[] starts = new int[segment.maxDoc() + 1];
    TermsEnum found = terms.iterator();
    PostingsEnum posting = null;
    for (Token token : kept) {
      posting = postings(found, token, posting);
      for (int row = posting.nextDoc(); row != DocIdSetIterator.NO_MORE_DOCS; ) {
        starts[row]++;
        row = posting.nextDoc();
      }
    }
    int sum = 0;
    for (int row = 0; row < starts.length; row++) {
      sum += starts[row];
      starts[row] = sum;
    }
    int[] tokens = new int[sum];
    // Frequent tokens get the first numbers and so stand together in a processor's cache. Each
    // document is filled from its end, which moves its start to where it belongs.
    for (int number = 0; number < kept.size(); number++) {
      posting = postings(found, kept.get(kept.size() - 1 - number), posting);
      for (int row = posting.nextDoc(); row != DocIdSetIterator.NO_MORE_DOCS; ) {
        tokens[--starts[row]] = number;
        row = posting.nextDoc();
      }
    }
    return new ForwardIndex(starts, tokens, kept.size());
  }

  /** Returns the tokens to hold, the rarest first. */
  private static List<Token> tokens(Terms terms, long most) throws IOException {
    List<Token> tokens = new ArrayList<>();
    TermsEnum found = terms.iterator();
    for (BytesRef text = found.next(); text != null; text = found.next()) {
      if (found.docFreq() >= FEWEST) {
        tokens.add(new Token(BytesRef.deepCopyOf(text), found.docFreq()));
      }
    }
    tokens.sort((a, b) -> a.df != b.df ? Integer.compare(a.df, b.df) : a.text.compareTo(b.text));
    long postings = 0;
    int size = 0;
    while (size < tokens.size() && postings + tokens.get(size).df <= most) {
      postings += tokens.get(size++).df;
    }
    return tokens.subList(0, size);
  }

  private static PostingsEnum postings(TermsEnum found, Token token, PostingsEnum reused)
      throws IOException {
    if (!found.seekExact(token.text)) {
      throw new IOException("token '" + token.text.utf8ToString() + "' is gone");
    }
    return found.postings(reused, PostingsEnum.NONE);
  }
}
