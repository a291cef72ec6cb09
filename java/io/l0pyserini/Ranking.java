package io.l0pyserini;

import org.apache.lucene.util.BytesRef;

/** The hits of one query, best first, ties by docid in ascending byte order. */
interface Ranking {
  int size();

  float score(int place);

  /** Returns a docid, lent until the next is asked for. */
  BytesRef docid(int place);

  /** Whether a docid may hold white space, which what is written of it must not. */
  boolean mayHoldBlanks();
}
