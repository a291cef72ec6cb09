package io.l0pyserini;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.util.BitSetIterator;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.FixedBitSet;

/**
 * The hits of many queries as arrays: each docid once, and for a hit its docid's place and score.
 *
 * <p>Docids are in byte order, so that equal scores are ordered by their places. All arrays are
 * given as bytes, the numbers in little-endian order.
 */
public final class HitArrays {
  private final byte[] docids;
  private final ByteBuffer counts;
  private final ByteBuffer ordinals;
  private final ByteBuffer scores;

  /** Takes the entries (see TopHits) of queries, ordered by score. */
  HitArrays(List<long[]> found, int maxDoc, DocIds reader) throws IOException {
    int[] documents = distinct(found, maxDoc);
    int[] places = new int[documents.length];
    docids = name(documents, places, reader);
    int hits = found.stream().mapToInt(entries -> entries.length).sum();
    counts = buffer(found.size());
    ordinals = buffer(hits);
    scores = buffer(hits);
    for (long[] entries : found) {
      // Of an entry the document is replaced by its docid's place, and the order settles ties.
      long[] placed = new long[entries.length];
      for (int i = 0; i < entries.length; i++) {
        int row = Arrays.binarySearch(documents, TopHits.document(entries[i]));
        placed[i] = TopHits.entry(TopHits.score(entries[i]), places[row]);
      }
      counts.putInt(placed.length);
      for (long entry : TopHits.ordered(placed)) {
        ordinals.putInt(TopHits.document(entry));
        scores.putInt(TopHits.score(entry));
      }
    }
  }

  private static ByteBuffer buffer(int numbers) {
    int bytes = Math.multiplyExact(numbers, Integer.BYTES);
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int[] distinct(List<long[]> found, int maxDoc) {
    FixedBitSet all = new FixedBitSet(maxDoc);
    for (long[] entries : found) {
      for (long entry : entries) {
        all.set(TopHits.document(entry));
      }
    }
    int[] documents = new int[all.cardinality()];
    BitSetIterator iterator = new BitSetIterator(all, documents.length);
    for (int i = 0; i < documents.length; i++) {
      documents[i] = iterator.nextDoc();
    }
    return documents;
  }

  /** Tells the places of documents' docids among all, and returns these as UTF-8 lines. */
  private static byte[] name(int[] documents, int[] places, DocIds reader) throws IOException {
    BytesRef[] docids = new BytesRef[documents.length];
    reader.read(documents, (row, document, docid) -> docids[row] = BytesRef.deepCopyOf(docid));
    Integer[] order = new Integer[documents.length];
    Arrays.setAll(order, row -> row);
    Arrays.sort(order, (a, b) -> docids[a].compareTo(docids[b]));
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    BytesRef before = null;
    int place = -1;
    for (int row : order) {
      BytesRef docid = Hits.without(docids[row], '\n', '\t');
      // A document that lies in two indexes has one docid.
      if (before == null || !docid.bytesEquals(before)) {
        lines.write(docid.bytes, docid.offset, docid.length);
        lines.write('\n');
        place++;
      }
      places[row] = place;
      before = docid;
    }
    return lines.toByteArray();
  }

  /** Returns the docids in byte order, each with a line end. */
  public byte[] docids() {
    return docids;
  }

  /** Returns the number of hits of each query, int32. */
  public byte[] counts() {
    return counts.array();
  }

  /** Returns the place of each hit's docid, int32, query by query, best first. */
  public byte[] ordinals() {
    return ordinals.array();
  }

  /** Returns the score of each hit, float32. */
  public byte[] scores() {
    return scores.array();
  }
}
