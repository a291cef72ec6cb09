package io.l0pyserini;

import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.lucene.codecs.FieldsProducer;
import org.apache.lucene.index.BaseTermsEnum;
import org.apache.lucene.index.ImpactsEnum;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.util.BytesRef;

/** Terms and postings of inverted documents, in sequence. */
final class InvertedFields extends FieldsProducer {
  private final InvertedDocuments inverted;
  private final Future<int[]> order;

  /**
   * Shows documents.
   *
   * @param order of the documents by the bytes of their docids
   */
  InvertedFields(InvertedDocuments inverted, Future<int[]> order) {
    this.inverted = inverted;
    this.order = order;
  }

  @Override
  public Iterator<String> iterator() {
    return List.of(ImpactDocument.CONTENTS, ImpactDocument.ID).iterator();
  }

  @Override
  public int size() {
    return 2;
  }

  @Override
  public Terms terms(String field) {
    return switch (field) {
      case ImpactDocument.CONTENTS -> new Field(() -> new Walked(inverted.walk()), true);
      case ImpactDocument.ID -> new Field(() -> new Walked(new Docids()), false);
      default -> null;
    };
  }

  @Override
  public void checkIntegrity() {}

  @Override
  public void close() {}

  private interface Begin {
    TermsEnum walk() throws IOException;
  }

  private static final class Field extends Terms {
    private final Begin walk;
    private final boolean freqs;

    Field(Begin walk, boolean freqs) {
      this.walk = walk;
      this.freqs = freqs;
    }

    @Override
    public TermsEnum iterator() throws IOException {
      return walk.walk();
    }

    @Override
    public boolean hasFreqs() {
      return freqs;
    }

    @Override
    public boolean hasPositions() {
      return false;
    }

    @Override
    public boolean hasOffsets() {
      return false;
    }

    @Override
    public boolean hasPayloads() {
      return false;
    }

    @Override
    public long size() {
      return -1;
    }

    @Override
    public long getSumTotalTermFreq() {
      throw new UnsupportedOperationException();
    }

    @Override
    public long getSumDocFreq() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int getDocCount() {
      throw new UnsupportedOperationException();
    }
  }

  /** Terms in sequence. */
  private final class Walked extends BaseTermsEnum {
    final InvertedDocuments.Walk walk;
    final Slice slice;

    Walked(InvertedDocuments.Walk walk) {
      this.walk = walk;
      slice = new Slice(walk);
    }

    @Override
    public BytesRef next() throws IOException {
      return walk.next() ? walk.term : null;
    }

    @Override
    public BytesRef term() {
      return walk.term;
    }

    @Override
    public PostingsEnum postings(PostingsEnum reuse, int flags) {
      slice.begin();
      return slice;
    }

    @Override
    public int docFreq() {
      return walk.to - walk.from;
    }

    @Override
    public long totalTermFreq() {
      throw new UnsupportedOperationException();
    }

    @Override
    public SeekStatus seekCeil(BytesRef text) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void seekExact(long ord) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long ord() {
      throw new UnsupportedOperationException();
    }

    @Override
    public ImpactsEnum impacts(int flags) {
      throw new UnsupportedOperationException();
    }
  }

  /** The docids; where documents share one, each is a posting. */
  private final class Docids extends InvertedDocuments.Walk {
    private final int[] documents;

    Docids() throws IOException {
      try {
        documents = order.get();
      } catch (InterruptedException | ExecutionException fault) {
        throw new IOException(fault.getMessage(), fault);
      }
      postings = new long[documents.length];
      for (int i = 0; i < documents.length; i++) {
        postings[i] = (long) documents[i] << 32 | 1;
      }
    }

    @Override
    boolean next() {
      from = to;
      if (from == documents.length) {
        return false;
      }
      Texts docids = inverted.docids();
      docids.get(documents[from], term);
      do {
        to++;
      } while (to < documents.length
          && docids.holds(documents[to], term.bytes, term.offset, term.length));
      Arrays.sort(postings, from, to);
      return true;
    }
  }

  /** A term's postings. */
  private final class Slice extends PostingsEnum {
    private final InvertedDocuments.Walk walk;
    private long[] postings;
    private int to;
    private int at;
    private int document;

    Slice(InvertedDocuments.Walk walk) {
      this.walk = walk;
    }

    void begin() {
      postings = walk.postings;
      at = walk.from - 1;
      to = walk.to;
      document = -1;
    }

    @Override
    public int nextDoc() throws IOException {
      int before = document;
      document = ++at < to ? (int) (postings[at] >>> 32) : NO_MORE_DOCS;
      if (document == before) {
        throw inverted.twice(document, walk.term);
      }
      return document;
    }

    @Override
    public int docID() {
      return document;
    }

    @Override
    public int freq() {
      return (int) postings[at];
    }

    @Override
    public int advance(int target) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long cost() {
      return to - walk.from;
    }

    @Override
    public int nextPosition() {
      return -1;
    }

    @Override
    public int startOffset() {
      return -1;
    }

    @Override
    public int endOffset() {
      return -1;
    }

    @Override
    public BytesRef getPayload() {
      return null;
    }
  }
}
