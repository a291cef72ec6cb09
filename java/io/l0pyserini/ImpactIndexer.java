package io.l0pyserini;

import io.anserini.search.similarity.ImpactSimilarity;
import io.l0pyserini.EncodedFiles.Chunk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.store.FSDirectory;

/**
 * Builds an impact index from JsonVectorCollection files, writing each impact as a term frequency.
 *
 * <p>Anserini's IndexCollection writes a token as often as its impact says and has Lucene count it
 * again; the fields, postings and doc values here are the same. Arguments: index folder, threads,
 * whether to keep texts, whether to merge into one segment, then the files in order. Prints {@code
 * indexed N} now and then and at the end. A failure leaves the folder's index as it was.
 */
public final class ImpactIndexer {
  private static final int FLAGS = 4;
  private static final int CHUNKS_WAITING = 8;
  private static final long REPORT_SECONDS = 1;

  /** A segment goes to the disk when so much is gathered, or a quarter of the heap. */
  private static final double BUFFER_MEGABYTES = 512;

  private static final Chunk END = new Chunk(null, 0, null, 0);

  private final IndexWriter writer;
  private final boolean storeText;
  private final IndexReader before;
  private final LongConsumer report;
  private final BlockingQueue<Chunk> queue = new ArrayBlockingQueue<>(CHUNKS_WAITING);
  private final AtomicLong indexed = new AtomicLong();

  /**
   * Indexes with a writer.
   *
   * @param before docids that it holds are refused; null for none
   * @param report is told now and then how many documents are indexed
   */
  ImpactIndexer(IndexWriter writer, boolean storeText, IndexReader before, LongConsumer report) {
    this.writer = writer;
    this.storeText = storeText;
    this.before = before;
    this.report = report;
  }

  public static void main(String[] args) throws Exception {
    IndexWriterConfig config = config();
    config.setOpenMode(IndexWriterConfig.OpenMode.CREATE);
    try (FSDirectory directory = FSDirectory.open(Path.of(args[0]));
        IndexWriter writer = new IndexWriter(directory, config)) {
      LongConsumer report = count -> System.out.println("indexed " + count);
      boolean storeText = Boolean.parseBoolean(args[2]);
      ImpactIndexer indexer = new ImpactIndexer(writer, storeText, null, report);
      indexer.add(List.of(args).subList(FLAGS, args.length), Integer.parseInt(args[1]));
      if (Boolean.parseBoolean(args[3])) {
        writer.forceMerge(1);
      }
      writer.commit();
      report.accept(indexer.indexed.get());
    }
  }

  /**
   * How our indexes are written: nothing that Anserini would have to know. Closing a writer without
   * a commit leaves the index as it was.
   */
  static IndexWriterConfig config() {
    double quarter = Runtime.getRuntime().maxMemory() / 4.0 / (1 << 20);
    IndexWriterConfig config = new IndexWriterConfig();
    config.setSimilarity(new ImpactSimilarity());
    config.setRAMBufferSizeMB(Math.min(BUFFER_MEGABYTES, quarter));
    config.setCommitOnClose(false);
    config.setUseCompoundFile(false);
    return config;
  }

  /** One thread reads, the others parse and index. */
  void add(List<String> files, int threads) throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> workers = new ArrayList<>();
      Callable<Void> task = this::work;
      for (int i = 0; i < threads; i++) {
        workers.add(executor.submit(task));
      }
      for (String file : files) {
        EncodedFiles.read(Path.of(file), chunk -> put(chunk, workers));
      }
      for (int i = 0; i < threads; i++) {
        put(END, workers);
      }
      for (Future<?> worker : workers) {
        worker.get();
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

  /** Waits for room in the queue, unless a worker has failed: then its error is thrown. */
  private void put(Chunk chunk, List<Future<?>> workers) throws Exception {
    while (!queue.offer(chunk, REPORT_SECONDS, TimeUnit.SECONDS)) {
      for (Future<?> worker : workers) {
        if (worker.isDone()) {
          worker.get();
        }
      }
    }
  }

  private Void work() throws Exception {
    ImpactDocument maker = new ImpactDocument(storeText);
    long reported = System.nanoTime();
    for (Chunk chunk = queue.take(); chunk != END; chunk = queue.take()) {
      for (int start = 0, end; start < chunk.size(); start = end + 1) {
        end = start;
        while (end < chunk.size() && chunk.bytes()[end] != '\n') {
          end++;
        }
        if (end > start) {
          index(maker, chunk, start, end);
        }
      }
      if (System.nanoTime() - reported > TimeUnit.SECONDS.toNanos(REPORT_SECONDS)) {
        reported = System.nanoTime();
        report.accept(indexed.get());
      }
    }
    return null;
  }

  private void index(ImpactDocument maker, Chunk chunk, int start, int end) throws IOException {
    Document document;
    try {
      document = maker.read(chunk.bytes(), start, end);
    } catch (EncodedLine.Fault fault) {
      long line = EncodedFiles.lineAt(chunk.file(), chunk.offset() + start);
      String docid = maker.docid() == null ? "" : " docid '" + maker.docid() + "'";
      throw new IOException(
          chunk.file() + ":" + line + docid + ": " + fault.getMessage()
              + "; expected {\"id\", \"contents\", \"vector\": {token: impact}}");
    }
    if (document != null) {
      if (before != null && before.docFreq(new Term(ImpactDocument.ID, maker.docid())) > 0) {
        throw new IOException("docid '" + maker.docid() + "' is in the index already");
      }
      writer.addDocument(document);
      indexed.incrementAndGet();
    }
  }
}
