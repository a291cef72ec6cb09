package io.l0pyserini;

import java.io.IOException;
import java.util.Arrays;
import org.apache.lucene.util.ArrayUtil;
import org.apache.lucene.util.BytesRef;

/** The hits of one query, best first, ties by docid in ascending byte order. */
final class Hits implements Ranking {
  private final float[] scores;
  private final BytesRef[] docids;

  private Hits(int size) {
    scores = new float[size];
    docids = new BytesRef[size];
  }

  /** Names entries (see TopHits) that are ordered by score, and orders equal scores by docid. */
  static Hits of(long[] entries, DocIds reader) throws IOException {
    Hits hits = new Hits(entries.length);
    Pool pool = new Pool();
    reader.read(TopHits.documents(entries), (at, row, docid) -> hits.docids[at] = pool.keep(docid));
    for (int start = 0, end; start < entries.length; start = end) {
      int score = TopHits.score(entries[start]);
      for (end = start; end < entries.length && TopHits.score(entries[end]) == score; end++) {
        hits.scores[end] = Float.intBitsToFloat(score);
      }
      if (end - start > 1) {
        Arrays.sort(hits.docids, start, end);
      }
    }
    return hits;
  }

  @Override
  public int size() {
    return scores.length;
  }

  @Override
  public float score(int place) {
    return scores[place];
  }

  @Override
  public BytesRef docid(int place) {
    return docids[place];
  }

  @Override
  public boolean mayHoldBlanks() {
    return true;
  }

  /** Refuses a docid that holds one of the characters by which hits are told apart. */
  static BytesRef without(BytesRef docid, char... separators) throws IOException {
    for (int i = docid.offset; i < docid.offset + docid.length; i++) {
      for (char separator : separators) {
        if (docid.bytes[i] == separator) {
          String shown = docid.utf8ToString().replace("\t", "\\t").replace("\n", "\\n");
          throw new IOException(
              "docid '" + shown + "' has white space, which a run cannot carry. "
                  + "Index that document under another docid");
        }
      }
    }
    return docid;
  }

  /** Keeps bytes in few large arrays. */
  private static final class Pool {
    private byte[] bytes = new byte[1 << 12];
    private int used;

    BytesRef keep(BytesRef given) {
      if (used + given.length > bytes.length) {
        bytes = new byte[ArrayUtil.oversize(Math.max(given.length, 2 * bytes.length), 1)];
        used = 0;
      }
      System.arraycopy(given.bytes, given.offset, bytes, used, given.length);
      BytesRef kept = new BytesRef(bytes, used, given.length);
      used += given.length;
      return kept;
    }
  }
}
