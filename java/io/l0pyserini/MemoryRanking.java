package io.l0pyserini;

import org.apache.lucene.util.BytesRef;

/** The hits of a search in memory, by entries (see MemorySearch). */
final class MemoryRanking implements Ranking {
  private final long[] entries;
  private final boolean blanks;
  private final int[] ends;
  private final byte[] docids;
  private final BytesRef lent = new BytesRef();

  MemoryRanking(long[] entries, MemoryDocIds docids) {
    this.entries = entries;
    blanks = docids.mayHoldBlanks();
    ends = new int[entries.length];
    this.docids = docids.together(entries, ends);
  }

  @Override
  public int size() {
    return entries.length;
  }

  @Override
  public float score(int place) {
    return Float.intBitsToFloat(TopHits.score(entries[place]));
  }

  @Override
  public BytesRef docid(int place) {
    lent.bytes = docids;
    lent.offset = place == 0 ? 0 : ends[place - 1];
    lent.length = ends[place] - lent.offset;
    return lent;
  }

  @Override
  public boolean mayHoldBlanks() {
    return blanks;
  }
}
