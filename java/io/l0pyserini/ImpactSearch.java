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
 * <p>Queries and hits cross from and to Python in one piece each, and a run is written here, because
 * a call for every hit costs more than the search itself. Queries come as the UTF-8 lines of {@link
 * Asked}: the bridge cuts strings' characters beyond the first 65,536 in two. Several indexes are
 * searched as one: impacts need no statistics of the whole collection. Safe for use by several
 * threads.
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

  /** Returns for each token of one query how many documents hold it. */
  public int[] df(byte[] query) throws IOException {
    EncodedLine line = new EncodedLine();
    Asked.read(line, query, 0, query.length);
    int[] df = new int[line.size()];
    for (int i = 0; i < df.length; i++) {
      df[i] = reader.docFreq(new Term(ImpactDocument.CONTENTS, line.token(i)));
    }
    return df;
  }

  /**
   * Searches queries in parallel.
   *
   * @param queries lines of {@link Asked}
   * @param k hits for each query
   * @param candidates documents to score anew
   * @param threads threads to search with
   * @return a line for each query: {@code docid TAB score TAB docid TAB score ...}, best first
   */
  public String search(byte[] queries, int k, int candidates, int threads) throws Exception {
    StringBuilder lines = new StringBuilder();
    forEach(
        Asked.read(queries), threads, query -> text(find(query, k, candidates)), lines::append);
    return lines.toString();
  }

  /**
   * Searches topics in parallel and appends the lines of a TREC run to a file.
   *
   * @param topics lines of {@link Asked}
   * @param removeQuery leave out the document whose docid is the qid
   * @return the number of lines, and the number of topics without any
   */
  public int[] writeRun(
      byte[] topics,
      int k,
      int candidates,
      int threads,
      String file,
      String tag,
      boolean removeQuery)
      throws Exception {
    ThreadLocal<RunLines> formats = ThreadLocal.withInitial(() -> new RunLines(tag));
    int asked = removeQuery && k < Integer.MAX_VALUE ? k + 1 : k;
    int[] counts = new int[2];
    try (OutputStream out =
        new BufferedOutputStream(
            Files.newOutputStream(Path.of(file), StandardOpenOption.APPEND), 1 << 16)) {
      forEach(
          Asked.read(topics),
          threads,
          topic -> {
            Hits hits = find(topic, asked, candidates);
            BytesRef without = removeQuery ? new BytesRef(topic.qid()) : null;
            return formats.get().topic(topic.qid(), hits, without, k);
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

  /** Searches queries as search does; returns the hits of all as arrays. */
  public HitArrays arrays(byte[] queries, int k, int candidates, int threads) throws Exception {
    List<long[]> found = new ArrayList<>();
    forEach(Asked.read(queries), threads, query -> entries(query, k, candidates), found::add);
    return new HitArrays(found, reader.maxDoc(), new DocIds(reader));
  }

  private interface Work<T> {
    T apply(Asked query) throws Exception;
  }

  private interface Sink<T> {
    void accept(T value) throws IOException;
  }

  /** Works on queries in parallel and hands on the results in their order. */
  private static <T> void forEach(List<Asked> queries, int threads, Work<T> work, Sink<T> sink)
      throws Exception {
    if (threads == 1) {
      for (Asked query : queries) {
        sink.accept(work.apply(query));
      }
      return;
    }
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Future<T>> found = new ArrayList<>();
      for (Asked query : queries) {
        Callable<T> task = () -> work.apply(query);
        found.add(executor.submit(task));
      }
      for (Future<T> result : found) {
        sink.accept(result.get());
      }
    } catch (ExecutionException fault) {
      // Memory that ran out is to be told as such, whichever thread it happened to.
      if (fault.getCause() instanceof Error error) {
        throw error;
      }
      throw fault.getCause() instanceof Exception cause ? cause : fault;
    } finally {
      executor.shutdownNow();
    }
  }

  private Hits find(Asked asked, int k, int candidates) throws IOException {
    return Hits.of(entries(asked, k, candidates), new DocIds(reader));
  }

  /** Returns the k best documents' entries (see TopHits), ordered by score. */
  private long[] entries(Asked asked, int k, int candidates) throws IOException {
    if (asked.query() == null || reader.maxDoc() == 0) {
      return new long[0];
    }
    // More hits than documents would only reserve memory.
    int hits = Math.min(k, reader.maxDoc());
    DocIds docids = new DocIds(reader);
    if (asked.whole() == null) {
      return searcher.search(asked.query(), TopHits.manager(hits, docids));
    }
    int first = Math.max(hits, Math.min(candidates, reader.maxDoc()));
    long[] found = searcher.search(asked.query(), TopHits.manager(first, docids));
    return TopHits.first(Rescorer.rescore(searcher, asked.whole(), found), hits, docids);
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
          throw new IOException("holds no texts. Build the index with --store-text");
        }
      }
    }
    return texts;
  }

  static String text(Hits hits) throws IOException {
    StringBuilder line = new StringBuilder(hits.size() * 16);
    for (int place = 0; place < hits.size(); place++) {
      BytesRef docid = Hits.without(hits.docid(place), '\n', '\t');
      line.append(place == 0 ? "" : "\t").append(docid.utf8ToString());
      line.append('\t').append(hits.score(place));
    }
    return line.append('\n').toString();
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
