package io.l0pyserini;

import io.anserini.search.similarity.ImpactSimilarity;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.MultiReader;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.ConstantScoreQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.IOUtils;

/**
 * Searches impact indexes, many queries in one call.
 *
 * <p>Queries and hits cross from and to Python as one string each, and a run is written here,
 * because a call for every hit costs more than the search itself. Several indexes are searched as
 * one: impacts need no statistics of the whole collection. Safe for use by several threads.
 */
public final class ImpactSearch implements Closeable {
  private final IndexReader reader;
  private final IndexSearcher searcher;

  /** Opens index folders. */
  public ImpactSearch(String[] folders) throws IOException {
    IndexReader[] opened = new IndexReader[folders.length];
    try {
      for (int i = 0; i < folders.length; i++) {
        opened[i] = DirectoryReader.open(FSDirectory.open(Path.of(folders[i])));
      }
    } catch (IOException fault) {
      IOUtils.closeWhileHandlingException(opened);
      throw fault;
    }
    reader = opened.length == 1 ? opened[0] : new MultiReader(opened);
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
   * @param queries a line for each query: {@code token impact token impact ...}; empty for none.
   *     Where two such lists stand in a line, with a tab between them, documents are found with the
   *     first and scored anew with the second.
   * @param k hits for each query
   * @param candidates documents to score anew
   * @param threads threads to search with
   * @return a line for each query: {@code docid TAB score TAB docid TAB score ...}, best first
   */
  public String search(String queries, int k, int candidates, int threads) throws Exception {
    StringBuilder lines = new StringBuilder();
    String[] asked = queries.split("\n", -1);
    forEach(asked, threads, query -> text(find(query, k, candidates)), lines::append);
    return lines.toString();
  }

  /**
   * Searches topics in parallel and appends the lines of a TREC run to a file.
   *
   * @param topics a line for each topic: {@code qid TAB token impact token impact ...}
   * @param removeQuery leave out the document whose docid is the qid
   * @return the number of lines, and the number of topics without any
   */
  public int[] writeRun(
      String topics,
      int k,
      int candidates,
      int threads,
      String file,
      String tag,
      boolean removeQuery)
      throws Exception {
    ThreadLocal<RunLines> formats = ThreadLocal.withInitial(() -> new RunLines(tag));
    int asked = removeQuery ? Math.addExact(k, 1) : k;
    int[] counts = new int[2];
    try (OutputStream out =
        new BufferedOutputStream(
            Files.newOutputStream(Path.of(file), StandardOpenOption.APPEND), 1 << 16)) {
      forEach(
          topics.split("\n", -1),
          threads,
          topic -> {
            int tab = topic.indexOf('\t');
            String qid = topic.substring(0, tab);
            Hits hits = find(topic.substring(tab + 1), asked, candidates);
            return formats.get().topic(qid, hits, removeQuery ? new BytesRef(qid) : null, k);
          },
          lines -> {
            out.write(lines);
            for (byte one : lines) {
              counts[0] += one == '\n' ? 1 : 0;
            }
            counts[1] += lines.length == 0 ? 1 : 0;
          });
    }
    return counts;
  }

  private interface Work<T> {
    T apply(String line) throws Exception;
  }

  private interface Sink<T> {
    void accept(T value) throws IOException;
  }

  /** Works on lines in parallel and hands on the results in their order. */
  private static <T> void forEach(String[] lines, int threads, Work<T> work, Sink<T> sink)
      throws Exception {
    if (threads == 1) {
      for (String line : lines) {
        sink.accept(work.apply(line));
      }
      return;
    }
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Future<T>> found = new ArrayList<>();
      for (String line : lines) {
        Callable<T> task = () -> work.apply(line);
        found.add(executor.submit(task));
      }
      for (Future<T> result : found) {
        sink.accept(result.get());
      }
    } catch (ExecutionException fault) {
      throw fault.getCause() instanceof Exception cause ? cause : fault;
    } finally {
      executor.shutdownNow();
    }
  }

  private Hits find(String line, int k, int candidates) throws IOException {
    if (line.isEmpty() || reader.maxDoc() == 0) {
      return Hits.NONE;
    }
    // More hits than documents would only reserve memory.
    int hits = Math.min(k, reader.maxDoc());
    DocIds docids = new DocIds(reader);
    int tab = line.indexOf('\t');
    if (tab < 0) {
      return Hits.of(searcher.search(parse(line), TopHits.manager(hits, docids)), docids);
    }
    int first = Math.max(hits, Math.min(candidates, reader.maxDoc()));
    long[] found = searcher.search(parse(line.substring(0, tab)), TopHits.manager(first, docids));
    Query whole = parse(line.substring(tab + 1));
    return Hits.of(Rescorer.rescore(searcher, whole, found), docids).first(hits);
  }

  /**
   * Returns the texts of documents; null for those that are not there.
   *
   * @throws IOException if a document is there without its text
   */
  public String[] texts(String[] docids) throws IOException {
    String[] texts = new String[docids.length];
    for (int i = 0; i < docids.length; i++) {
      Query one = new TermQuery(new Term(ImpactDocument.ID, docids[i]));
      ScoreDoc[] found = searcher.search(new ConstantScoreQuery(one), 1).scoreDocs;
      if (found.length > 0) {
        Document stored =
            searcher.storedFields().document(found[0].doc, Set.of(ImpactDocument.CONTENTS));
        texts[i] = stored.get(ImpactDocument.CONTENTS);
        if (texts[i] == null) {
          throw new IOException("holds no texts");
        }
      }
    }
    return texts;
  }

  private static String text(Hits hits) {
    StringBuilder line = new StringBuilder(hits.size() * 16);
    for (int place = 0; place < hits.size(); place++) {
      line.append(place == 0 ? "" : "\t").append(hits.docid(place).utf8ToString());
      line.append('\t').append(hits.score(place));
    }
    return line.append('\n').toString();
  }

  private static Query parse(String line) {
    String[] words = line.split(" ");
    BooleanQuery.Builder query = new BooleanQuery.Builder();
    for (int i = 0; i < words.length; i += 2) {
      Query term = new TermQuery(new Term(ImpactDocument.CONTENTS, words[i]));
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
