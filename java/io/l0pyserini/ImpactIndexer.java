package io.l0pyserini;

import io.anserini.search.similarity.ImpactSimilarity;
import io.l0pyserini.EncodedFiles.Chunk;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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
 * and at the end, then {@code held DOCUMENTS DIGEST} and the lines of {@link Held#totals}, all read from
 * the index. A failure leaves the folder's index as it was.
 */
public final class ImpactIndexer {
  private static final int FLAGS = 4;
  private static final int CHUNKS_WAITING = 8;
  private static final long REPORT_SECONDS = 1;

  /** Bytes of JSON that are inverted at once, or a quarter of the heap. */
  private static final long PART = 1L << 28;

  /** The same where each part becomes a segment of its own. */
  private static final long SEGMENT = 1L << 30;

  private static final int MOST_SEGMENTS = 100_000;

  private final IndexWriter writer;
  private final boolean storeText;
  private final IndexReader before;
  private final LongConsumer report;
  private final int threads;
  private final boolean together;
  private final long most;
  private final AtomicLong indexed = new AtomicLong();
  private final AtomicLong reported = new AtomicLong(System.nanoTime());

  private ExecutorService executor;
  private Segments segments;
  private Workers<Task, List<Numbered>> parsers;
  private long gathered;
  private long chunks;

  /** Writes what was gathered before, while more is gathered. */
  private Future<?> writing;

  /** A chunk, and its place among all. */
  private record Task(long number, Chunk chunk) {}

  /** What was parsed of a chunk, with its place. */
  private record Numbered(long number, Parsed parsed) {}

  /**
   * Indexes with a writer.
   *
   * @param together whether all becomes one segment, if memory holds the docids
   * @param before docids that it holds are refused; null for none
   * @param report is told now and then how many documents are parsed
   */
  ImpactIndexer(
      IndexWriter writer,
      boolean storeText,
      boolean together,
      IndexReader before,
      int threads,
      LongConsumer report) {
    this.writer = writer;
    this.storeText = storeText;
    this.together = together;
    most = Math.min(together ? PART : SEGMENT, Runtime.getRuntime().maxMemory() / 4);
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
      boolean together = Boolean.parseBoolean(args[3]);
      ImpactIndexer indexer =
          new ImpactIndexer(writer, storeText, together, null, threads, report);
      indexer.add(List.of(args).subList(FLAGS, args.length));
      if (together) {
        writer.forceMerge(1);
      }
      writer.commit();
      report.accept(indexer.indexed.get());
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        tell(reader, threads);
      }
    }
  }

  /** Prints what an index was found to hold. */
  private static void tell(DirectoryReader reader, int threads) throws Exception {
    Held held = Held.of(reader, threads);
    String first = "held " + reader.numDocs() + " " + held.digest() + "\n";
    // Whatever the encoding of standard output.
    System.out.write((first + held.totals()).getBytes(StandardCharsets.UTF_8));
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
    executor = Executors.newCachedThreadPool();
    segments = new Segments(writer, executor, together);
    try {
      begin();
      for (String file : files) {
        EncodedFiles.read(Path.of(file), this::gather);
      }
      write(true);
      writing.get();
    } catch (ExecutionException fault) {
      throw Parallel.cause(fault);
    } finally {
      executor.shutdownNow();
      // Neither the writer nor its files are to be closed under those that write.
      executor.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
      segments.close();
    }
  }

  private void gather(Chunk chunk) throws Exception {
    if (gathered > 0 && gathered + chunk.size() > most) {
      write(false);
      begin();
    }
    gathered += chunk.size();
    parsers.put(new Task(chunks++, chunk));
  }

  private void begin() {
    gathered = 0;
    parsers = new Workers<>(executor, threads, CHUNKS_WAITING, this::parse);
  }

  private List<Numbered> parse(Workers.Items<Task> tasks) throws Exception {
    Parsed.Parser parser = new Parsed.Parser(storeText, before);
    List<Numbered> parsed = new ArrayList<>();
    for (Task task = tasks.take(); task != null; task = tasks.take()) {
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

  /** Begins to write all that was gathered, in the order of the files. */
  private void write(boolean last) throws Exception {
    List<Numbered> all = new ArrayList<>();
    parsers.finish().forEach(all::addAll);
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
              segments.add(inverted, last);
              return null;
            });
  }
}
