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
 * <p>Docids are in byte order, so that equal scores are ordered by their places. All is given in one
 * piece: the number of queries, the hits of each, the places of all hits' docids (int32), the scores
 * (float32), all in little-endian order, and the docids with a line end each.
 */
final class HitArrays {
  private HitArrays() {}

  /** Takes the entries (see TopHits) of queries, ordered by score. */
  static byte[] of(List<long[]> found, int maxDoc, DocIds reader) throws IOException {
    int[] documents = numbers(distinct(found, maxDoc));
    int[] places = new int[documents.length];
    byte[] docids = name(documents, places, reader);
    for (int i = 0; i < found.size(); i++) {
      // Of an entry the document is replaced by its docid's place, and the order settles ties.
      long[] placed = new long[found.get(i).length];
      for (int at = 0; at < placed.length; at++) {
        long entry = found.get(i)[at];
        int row = Arrays.binarySearch(documents, TopHits.document(entry));
        placed[at] = TopHits.entry(TopHits.score(entry), places[row]);
      }
      found.set(i, TopHits.ordered(placed));
    }
    return bytes(found, docids);
  }

  /** Takes the entries of queries by places of docids (see MemorySearch), best first. */
  static byte[] of(List<long[]> found, MemoryDocIds docids) throws IOException {
    FixedBitSet all = distinct(found, docids.size());
    // Of each 64 places, how many before them are among the hits.
    long[] words = all.getBits();
    int[] before = new int[words.length];
    for (int word = 1; word < words.length; word++) {
      before[word] = before[word - 1] + Long.bitCount(words[word - 1]);
    }
    for (long[] entries : found) {
      for (int at = 0; at < entries.length; at++) {
        int place = TopHits.document(entries[at]);
        long below = words[place >>> 6] & (1L << place) - 1;
        int ordinal = before[place >>> 6] + Long.bitCount(below);
        entries[at] = TopHits.entry(TopHits.score(entries[at]), ordinal);
      }
    }
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    BytesRef docid = new BytesRef();
    for (int place : numbers(all)) {
      docids.lend(place, docid);
      line(lines, docid);
    }
    return bytes(found, lines.toByteArray());
  }

  private static byte[] bytes(List<long[]> found, byte[] docids) {
    int hits = found.stream().mapToInt(entries -> entries.length).sum();
    int numbers = Math.multiplyExact(Math.addExact(1 + found.size(), 2 * hits), Integer.BYTES);
    byte[] bytes = new byte[Math.addExact(numbers, docids.length)];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putInt(found.size());
    found.forEach(entries -> buffer.putInt(entries.length));
    for (long[] entries : found) {
      for (long entry : entries) {
        buffer.putInt(TopHits.document(entry));
      }
    }
    for (long[] entries : found) {
      for (long entry : entries) {
        buffer.putInt(TopHits.score(entry));
      }
    }
    buffer.put(docids);
    return bytes;
  }

  private static FixedBitSet distinct(List<long[]> found, int size) {
    FixedBitSet all = new FixedBitSet(size);
    for (long[] entries : found) {
      for (long entry : entries) {
        all.set(TopHits.document(entry));
      }
    }
    return all;
  }

  private static int[] numbers(FixedBitSet all) {
    int[] numbers = new int[all.cardinality()];
    BitSetIterator iterator = new BitSetIterator(all, numbers.length);
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = iterator.nextDoc();
    }
    return numbers;
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
      // A document that lies in two indexes has one docid.
      if (before == null || !docids[row].bytesEquals(before)) {
        line(lines, docids[row]);
        place++;
      }
      places[row] = place;
      before = docids[row];
    }
    return lines.toByteArray();
  }

  private static void line(ByteArrayOutputStream lines, BytesRef docid) throws IOException {
    Hits.without(docid, '\n', '\t');
    lines.write(docid.bytes, docid.offset, docid.length);
    lines.write('\n');
  }
}
