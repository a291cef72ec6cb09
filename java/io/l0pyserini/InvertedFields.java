package io.l0pyserini;

import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;
import org.apache.lucene.codecs.FieldsProducer;
import org.apache.lucene.index.BaseTermsEnum;
import org.apache.lucene.index.ImpactsEnum;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.util.BytesRef;

/** Terms and postings of inverted documents, in sequence. */
final class InvertedFields extends FieldsProducer {
  private final Inverted inverted;

  InvertedFields(Inverted inverted) {
    this.inverted = inverted;
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
      case ImpactDocument.CONTENTS -> new Field(Impacts::new, true);
      case ImpactDocument.ID -> new Field(Docids::new, false);
      default -> null;
    };
  }

  @Override
  public void checkIntegrity() {}

  @Override
  public void close() {}

  private static final class Field extends Terms {
    private final Supplier<TermsEnum> walk;
    private final boolean freqs;

    Field(Supplier<TermsEnum> walk, boolean freqs) {
      this.walk = walk;
      this.freqs = freqs;
    }

    @Override
    public TermsEnum iterator() {
      return walk.get();
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

  private abstract class Walk extends BaseTermsEnum {
    final BytesRef term = new BytesRef();
    final Slice slice = new Slice(term);

    @Override
    public BytesRef term() {
      return term;
    }

    @Override
    public PostingsEnum postings(PostingsEnum reuse, int flags) {
      slice.begin();
      return slice;
    }

    @Override
    public int docFreq() {
      return slice.to - slice.from;
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

  /** The tokens. */
  private final class Impacts extends Walk {
    private int rank = -1;

    Impacts() {
      slice.postings = inverted.postings();
    }

    @Override
    public BytesRef next() {
      if (++rank == inverted.terms()) {
        return null;
      }
      inverted.term(rank, term);
      slice.from = inverted.starts()[rank];
      slice.to = inverted.starts()[rank + 1];
      return term;
    }
  }

  /** The docids; where documents share one, each is a posting. */
  private final class Docids extends Walk {
    private final int[] documents = TermTable.sorted(inverted.docids());

    Docids() {
      slice.postings = new long[documents.length];
      for (int i = 0; i < documents.length; i++) {
        slice.postings[i] = (long) documents[i] << 32 | 1;
      }
    }

    @Override
    public BytesRef next() {
      slice.from = slice.to;
      if (slice.from == documents.length) {
        return null;
      }
      inverted.docids().get(documents[slice.from], term);
      do {
        slice.to++;
      } while (slice.to < documents.length && inverted.docids().holds(documents[slice.to], term.bytes, term.offset, term.length));
      Arrays.sort(slice.postings, slice.from, slice.to);
      return term;
    }
  }

  /** A term's postings. */
  private final class Slice extends PostingsEnum {
    private final BytesRef term;
    private long[] postings;
    private int from;
    private int to;
    private int at;
    private int document;

    Slice(BytesRef term) {
      this.term = term;
    }

    void begin() {
      at = from - 1;
      document = -1;
    }

    @Override
    public int nextDoc() throws IOException {
      int before = document;
      document = ++at < to ? (int) (postings[at] >>> 32) : NO_MORE_DOCS;
      if (document == before) {
        BytesRef docid = new BytesRef();
        inverted.docids().get(document, docid);
        throw new IOException(
            "docid '" + docid.utf8ToString() + "': its vector holds token '" + term.utf8ToString()
                + "' twice; expected each token once");
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
      return to - from;
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
