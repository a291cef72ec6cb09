package io.l0pyserini;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.apache.lucene.codecs.DocValuesProducer;
import org.apache.lucene.codecs.FieldsProducer;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.NormsProducer;
import org.apache.lucene.codecs.PointsReader;
import org.apache.lucene.codecs.StoredFieldsReader;
import org.apache.lucene.codecs.TermVectorsReader;
import org.apache.lucene.index.BinaryDocValues;
import org.apache.lucene.index.CodecReader;
import org.apache.lucene.index.DocValuesSkipper;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.FieldInfos;
import org.apache.lucene.index.LeafMetaData;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.SortedDocValues;
import org.apache.lucene.index.SortedNumericDocValues;
import org.apache.lucene.index.SortedSetDocValues;
import org.apache.lucene.index.StoredFieldVisitor;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.Version;

/**
 * Inverted documents as Lucene reads a segment, so that {@code IndexWriter.addIndexes} writes one.
 *
 * <p>It answers what a merge asks, which is all in sequence, and nothing else.
 */
final class InvertedReader extends CodecReader {
  private final InvertedDocuments inverted;
  private final FieldInfos fields = ImpactDocument.fields();

  private final Future<int[]> order;

  /** Shows documents; a thread of the executor orders the docids meanwhile. */
  InvertedReader(InvertedDocuments inverted, ExecutorService executor) {
    this.inverted = inverted;
    order = executor.submit(() -> TermTable.sorted(inverted.docids()));
  }

  @Override
  public int maxDoc() {
    return inverted.documents();
  }

  @Override
  public int numDocs() {
    return maxDoc();
  }

  @Override
  public FieldInfos getFieldInfos() {
    return fields;
  }

  @Override
  public LeafMetaData getMetaData() {
    return new LeafMetaData(Version.LATEST.major, Version.LATEST, null, false);
  }

  @Override
  public FieldsProducer getPostingsReader() {
    return new InvertedFields(inverted, order);
  }

  @Override
  public StoredFieldsReader getFieldsReader() {
    return new Stored(inverted);
  }

  @Override
  public NormsProducer getNormsReader() {
    return new Norms(maxDoc());
  }

  @Override
  public DocValuesProducer getDocValuesReader() {
    return new Values(inverted);
  }

  @Override
  public Bits getLiveDocs() {
    return null;
  }

  @Override
  public TermVectorsReader getTermVectorsReader() {
    return null;
  }

  @Override
  public PointsReader getPointsReader() {
    return null;
  }

  @Override
  public KnnVectorsReader getVectorReader() {
    return null;
  }

  @Override
  public CacheHelper getCoreCacheHelper() {
    return null;
  }

  @Override
  public CacheHelper getReaderCacheHelper() {
    return null;
  }

  /** Docids, and texts where they are kept. */
  private static final class Stored extends StoredFieldsReader {
    private final Texts docids;
    private final InvertedDocuments.TextWalk contents;
    private final BytesRef text = new BytesRef();
    private int next;

    Stored(InvertedDocuments inverted) {
      docids = inverted.docids();
      try {
        contents = inverted.contents();
      } catch (IOException fault) {
        throw new UncheckedIOException(fault);
      }
    }

    @Override
    public void document(int document, StoredFieldVisitor visitor) throws IOException {
      if (document != next++) {
        throw new UnsupportedOperationException();
      }
      docids.get(document, text);
      tell(visitor, ImpactDocument.ID_INFO);
      if (contents != null) {
        contents.next(text);
        tell(visitor, ImpactDocument.CONTENTS_INFO);
      }
    }

    private void tell(StoredFieldVisitor visitor, FieldInfo field) throws IOException {
      if (visitor.needsField(field) == StoredFieldVisitor.Status.YES) {
        visitor.stringField(field, text.utf8ToString());
      }
    }

    @Override
    public StoredFieldsReader clone() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void checkIntegrity() {}

    @Override
    public void close() {}
  }

  /** The norm that ImpactSimilarity gives every document. */
  private static final class Norms extends NormsProducer {
    private final int documents;

    Norms(int documents) {
      this.documents = documents;
    }

    @Override
    public NumericDocValues getNorms(FieldInfo field) {
      Rows rows = new Rows(documents);
      return new NumericDocValues() {
        @Override
        public long longValue() {
          return 1;
        }

        @Override
        public boolean advanceExact(int target) {
          return rows.advance(target) == target;
        }

        @Override
        public int docID() {
          return rows.docID();
        }

        @Override
        public int nextDoc() {
          return rows.advance(rows.docID() + 1);
        }

        @Override
        public int advance(int target) {
          return rows.advance(target);
        }

        @Override
        public long cost() {
          return documents;
        }
      };
    }

    @Override
    public void checkIntegrity() {}

    @Override
    public void close() {}
  }

  /** Docids. */
  private static final class Values extends DocValuesProducer {
    private final InvertedDocuments inverted;

    Values(InvertedDocuments inverted) {
      this.inverted = inverted;
    }

    @Override
    public BinaryDocValues getBinary(FieldInfo field) {
      Rows rows = new Rows(inverted.documents());
      BytesRef docid = new BytesRef();
      return new BinaryDocValues() {
        @Override
        public BytesRef binaryValue() {
          inverted.docids().get(rows.docID(), docid);
          return docid;
        }

        @Override
        public boolean advanceExact(int target) {
          return rows.advance(target) == target;
        }

        @Override
        public int docID() {
          return rows.docID();
        }

        @Override
        public int nextDoc() {
          return rows.advance(rows.docID() + 1);
        }

        @Override
        public int advance(int target) {
          return rows.advance(target);
        }

        @Override
        public long cost() {
          return inverted.documents();
        }
      };
    }

    @Override
    public NumericDocValues getNumeric(FieldInfo field) {
      throw new UnsupportedOperationException();
    }

    @Override
    public SortedDocValues getSorted(FieldInfo field) {
      throw new UnsupportedOperationException();
    }

    @Override
    public SortedNumericDocValues getSortedNumeric(FieldInfo field) {
      throw new UnsupportedOperationException();
    }

    @Override
    public SortedSetDocValues getSortedSet(FieldInfo field) {
      throw new UnsupportedOperationException();
    }

    @Override
    public DocValuesSkipper getSkipper(FieldInfo field) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void checkIntegrity() {}

    @Override
    public void close() {}
  }

  /** All documents, one after another. */
  private static final class Rows {
    private final int documents;
    private int row = -1;

    Rows(int documents) {
      this.documents = documents;
    }

    int docID() {
      return row;
    }

    int advance(int target) {
      row = target < documents ? target : DocIdSetIterator.NO_MORE_DOCS;
      return row;
    }
  }
}
