package io.l0pyserini;

import io.anserini.search.similarity.ImpactSimilarity;
import io.l0pyserini.EncodedFiles.Chunk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
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
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LogByteSizeMergePolicy;
import org.apache.lucene.store.FSDirectory;

/**
 * Builds an impact index from JsonVectorCollection files: each impact is a term's frequency.
 *
 * <p>Documents are inverted in memory, and Lucene writes them as a segment in one pass; Anserini's
 * IndexCollection writes a token as often as its impact says and has Lucene count it again. Fields,
 * postings and doc values are the same. Arguments: index folder, threads, whether to keep texts,
 * whether to merge into one segment, then the files in order. Prints {@code indexed N} now and then
 * and at the end, then {@code held DOCUMENTS DIGEST} and the lines of {@link Totals}, all read from
 * the index. A failure leaves the folder's index as it was.
 */
public final class ImpactIndexer {
  private static final int FLAGS = 4;
  private static final int CHUNKS_WAITING = 8;
  private static final long REPORT_SECONDS = 1;

  /** Bytes of JSON that are gathered before a segment is written, or a quarter of the heap. */
  private static final long GATHERED = 1L << 30;

  private static final int MOST_SEGMENTS = 100_000;

  private static final Task END = new Task(0, null);

  private final IndexWriter writer;
  private final boolean storeText;
  private final IndexReader before;
  private final LongConsumer report;
  private final int threads;
  private final long most = Math.min(GATHERED, Runtime.getRuntime().maxMemory() / 4);
  private final AtomicLong indexed = new AtomicLong();
  private final AtomicLong reported = new AtomicLong(System.nanoTime());

  private ExecutorService executor;
  private BlockingQueue<Task> queue;
  private List<Future<List<Numbered>>> workers;
  private long gathered;
  private long chunks;

  /** Writes the segment of what was gathered before, while more is gathered. */
  private Future<?> writing;

  /** A chunk, and its place among all. */
  private record Task(long number, Chunk chunk) {}

  /** What was parsed of a chunk, with its place. */
  private record Numbered(long number, Parsed parsed) {}

  /**
   * Indexes with a writer.
   *
   * @param before docids that it holds are refused; null for none
   * @param report is told now and then how many documents are parsed
   */
  ImpactIndexer(
      IndexWriter writer, boolean storeText, IndexReader before, int threads, LongConsumer report) {
    this.writer = writer;
    this.storeText = storeText;
    this.before = before;
    this.threads = threads;
    this.report = report;
  }

  public static void main(String[] args) throws Exception {
    IndexWriterConfig config = config();
    config.setOpenMode(IndexWriterConfig.OpenMode.CREATE);
    // Segments are merged once, at the end, and in their order.
    LogByteSizeMergePolicy once = new LogByteSizeMergePolicy();
    once.setMergeFactor(MOST_SEGMENTS);
    config.setMergePolicy(once);
    try (FSDirectory directory = FSDirectory.open(Path.of(args[0]));
        IndexWriter writer = new IndexWriter(directory, config)) {
      LongConsumer report = count -> System.out.println("indexed " + count);
      boolean storeText = Boolean.parseBoolean(args[2]);
      int threads = Integer.parseInt(args[1]);
      ImpactIndexer indexer = new ImpactIndexer(writer, storeText, null, threads, report);
      indexer.add(List.of(args).subList(FLAGS, args.length));
      if (Boolean.parseBoolean(args[3])) {
        writer.forceMerge(1);
      }
      writer.commit();
      report.accept(indexer.indexed.get());
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        tell(reader);
      }
    }
  }

  /** Prints what an index was found to hold. */
  private static void tell(DirectoryReader reader) throws IOException {
    String held = "held " + reader.numDocs() + " " + PostingsDigest.of(reader) + "\n";
    // Whatever the encoding of standard output.
    System.out.write((held + Totals.of(reader)).getBytes(StandardCharsets.UTF_8));
    System.out.flush();
  }

  /**
   * How our indexes are written: nothing that Anserini would have to know. Closing a writer without
   * a commit leaves the index as it was.
   */
  static IndexWriterConfig config() {
    IndexWriterConfig config = new IndexWriterConfig();
    config.setSimilarity(new ImpactSimilarity());
    config.setCommitOnClose(false);
    config.setUseCompoundFile(false);
    return config;
  }

  /** One thread reads, others parse, and one writes what was gathered before. */
  void add(List<String> files) throws Exception {
    // The one that writes has none of the others to wait for.
    executor = Executors.newFixedThreadPool(threads + 1);
    try {
      begin();
      for (String file : files) {
        EncodedFiles.read(Path.of(file), this::gather);
      }
      write();
      writing.get();
    } catch (ExecutionException fault) {
      throw Parallel.cause(fault);
    } finally {
      executor.shutdownNow();
      // The writer is not to be closed under the one that writes.
      executor.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    }
  }

  private void gather(Chunk chunk) throws Exception {
    if (gathered > 0 && gathered + chunk.size() > most) {
      write();
      begin();
    }
    gathered += chunk.size();
    put(new Task(chunks++, chunk));
  }

  private void begin() {
    gathered = 0;
    queue = new ArrayBlockingQueue<>(CHUNKS_WAITING);
    workers = new ArrayList<>();
    Callable<List<Numbered>> task = this::parse;
    for (int i = 0; i < threads; i++) {
      workers.add(executor.submit(task));
    }
  }

  /** Waits for room in the queue, unless a worker has failed: then its error is thrown. */
  private void put(Task task) throws Exception {
    while (!queue.offer(task, REPORT_SECONDS, TimeUnit.SECONDS)) {
      for (Future<?> worker : workers) {
        if (worker.isDone()) {
          worker.get();
        }
      }
    }
  }

  private List<Numbered> parse() throws Exception {
    Parsed.Parser parser = new Parsed.Parser(storeText, before);
    List<Numbered> parsed = new ArrayList<>();
    for (Task task = queue.take(); task != END; task = queue.take()) {
      Parsed one = parser.parse(task.chunk);
      parsed.add(new Numbered(task.number, one));
      long count = indexed.addAndGet(one.documents());
      long last = reported.get();
      long now = System.nanoTime();
      if (now - last > TimeUnit.SECONDS.toNanos(REPORT_SECONDS)
          && reported.compareAndSet(last, now)) {
        report.accept(count);
      }
    }
    return parsed;
  }

  /** Begins to write a segment of all that was gathered, in the order of the files. */
  private void write() throws Exception {
    for (int i = 0; i < threads; i++) {
      put(END);
    }
    List<Numbered> all = new ArrayList<>();
    for (Future<List<Numbered>> worker : workers) {
      all.addAll(worker.get());
    }
    workers = null;
    all.sort(Comparator.comparingLong(Numbered::number));
    List<Parsed> ordered = new ArrayList<>();
    all.forEach(one -> ordered.add(one.parsed));
    all.clear();
    if (writing != null) {
      writing.get();
    }
    Inverted inverted = Inverted.of(ordered, executor, threads);
    writing =
        executor.submit(
            () -> {
              if (inverted.documents() > 0) {
                writer.addIndexes(new InvertedReader(inverted));
              }
              return null;
            });
  }
}
