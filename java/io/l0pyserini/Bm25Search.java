package io.l0pyserini;

import io.anserini.index.IndexCollection;
import io.anserini.search.query.BagOfWordsQueryGenerator;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.ConstantScoreQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.store.FSDirectory;

/**
 * Searches an index of Anserini's with BM25, as its SimpleSearcher does, many queries in one call.
 *
 * <p>Queries, hits and shares cross in one piece each, as in {@link ImpactSearch}. Scores are
 * Lucene's own, ties ordered by docid; Anserini lowers equal ones by a millionth each. Safe for use
 * by several threads.
 */
public final class Bm25Search implements Closeable {
  private static final String[] STORED = {"raw", ImpactDocument.CONTENTS};

  private final IndexReader reader;
  private final Map<String, Float> fields = new HashMap<>();

  /** Opens an index folder; the scores of its fields are summed. */
  public Bm25Search(String folder, String[] fields) throws IOException {
    for (String field : fields) {
      this.fields.put(field, 1f);
    }
    reader = DirectoryReader.open(FSDirectory.open(Path.of(folder)));
    IndexSearcher.setMaxClauseCount(Integer.MAX_VALUE);
  }

  /** Returns the number of documents. */
  public int numDocs() {
    return reader.numDocs();
  }

  /** Returns whether texts are stored: Anserini stores those of all documents, or of none. */
  public boolean storesText() throws IOException {
    return reader.maxDoc() > 0 && text(0) != null;
  }

  /**
   * Searches queries.
   *
   * @param queries in UTF-8, as {@link Stems} reads them
   * @param millis after which the search is given up; 0 for never
   * @return what HitBytes says
   */
  public byte[] search(byte[] queries, int k, float k1, float b, long millis) throws IOException {
    Deadline deadline = Deadline.in(millis);
    IndexSearcher searcher = searcher(k1, b);
    List<String> texts = Stems.texts(queries);
    HitBytes bytes = new HitBytes(texts.size());
    int hits = Math.min(k, reader.maxDoc());
    for (String text : texts) {
      DocIds docids = new DocIds(reader);
      long[] found =
          hits == 0
              ? new long[0]
              : searcher.search(query(text), TopHits.manager(hits, docids, deadline));
      bytes.add(Hits.of(found, docids));
    }
    return bytes.bytes();
  }

  /**
   * Takes the scores of documents for one query apart.
   *
   * @return a line for each document: {@code term TAB score TAB term TAB score ...}
   */
  public byte[] shares(byte[] query, String[] docids, float k1, float b) throws IOException {
    IndexSearcher searcher = searcher(k1, b);
    List<Query> clauses = new ArrayList<>();
    clauses(query(Stems.texts(query).getFirst()), 1, clauses);
    StringBuilder lines = new StringBuilder();
    for (String docid : docids) {
      int document = document(searcher, docid);
      String separator = "";
      for (Query clause : clauses) {
        Number score = document < 0 ? 0 : searcher.explain(clause, document).getValue();
        lines.append(separator).append(term(clause)).append('\t').append(score);
        separator = "\t";
      }
      lines.append('\n');
    }
    return lines.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Returns for each term how many documents hold it, of the field in which most do. */
  public int[] df(byte[] terms) throws IOException {
    List<String> read = Stems.texts(terms);
    int[] df = new int[read.size()];
    for (int i = 0; i < df.length; i++) {
      for (String field : fields.keySet()) {
        df[i] = Math.max(df[i], reader.docFreq(new Term(field, read.get(i))));
      }
    }
    return df;
  }

  /** Returns for each docid whether there is such a document. */
  public boolean[] holds(String[] docids) throws IOException {
    IndexSearcher searcher = new IndexSearcher(reader);
    boolean[] held = new boolean[docids.length];
    for (int i = 0; i < held.length; i++) {
      held[i] = document(searcher, docids[i]) >= 0;
    }
    return held;
  }

  /** Returns what the index stores of each document, as it was read; null where it stores nothing. */
  public String[] texts(String[] docids) throws IOException {
    IndexSearcher searcher = new IndexSearcher(reader);
    String[] texts = new String[docids.length];
    for (int i = 0; i < texts.length; i++) {
      int document = document(searcher, docids[i]);
      texts[i] = document < 0 ? null : text(document);
    }
    return texts;
  }

  private String text(int document) throws IOException {
    Document stored = reader.storedFields().document(document, Set.of(STORED));
    return stored.get(STORED[0]) != null ? stored.get(STORED[0]) : stored.get(STORED[1]);
  }

  private IndexSearcher searcher(float k1, float b) {
    IndexSearcher searcher = new BlockSearcher(reader);
    searcher.setSimilarity(new BM25Similarity(k1, b));
    return searcher;
  }

  private Query query(String text) {
    return new BagOfWordsQueryGenerator()
        .buildQuery(fields, IndexCollection.DEFAULT_ANALYZER, text);
  }

  private int document(IndexSearcher searcher, String docid) throws IOException {
    Query one = new ConstantScoreQuery(new TermQuery(new Term(ImpactDocument.ID, docid)));
    ScoreDoc[] found = searcher.search(one, 1).scoreDocs;
    return found.length == 0 ? -1 : found[0].doc;
  }

  /** Gathers a query's terms, each with its whole boost. */
  private static void clauses(Query query, float boost, List<Query> gathered) {
    switch (query) {
      case BooleanQuery all -> {
        for (BooleanClause clause : all) {
          clauses(clause.query(), boost, gathered);
        }
      }
      case BoostQuery boosted -> clauses(boosted.getQuery(), boost * boosted.getBoost(), gathered);
      case TermQuery term -> gathered.add(new BoostQuery(term, boost));
      default -> throw new IllegalArgumentException("no bag of words: " + query);
    }
  }

  private static String term(Query clause) {
    return ((TermQuery) ((BoostQuery) clause).getQuery()).getTerm().text();
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
