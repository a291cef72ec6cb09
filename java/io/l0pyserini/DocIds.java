package io.l0pyserini;

import java.io.IOException;
import java.util.List;
import java.util.PriorityQueue;
import org.apache.lucene.index.BinaryDocValues;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.util.BytesRef;

/** Reads docids from doc values. One for each query: Lucene's iterators only go forward. */
final class DocIds {
  private static final String FIELD = "id";

  private final List<LeafReaderContext> leaves;

  DocIds(IndexReader reader) {
    leaves = reader.leaves();
  }

  /** Is told a docid; the bytes are only lent. */
  interface Receiver {
    void receive(int place, int document, BytesRef docid);
  }

  /** Reads the docids of documents, in the order of the documents. */
  void read(int[] documents, Receiver receiver) throws IOException {
    long[] ordered = new long[documents.length];
    for (int i = 0; i < documents.length; i++) {
      ordered[i] = (long) documents[i] << 32 | i;
    }
    BinaryDocValues values = null;
    int base = 0;
    int end = 0;
    for (long entry : Radix.sorted(ordered)) {
      int document = (int) (entry >>> 32);
      if (document >= end) {
        LeafReaderContext leaf = leaves.get(ReaderUtil.subIndex(document, leaves));
        values = DocValues.getBinary(leaf.reader(), FIELD);
        base = leaf.docBase;
        end = base + leaf.reader().maxDoc();
      }
      if (!values.advanceExact(document - base)) {
        throw missing(document);
      }
      receiver.receive((int) entry, document, values.binaryValue());
    }
  }

  /** Returns the documents with the smallest docids, so many of them. */
  int[] first(int[] documents, int count) throws IOException {
    PriorityQueue<Named> kept = new PriorityQueue<>((a, b) -> b.docid.compareTo(a.docid));
    read(
        documents,
        (place, document, docid) -> {
          if (kept.size() == count && kept.peek().docid.compareTo(docid) < 0) {
            return;
          }
          kept.add(new Named(document, BytesRef.deepCopyOf(docid)));
          if (kept.size() > count) {
            kept.poll();
          }
        });
    return kept.stream().mapToInt(Named::document).toArray();
  }

  static IOException missing(int document) {
    return new IOException("document " + document + " has no doc value '" + FIELD + "'");
  }

  private record Named(int document, BytesRef docid) {}
}
