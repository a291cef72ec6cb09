package io.l0pyserini;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.lucene.util.ArrayUtil;
import org.apache.lucene.util.BytesRef;

/**
 * The hits of many queries in one piece: the number of queries and the hits of each (int32), the
 * score of each hit (float32), all in little-endian order, and the docid of each hit with a line
 * end.
 */
final class HitBytes {
  private final int[] counts;
  private int queries;
  private int[] scores = new int[64];
  private int hits;
  private byte[] docids = new byte[1 << 10];
  private int size;

  HitBytes(int queries) {
    counts = new int[queries];
  }

  /** Adds the hits of the next query. */
  void add(Ranking ranking) throws IOException {
    counts[queries++] = ranking.size();
    scores = ArrayUtil.grow(scores, hits + ranking.size());
    for (int place = 0; place < ranking.size(); place++) {
      scores[hits++] = Float.floatToRawIntBits(ranking.score(place));
      BytesRef docid = ranking.docid(place);
      if (ranking.mayHoldBlanks()) {
        Hits.without(docid, '\n', '\t');
      }
      docids = ArrayUtil.grow(docids, size + docid.length + 1);
      System.arraycopy(docid.bytes, docid.offset, docids, size, docid.length);
      size += docid.length;
      docids[size++] = '\n';
    }
  }

  byte[] bytes() {
    int numbers = Math.multiplyExact(1 + queries + hits, Integer.BYTES);
    byte[] bytes = new byte[Math.addExact(numbers, size)];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putInt(queries);
    buffer.asIntBuffer().put(counts).put(Arrays.copyOf(scores, hits));
    System.arraycopy(docids, 0, bytes, numbers, size);
    return bytes;
  }
}
