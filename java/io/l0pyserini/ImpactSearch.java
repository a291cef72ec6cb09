package io.l0pyserini;

import io.anserini.search.similarity.ImpactSimilarity;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.FieldDoc;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.SortField;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopFieldCollectorManager;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.BytesRef;

/**
 * Searches an impact index, many queries in one call.
 *
 * <p>Queries and hits cross from and to Python as one string each, because a call for every hit
 * costs more than the search itself. Docids come from the doc values that break ties, so that no
 * stored document is read. Safe for use by several threads.
 */
public final class ImpactSearch implements Closeable {
  private static final String CONTENTS = "contents";

  /** Score first, then docid in ascending byte order, as Anserini breaks ties. */
  private static final Sort ORDER =
      new Sort(SortField.FIELD_SCORE, new SortField("id", SortField.Type.STRING_VAL));

  private final DirectoryReader reader;
  private final IndexSearcher searcher;

  /** Opens an index folder. */
  public ImpactSearch(String index) throws IOException {
    reader = DirectoryReader.open(FSDirectory.open(Path.of(index)));
    searcher = new IndexSearcher(reader);
    searcher.setSimilarity(new ImpactSimilarity());
    // A query of a thousand tokens is an ordinary document elsewhere (ArguAna).
    IndexSearcher.setMaxClauseCount(Integer.MAX_VALUE);
  }

  /** Returns the number of documents. */
  public int numDocs() {
    return reader.numDocs();
  }

  /**
   * Searches queries in parallel.
   *
   * @param queries a line for each query: {@code token impact token impact ...}; empty for none
   * @param k hits for each query
   * @param threads threads to search with
   * @return a line for each query: {@code docid score docid score ...}, best first
   */
  public String search(String queries, int k, int threads)
      throws ExecutionException, InterruptedException {
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Future<String>> found = new ArrayList<>();
      for (String query : queries.split("\n", -1)) {
        found.add(executor.submit(() -> searchOne(query, k)));
      }
      StringBuilder lines = new StringBuilder();
      for (Future<String> hits : found) {
        lines.append(hits.get()).append('\n');
      }
      return lines.toString();
    } finally {
      executor.shutdownNow();
    }
  }

  private String searchOne(String line, int k) throws IOException {
    if (line.isEmpty()) {
      return "";
    }
    // More hits than documents would only reserve memory. Counting hits beyond k is of no use here,
    // and not counting them lets Lucene skip blocks that cannot compete.
    int hits = Math.max(1, Math.min(k, reader.maxDoc()));
    ScoreDoc[] found =
        searcher.search(parse(line), new TopFieldCollectorManager(ORDER, hits, null, hits))
            .scoreDocs;
    StringBuilder out = new StringBuilder(found.length * 16);
    for (ScoreDoc hit : found) {
      Object[] keys = ((FieldDoc) hit).fields;
      if (!out.isEmpty()) {
        out.append(' ');
      }
      out.append(((BytesRef) keys[1]).utf8ToString()).append(' ').append((Float) keys[0]);
    }
    return out.toString();
  }

  private static Query parse(String line) {
    String[] words = line.split(" ");
    BooleanQuery.Builder query = new BooleanQuery.Builder();
    for (int i = 0; i < words.length; i += 2) {
      Query term = new TermQuery(new Term(CONTENTS, words[i]));
      float impact = Integer.parseInt(words[i + 1]);
      query.add(new BoostQuery(term, impact), BooleanClause.Occur.SHOULD);
    }
    return query.build();
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
