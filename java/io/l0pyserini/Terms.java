package io.l0pyserini;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.TermStates;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.util.BytesRef;

/** Queries of single tokens, each with its place in the index, which is looked up once. */
final class Terms {
  /** Tokens beyond so many are looked up each time. */
  private static final int KEPT = 1 << 16;

  private final IndexSearcher searcher;
  private final Map<BytesRef, TermQuery> kept = new ConcurrentHashMap<>();

  Terms(IndexSearcher searcher) {
    this.searcher = searcher;
  }

  TermQuery of(BytesRef token) throws IOException {
    TermQuery known = kept.get(token);
    if (known != null) {
      return known;
    }
    Term term = new Term(ImpactDocument.CONTENTS, BytesRef.deepCopyOf(token));
    TermQuery query = new TermQuery(term, TermStates.build(searcher, term, true));
    if (kept.size() < KEPT) {
      kept.put(term.bytes(), query);
    }
    return query;
  }
}
