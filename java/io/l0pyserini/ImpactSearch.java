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
  private final Terms terms;
  private volatile MemorySearch memory;

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
    searcher = new BlockSearcher(reader);
    searcher.setSimilarity(new ImpactSimilarity());
    terms = new Terms(searcher);
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

  /** Returns how many postings the index has, deleted documents' too. */
  public long postings() throws IOException {
    return MemoryIndex.postings(reader);
  }

  /** Reads the index into memory with threads, and searches it there from now on. */
  public synchronized void load(int threads) throws Exception {
    if (memory == null) {
      memory = new MemorySearch(new MemoryIndex(reader, threads));
    }
  }

  /** Returns the postings in memory, and the bytes that they and all beside them take. */
  public long[] loaded() {
    MemoryIndex index = memory.index();
    return new long[] {index.postings(), index.bytes()};
  }

  /**
   * Searches queries in parallel.
   *
   * @param queries lines of {@link Asked}
   * @param k hits for each query
   * @param candidates documents to score anew
   * @param threads threads to search with
   * @param millis after which the search is given up; 0 for never
   * @return what HitBytes says
   */
  public byte[] hits(byte[] queries, int k, int candidates, int threads, long millis)
      throws Exception {
    Deadline deadline = Deadline.in(millis);
    List<Asked> asked = Asked.split(queries);
    HitBytes bytes = new HitBytes(asked.size());
    Parallel.forEach(asked, threads, query -> find(query, k, candidates, deadline), bytes::add);
    return bytes.bytes();
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
    Deadline never = Deadline.in(0);
    try (OutputStream out =
        new BufferedOutputStream(
            Files.newOutputStream(Path.of(file), StandardOpenOption.APPEND), 1 << 16)) {
      Parallel.forEach(
          Asked.split(topics),
          threads,
          topic -> {
            Ranking hits = find(topic, asked, candidates, never);
            BytesRef without = removeQuery ? new BytesRef(topic.qid()) : null;
            return formats.get().topic(topic.qid(), hits, without, k);
          },
          lines -> {
            out.write(lines.bytes());
            counts[0] += lines.count();
            counts[1] += lines.count() == 0 ? 1 : 0;
          });
    }
    return counts;
  }

  /** Searches queries as hits does; returns what HitArrays says. */
  public byte[] arrays(byte[] queries, int k, int candidates, int threads, long millis)
      throws Exception {
    Deadline deadline = Deadline.in(millis);
    List<Asked> asked = Asked.split(queries);
    List<long[]> found = new ArrayList<>(asked.size());
    MemorySearch loaded = memory;
    if (loaded != null) {
      Parallel.forEach(
          asked, threads, query -> placed(loaded, query, k, candidates, deadline), found::add);
      return HitArrays.of(found, loaded.index().docids());
    }
    Parallel.forEach(asked, threads, query -> entries(query, k, candidates, deadline), found::add);
    return HitArrays.of(found, reader.maxDoc(), new DocIds(reader));
  }

  private Ranking find(Asked asked, int k, int candidates, Deadline deadline)
      throws IOException {
    MemorySearch loaded = memory;
    if (loaded != null) {
      return loaded.ranking(placed(loaded, asked, k, candidates, deadline));
    }
    return Hits.of(entries(asked, k, candidates, deadline), new DocIds(reader));
  }

  /** Returns entries by places of docids (see MemorySearch); Lucene finds what memory cannot. */
  private long[] placed(
      MemorySearch loaded, Asked asked, int k, int candidates, Deadline deadline)
      throws IOException {
    int hits = Math.min(k, reader.maxDoc());
    long[] found = asked.again() ? null : loaded.entries(asked, hits, deadline);
    return found != null ? found : loaded.placed(entries(asked, k, candidates, deadline));
  }

  /** Returns the k best documents' entries (see TopHits), ordered by score. */
  private long[] entries(Asked asked, int k, int candidates, Deadline deadline)
      throws IOException {
    Query query = asked.query(terms);
    if (query == null || reader.maxDoc() == 0) {
      return new long[0];
    }
    // More hits than documents would only reserve memory.
    int hits = Math.min(k, reader.maxDoc());
    DocIds docids = new DocIds(reader);
    if (!asked.again()) {
      return searcher.search(query, TopHits.manager(hits, docids, deadline));
    }
    int first = Math.max(hits, Math.min(candidates, reader.maxDoc()));
    long[] found = searcher.search(query, TopHits.manager(first, docids, deadline));
    return TopHits.first(Rescorer.rescore(searcher, asked.whole(terms), found), hits, docids);
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

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
