package io.l0pyserini;

import java.io.IOException;
import java.util.Arrays;
import org.apache.lucene.index.BinaryDocValues;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.util.ArrayUtil;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.MSBRadixSorter;

/**
 * The docids of an index in one table, in byte order, and the place there of each document's.
 *
 * <p>So ties are settled by numbers. Documents of two indexes that share a docid share its place.
 */
final class MemoryDocIds {
  private static final String FULL =
      "its docids take more than 2 GiB. Search it with the engine lucene";

  private byte[] bytes = new byte[1 << 16];
  private int[] ends;
  private int[] places;
  private int size;
  private boolean mayHoldBlanks;

  MemoryDocIds(IndexReader reader) throws IOException {
    ends = new int[reader.maxDoc()];
    places = new int[reader.maxDoc()];
    boolean ascending = read(reader);
    if (!ascending) {
      order();
    }
    ends = Arrays.copyOf(ends, size);
  }

  /** Reads the docids of all documents that are not deleted; returns whether they ascend. */
  private boolean read(IndexReader reader) throws IOException {
    boolean ascending = true;
    for (LeafReaderContext leaf : reader.leaves()) {
      BinaryDocValues values = DocValues.getBinary(leaf.reader(), ImpactDocument.ID);
      Bits live = leaf.reader().getLiveDocs();
      for (int row = 0; row < leaf.reader().maxDoc(); row++) {
        if (live != null && !live.get(row)) {
          continue;
        }
        int document = leaf.docBase + row;
        if (!values.advanceExact(row)) {
          throw DocIds.missing(document);
        }
        add(values.binaryValue());
        places[document] = size - 1;
        ascending &= size == 1 || compare(size - 2, size - 1) < 0;
      }
    }
    return ascending;
  }

  private void add(BytesRef docid) throws IOException {
    int start = start(size);
    if (start + (long) docid.length > Integer.MAX_VALUE - 16) {
      throw new IOException(FULL);
    }
    bytes = ArrayUtil.grow(bytes, start + docid.length);
    System.arraycopy(docid.bytes, docid.offset, bytes, start, docid.length);
    ends[size++] = start + docid.length;
    for (int i = docid.offset; !mayHoldBlanks && i < docid.offset + docid.length; i++) {
      mayHoldBlanks = docid.bytes[i] >= 0 && docid.bytes[i] <= ' ';
    }
  }

  /** Brings docids into byte order, each once. */
  private void order() {
    int[] order = new int[size];
    Arrays.setAll(order, row -> row);
    new MSBRadixSorter(Integer.MAX_VALUE) {
      @Override
      protected int byteAt(int at, int depth) {
        int place = start(order[at]) + depth;
        return place < ends[order[at]] ? bytes[place] & 0xFF : -1;
      }

      @Override
      protected void swap(int one, int other) {
        int kept = order[one];
        order[one] = order[other];
        order[other] = kept;
      }
    }.sort(0, size);
    byte[] sorted = new byte[start(size) + ShortCopy.SLACK];
    int[] sortedEnds = new int[size];
    int[] moved = new int[size];
    int distinct = 0;
    int end = 0;
    for (int i = 0; i < size; i++) {
      int row = order[i];
      if (i == 0 || compare(order[i - 1], row) != 0) {
        int length = ends[row] - start(row);
        System.arraycopy(bytes, start(row), sorted, end, length);
        end += length;
        sortedEnds[distinct++] = end;
      }
      moved[row] = distinct - 1;
    }
    for (int document = 0; document < places.length; document++) {
      places[document] = moved[places[document]];
    }
    bytes = sorted;
    ends = sortedEnds;
    size = distinct;
  }

  private int compare(int one, int other) {
    return Arrays.compareUnsigned(
        bytes, start(one), ends[one], bytes, start(other), ends[other]);
  }

  private int start(int row) {
    return row == 0 ? 0 : ends[row - 1];
  }

  /** Returns the number of distinct docids. */
  int size() {
    return size;
  }

  int place(int document) {
    return places[document];
  }

  /** Lends the docid of a place. */
  void lend(int place, BytesRef docid) {
    docid.bytes = bytes;
    docid.offset = start(place);
    docid.length = ends[place] - docid.offset;
  }

  /**
   * Returns the docids of entries' places one after another, and some room behind them.
   *
   * <p>The processor waits for many of them together where little else is done in between.
   *
   * @param entriesEnds is told where each ends
   */
  byte[] together(long[] entries, int[] entriesEnds) {
    int[] starts = new int[entries.length];
    int end = 0;
    for (int i = 0; i < entries.length; i++) {
      int place = TopHits.document(entries[i]);
      starts[i] = start(place);
      end = Math.addExact(end, ends[place] - starts[i]);
      entriesEnds[i] = end;
    }
    byte[] together = new byte[Math.addExact(end, ShortCopy.SLACK)];
    for (int i = 0, at = 0; i < entries.length; at = entriesEnds[i++]) {
      ShortCopy.copy(bytes, starts[i], together, at, entriesEnds[i] - at);
    }
    return together;
  }

  /** Whether there may be white space in a docid. */
  boolean mayHoldBlanks() {
    return mayHoldBlanks;
  }

  long bytes() {
    return bytes.length + 4L * (ends.length + places.length);
  }
}
